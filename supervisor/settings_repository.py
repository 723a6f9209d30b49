"""What is stored about settings, one function for each question. Each of them is one read."""

from __future__ import annotations

from dataclasses import replace

from storage.transactions import Transaction
from supervisor.settings_entities import CannedAnswer, Contents, ResponseTimes
from supervisor.settings_tables import (
    CONTENTS,
    RESPONSE_TIMES,
    SettingItem,
    answer_kind,
    canned_answer_item,
    canned_answer_of,
    contents_item,
    contents_of,
    of_organisation,
    of_store,
    response_times_item,
    response_times_of,
)


class ListChanged(Exception):
    """Somebody else made, renamed or deleted a canned answer at the same moment."""


class SettingChanged(Exception):
    """Somebody else changed the same setting at the same moment."""


def get_response_times(org_id: str, store_id: str, *, consistent: bool = False) -> ResponseTimes:
    """The usual ones where the store has said nothing."""
    item = SettingItem.find(of_store(store_id), RESPONSE_TIMES, consistent=consistent)
    if item is None:
        return ResponseTimes.usual(org_id, store_id)
    return response_times_of(item, store_id)


def save_response_times(transaction: Transaction, times: ResponseTimes) -> ResponseTimes:
    """Over the version that was read; the commit raises SettingChanged. Returns what is stored
    after it."""
    transaction.put(response_times_item(times), on_failure=SettingChanged)
    return replace(times, version=(times.version or 0) + 1)


def get_contents(org_id: str, *, consistent: bool = False) -> Contents:
    item = SettingItem.find(of_organisation(org_id), CONTENTS, consistent=consistent)
    return Contents(org_id, {}) if item is None else contents_of(item)


def save_contents(transaction: Transaction, contents: Contents) -> None:
    """Over the version that was read; the commit raises ListChanged."""
    transaction.put(contents_item(contents), on_failure=ListChanged)


def get_canned_answer(org_id: str, answer_id: str) -> CannedAnswer | None:
    """Strongly consistent."""
    owner = of_organisation(org_id)
    item = SettingItem.find(owner, answer_kind(answer_id), consistent=True)
    return None if item is None else canned_answer_of(item)


def save_canned_answer(transaction: Transaction, answer: CannedAnswer) -> CannedAnswer:
    """A new one, or over the version that was read; the commit raises SettingChanged. Returns what
    is stored after it."""
    transaction.put(canned_answer_item(answer), on_failure=SettingChanged)
    return replace(answer, version=(answer.version or 0) + 1)


def delete_canned_answer(transaction: Transaction, answer: CannedAnswer) -> None:
    """The commit raises SettingChanged."""
    transaction.delete(canned_answer_item(answer), on_failure=SettingChanged)
