"""The table of settings, and the only translation between its items and entities."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pynamodb.attributes import UnicodeAttribute, VersionAttribute

from storage.attributes import DocumentAttribute
from storage.table import Table
from supervisor.entities import Urgency
from supervisor.settings_entities import CannedAnswer, Contents, ResponseTimes

RESPONSE_TIMES = "response-times"
CONTENTS = "answers"


class SettingItem(Table):
    """`owner` is whose it is: `store#…` or `organisation#…`. What a `document` says depends on the
    `kind`."""

    class Meta:
        logical_name = "supervisor-settings"

    owner = UnicodeAttribute(hash_key=True)
    kind = UnicodeAttribute(range_key=True)
    org_id = UnicodeAttribute(attr_name="orgId")
    document = DocumentAttribute()
    version = VersionAttribute()


def of_store(store_id: str) -> str:
    return f"store#{store_id}"


def of_organisation(org_id: str) -> str:
    return f"organisation#{org_id}"


def answer_kind(answer_id: str) -> str:
    return f"answer#{answer_id}"


def response_times_item(times: ResponseTimes) -> SettingItem:
    minutes = {one.value: count for one, count in times.minutes.items()}
    document = {"minutes": minutes, "only_opening_hours": times.only_opening_hours}
    return _item(of_store(times.store_id), RESPONSE_TIMES, times.org_id, document, times.version)


def response_times_of(item: SettingItem, store_id: str) -> ResponseTimes:
    minutes = item.document["minutes"]
    return ResponseTimes(
        org_id=item.org_id,
        store_id=store_id,
        allowances={one: timedelta(minutes=minutes[one.value]) for one in Urgency},
        only_opening_hours=item.document["only_opening_hours"],
        version=item.version,
    )


def canned_answer_item(answer: CannedAnswer) -> SettingItem:
    document = {"title": answer.title, "text": answer.text}
    kind = answer_kind(answer.id)
    return _item(of_organisation(answer.org_id), kind, answer.org_id, document, answer.version)


def canned_answer_of(item: SettingItem) -> CannedAnswer:
    return CannedAnswer(
        org_id=item.org_id,
        id=item.kind.partition("#")[2],
        title=item.document["title"],
        text=item.document["text"],
        version=item.version,
    )


def contents_item(contents: Contents) -> SettingItem:
    owner = of_organisation(contents.org_id)
    return _item(owner, CONTENTS, contents.org_id, dict(contents.titles), contents.version)


def contents_of(item: SettingItem) -> Contents:
    return Contents(item.org_id, item.document, item.version)


def _item(
    owner: str, kind: str, org_id: str, document: dict[str, Any], version: int | None
) -> SettingItem:
    known: dict[str, Any] = {} if version is None else {"version": version}
    return SettingItem(owner, kind, org_id=org_id, document=document, **known)
