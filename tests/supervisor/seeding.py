"""Many requests at once, written past the services: for what lists cost."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import Any

from django.http import HttpResponse

from storage.client import call
from supervisor.entities import Answer, Code, Person, Question, Request, now_in_milliseconds
from supervisor.tables import RequestItem, request_item

AT_ONCE = 25
STEVE = Person("USER-steve", "Steve")


def fill(org_id: str, store_id: str, *, first: int, last: int, **said: Any) -> None:
    """Half of them wait, half are answered; `said` is the same of all."""
    name = RequestItem.physical_name()
    made = list(_requests(org_id, store_id, first, last, said))
    for start in range(0, len(made), AT_ONCE):
        items = (request_item(one) for one in made[start : start + AT_ONCE])
        requests = [{"PutRequest": {"Item": item.serialize()}} for item in items]
        call("BatchWriteItem", {"RequestItems": {name: requests}})


def tag_of(page: HttpResponse) -> str:
    """What the list of the queue sends when it asks for itself."""
    said = re.findall(r"hx-headers='(.+?)'", page.content.decode())[0]
    tag: str = json.loads(unescape(said))["If-None-Match"]
    return tag


def _requests(
    org_id: str, store_id: str, first: int, last: int, said: dict[str, Any]
) -> Iterator[Request]:
    now = now_in_milliseconds()
    for number in range(first, last):
        asked_at = now - timedelta(seconds=last - number)
        waiting = Request(
            id=Request.new_id(),
            org_id=org_id,
            store_id=store_id,
            question=Question(f"Question {number:06}", "He waits. " * 12, priority=number % 10),
            asked_by=STEVE,
            asked_at=asked_at,
            deadline=now + timedelta(hours=1),
            version=1,
        )
        waiting = replace(waiting, **said)
        answered = replace(
            waiting,
            handling=None,
            code=Code.RESPONSE_RECEIVED,
            answer=Answer("Yes.", STEVE, now),
            closed_at=now,
        )
        yield answered if number % 2 else waiting
