"""The checker notices what it is there to notice."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from accounts.entities import Actor
from storage.client import call
from storage.configuration import table_name
from storage.typed import PlainItem, raw_item
from supervisor import services
from tests.supervisor.invariants import REQUESTS, SORT, assert_invariants, is_pending, raw_items
from tests.supervisor.test_services import ask


def put(name: str, item: PlainItem) -> None:
    call("PutItem", {"TableName": table_name(name), "Item": raw_item(item)})


def delete(name: str, item: PlainItem, *keys: str) -> None:
    key = raw_item({one: item[one] for one in keys})
    call("DeleteItem", {"TableName": table_name(name), "Key": key})


def first(name: str, wanted: Callable[[PlainItem], bool] = lambda item: True) -> PlainItem:
    return next(filter(wanted, raw_items(name)))


def lose_a_request() -> None:
    delete(REQUESTS, first(REQUESTS), "storeId", SORT)


def keep_it_in_two_places() -> None:
    item = first(REQUESTS, is_pending)
    moved = item[SORT].replace("PENDING._.6", "PENDING._.0")
    put(REQUESTS, {**item, SORT: moved})


def leave_it_in_a_list() -> None:
    item = first(REQUESTS, lambda one: not is_pending(one))
    put(REQUESTS, {**item, "queueOf": item["orgId"], "queueKey": "0"})


def begin_with_other_words() -> None:
    put(REQUESTS, {**first(REQUESTS), "excerpt": "Other words"})


def say_another_state() -> None:
    put(REQUESTS, {**first(REQUESTS, is_pending), "statusCode": "CANCELLED"})


def answer_again() -> None:
    entry = first("audit", lambda one: bool(one["action"] == "supervisor.answer_request"))
    put("audit", {**entry, "at": f"{entry['at']}-again"})


def count_too_much() -> None:
    item = first("supervisor-counters")
    put("supervisor-counters", {**item, "asked": item.get("asked", 0) + 1})


@pytest.mark.parametrize(
    "spoil",
    [
        lose_a_request,
        keep_it_in_two_places,
        leave_it_in_a_list,
        begin_with_other_words,
        say_another_state,
        answer_again,
        count_too_much,
    ],
)
def test_what_is_wrong_is_noticed(
    spoil: Callable[[], None], steve: Actor, ana: Actor, harbour: str
) -> None:
    ask(steve, harbour)
    made = ask(steve, harbour)
    services.answer(actor=ana, store_id=harbour, request_id=made.id, text="Yes.")
    assert assert_invariants() == {"PENDING_RESPONSE": 1, "RESPONSE_RECEIVED": 1}
    spoil()
    with pytest.raises(AssertionError):
        assert_invariants()
