"""Timelines that are longer than a page."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client

from accounts.entities import Actor, User
from storage.audit import audit_item
from storage.transactions import Transaction
from supervisor.entities import Request
from supervisor.selectors import TIMELINE_PAGE
from tests.catalog.api_client import Api
from tests.supervisor.test_pages import LogIn, page_of, text_of
from tests.supervisor.test_services import ask

NOTES = [f"Note {number:02}." for number in range(2 * TIMELINE_PAGE + 3)]


@pytest.fixture
def request_with_notes(steve: Actor, harbour: str) -> Request:
    made = ask(steve, harbour)
    transaction = Transaction()
    for text in NOTES:
        transaction.put(
            audit_item(
                subject=made.audit_subject,
                actor_id=steve.user_id,
                actor_name=steve.name,
                action="supervisor.note_request",
                changes={"note": (None, text)},
            )
        )
    transaction.commit()
    return made


def notes_in(text: str) -> list[str]:
    return re.findall(r"Note \d\d\.", text)


def next_page(answer: object) -> str | None:
    found = re.search(r'href="([^"]*[?&]cursor=[^"]*)"', text_of(answer))
    return None if found is None else unescape(found[1])


@pytest.mark.parametrize("step", [None, "note", "answer"])
def test_the_pages_of_a_timeline_lead_on_also_from_one_that_was_refused(
    alice: User, harbour: str, request_with_notes: Request, log_in: LogIn, step: str | None
) -> None:
    browser: Client = log_in(alice)
    address = page_of(request_with_notes.id, harbour)
    if step is None:
        answer = browser.get(address)
    else:
        answer = browser.post(page_of(request_with_notes.id, harbour, step), {step: " "})
    assert answer.status_code == (422 if step else 200)
    seen = notes_in(text_of(answer))
    assert len(seen) == TIMELINE_PAGE
    while following := next_page(answer):
        answer = browser.get(following)
        assert answer.status_code == 200
        seen += notes_in(text_of(answer))
    assert seen == NOTES[::-1]


def test_the_cursor_of_a_timeline_leads_on_for_programs(
    alice: User, bob: User, harbour: str, request_with_notes: Request
) -> None:
    api = Api(alice)
    address = f"/api/v1/stores/{harbour}/requests/{request_with_notes.id}/timeline"
    page = api.get(address).json()
    seen = [*page["items"]]
    assert len(seen) == TIMELINE_PAGE
    while page["next_cursor"]:
        page = api.get(address, {"cursor": page["next_cursor"]}).json()
        seen += page["items"]
    assert notes_in(str(seen)) == NOTES[::-1]
    assert len(seen) == len(NOTES) + 1
    assert api.get(address, {"cursor": "broken"}).status_code == 400
    other = ask(alice.actor, harbour)
    cursor = api.get(address).json()["next_cursor"]
    elsewhere = address.replace(request_with_notes.id, other.id)
    assert api.get(elsewhere, {"cursor": cursor}).status_code == 400
    # Who may not answer sees no notes, wherever a page begins.
    assert notes_in(str(Api(bob).get(address, {"cursor": cursor}).json())) == []
