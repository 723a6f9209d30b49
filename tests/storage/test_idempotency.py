from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from storage.ephemeral import EphemeralItem, expiry, living
from storage.idempotency import KEPT_SECONDS, AlreadyDone, IdempotencyKey, KeyReused
from storage.meter import measure
from storage.transactions import Transaction
from tests.storage.things import ThingItem, fresh, names_in

pytestmark = pytest.mark.usefixtures("store", "things")


def key(scope: str = "ORG-1 products", name: str = "k1", body: bytes = b"{}") -> IdempotencyKey:
    return IdempotencyKey.for_body(scope=scope, key=name, body=body)


def make(request: IdempotencyKey, group: str, name: str) -> dict[str, Any]:
    """What a service does: recall, or write and remember, or recall what was faster."""
    if earlier := request.recall():
        return earlier
    transaction = Transaction()
    request.remember(transaction, {"name": name})
    transaction.put(ThingItem(group, name))
    try:
        transaction.commit()
    except AlreadyDone:
        earlier = request.recall()
        assert earlier is not None
        return earlier
    return {"name": name}


def test_a_repeated_request_gets_the_first_result() -> None:
    group = fresh()
    assert make(key(), group, "first") == {"name": "first"}
    assert make(key(), group, "second") == {"name": "first"}
    assert names_in(group) == ["first"]


def test_sixteen_simultaneous_requests_make_one_thing_and_get_the_same_answer() -> None:
    group = fresh()
    together = Barrier(16)

    def request(number: int) -> str:
        together.wait()
        return str(make(key(), group, f"thing-{number}")["name"])

    with ThreadPoolExecutor(16) as pool:
        answers = set(pool.map(request, range(16)))
    assert len(answers) == 1
    assert names_in(group) == list(answers)


def test_another_body_under_the_same_key_is_refused() -> None:
    make(key(), fresh(), "first")
    with pytest.raises(KeyReused):
        key(body=b"[]").recall()


def test_keys_of_others_are_other_keys() -> None:
    make(key(), fresh(), "first")
    assert key(scope="ORG-2 products").recall() is None
    assert key(name="k2").recall() is None


def test_nothing_is_remembered_of_a_request_that_failed() -> None:
    transaction = Transaction()
    key().remember(transaction, {"name": "first"})
    transaction.check(
        ThingItem(fresh(), "absent"), condition=ThingItem.group.exists(), on_failure=KeyError
    )
    with pytest.raises(KeyError):
        transaction.commit()
    assert key().recall() is None


def test_recalling_is_one_strongly_consistent_read() -> None:
    with measure() as meter:
        key().recall()
    assert [(call.operation, call.capacity) for call in meter.calls] == [("GetItem", 1.0)]


def test_after_its_time_a_key_is_as_good_as_new(monkeypatch: pytest.MonkeyPatch) -> None:
    group = fresh()
    make(key(), group, "first")
    later = time.time() + KEPT_SECONDS + 1
    monkeypatch.setattr("storage.ephemeral.time.time", lambda: later)
    assert key().recall() is None
    assert make(key(), group, "second") == {"name": "second"}
    assert names_in(group) == ["first", "second"]


def test_an_item_whose_time_is_over_is_not_there_although_it_is_stored() -> None:
    transaction = Transaction()
    transaction.put(EphemeralItem("over", expires_at=expiry(-1)))
    transaction.put(EphemeralItem("living", expires_at=expiry(60), content=b"\0\xff"))
    transaction.commit()
    assert living("over") is None
    found = living("living")
    assert found is not None
    assert found.content == b"\0\xff"
