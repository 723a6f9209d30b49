"""Much to send at once, and what goes wrong while it is sent."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from accounts.entities import User
from storage.meter import measure
from storage.transactions import Transaction
from supervisor.callbacks import delivering, repository
from supervisor.callbacks.delivering import Delivered, deliver
from supervisor.callbacks.entities import (
    LONGEST_PAUSE,
    CallProblem,
    Delivery,
    Event,
    Outcome,
    State,
)
from supervisor.callbacks.sending import send
from supervisor.callbacks.tables import delivery_item
from supervisor.entities import now_in_milliseconds
from supervisor.settings_tables import SettingItem, of_organisation
from tests.supervisor.callbacks.receiver import Receiver, listening

A_MINUTE = timedelta(minutes=1)


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    settings.CALLBACKS_TO_THIS_MACHINE = True
    with listening(Receiver()) as receiver:
        yield receiver


def put(asker: User, url: str, times: int = 1, ago: timedelta = A_MINUTE) -> list[Delivery]:
    """Due since so long; `{}` in the address is another number in each."""
    since = now_in_milliseconds() - ago
    made = [
        Delivery(
            *(Delivery.new_id(), asker.org_id, "STORE-1", f"{asker.org_id[-8:]}{number:08}"),
            *(asker.user_id, Event.ANSWERED, url.format(number), "{}"),
            made_at=since,
            next_at=since,
        )
        for number in range(times)
    ]
    transaction = Transaction()
    for delivery in made:
        transaction.put(delivery_item(delivery))
    transaction.commit()
    return made


def stored(delivery: Delivery) -> Delivery:
    (found,) = repository.deliveries_of(delivery.request_id, most=2).deliveries
    return found


@pytest.mark.parametrize("url", ["https://slow.example.com/{}", "https://h{}.example.com/"])
def test_who_has_many_waiting_is_put_off_and_others_are_not(
    alice: User, charlie: User, receiver: Receiver, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "_MOST_HELD", 6)
    many = put(alice, url, 20, 2 * A_MINUTE)
    few = put(charlie, receiver.url, 5)
    received_meanwhile: set[int] = set()
    never = threading.Event()

    def resolve(_host: str, _port: int) -> list[str]:
        for _ in range(500):
            if len(receiver.calls) == len(few):
                break
            never.wait(0.01)
        received_meanwhile.add(len(receiver.calls))
        raise OSError

    with measure() as meter:
        done = deliver(resolve=resolve)
    assert received_meanwhile == {len(few)}, "others have waited for this one"
    assert done == Delivered(received=5, postponed=20)
    assert [stored(one).state for one in few] == [State.DELIVERED] * 5
    untried = [one for one in map(stored, many) if not one.attempts]
    assert 20 - 6 - 2 <= len(untried) <= 20 - 2
    assert {one.state for one in untried} == {State.WAITING}
    assert len([call for call in meter.calls if call.operation == "Query"]) == 1
    assert deliver() == Delivered(), "none of them is due"


def test_what_is_put_off_waits_half_as_long_as_it_has() -> None:
    made_at = datetime(2026, 5, 4, 12, tzinfo=UTC)
    delivery = Delivery(
        *(
            "DELIVERY-1",
            "ORG-1",
            "STORE-1",
            "r" * 16,
            "USER-1",
            Event.ANSWERED,
            "https://shop.example.com/",
        ),
        body="",
        made_at=made_at,
        next_at=made_at,
    )
    for age, pause in (
        (timedelta(0), A_MINUTE),
        (10 * A_MINUTE, 5 * A_MINUTE),
        (timedelta(days=2), LONGEST_PAUSE),
    ):
        now = made_at + age
        assert delivery.put_off(now) == replace(delivery, next_at=now + pause)


def test_a_fault_in_one_call_is_an_attempt_and_the_others_are_made(
    alice: User,
    charlie: User,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    (bad,) = put(alice, "https://poison.example.com/", ago=2 * A_MINUTE)
    put(charlie, receiver.url)

    def failing(url: str, *said: Any, **more: Any) -> Outcome:
        if "poison" in url:
            raise OSError(24, f"Too many open files for {url}")
        return send(url, *said, **more)

    monkeypatch.setattr(delivering, "send", failing)
    assert deliver() == Delivered(received=1, postponed=1)
    (attempt,) = stored(bad).attempts
    assert attempt.outcome == Outcome(problem=CallProblem.INTERNAL)
    (line,) = [one for one in caplog.records if one.name == "backroom.rounds"]
    assert line.__dict__["fields"]["error"] == "OSError"
    assert "poison" not in caplog.text


def test_a_fault_of_one_call_in_the_store_leaves_it_for_the_next_round(
    alice: User, charlie: User, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    (bad,) = put(alice, receiver.url, ago=2 * A_MINUTE)
    put(charlie, receiver.url)
    take_on = repository.take_on

    def failing(delivery: Delivery, until: datetime) -> Delivery | None:
        if delivery.id == bad.id:
            raise KeyError("a damaged item")
        return take_on(delivery, until)

    monkeypatch.setattr(repository, "take_on", failing)
    assert deliver() == Delivered(received=1, failed=1)


@pytest.mark.parametrize("damaged", ["A", "not even base64 é", ""])
def test_a_damaged_secret_is_one_that_cannot_be_read(
    alice: User, receiver: Receiver, damaged: str
) -> None:
    transaction = Transaction()
    document = {"sealed": damaged, "since": "2026-05-04T12:00:00+00:00", "earlier": []}
    owner = of_organisation(alice.org_id)
    transaction.put(
        SettingItem(owner, "callback-secret", org_id=alice.org_id, document=document),
        on_failure=AssertionError,
    )
    transaction.commit()
    (waiting,) = put(alice, receiver.url)
    assert deliver() == Delivered(postponed=1)
    assert (stored(waiting).attempts, receiver.calls) == ((), [])
