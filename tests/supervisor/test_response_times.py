from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from accounts.entities import Actor, User
from accounts.errors import PermissionDenied
from accounts.stores import services as stores
from accounts.stores.errors import StoreNotFound
from accounts.stores.opening_hours import open_seconds_between
from storage.audit import history
from storage.meter import measure
from supervisor import response_times, selectors, services
from supervisor.entities import Urgency, now_in_milliseconds
from supervisor.errors import InvalidRequest, ResponseTimesChanged
from supervisor.settings_entities import ResponseTimes
from tests.accounts.stores.shops import HOURS
from tests.supervisor.test_services import ask, at_once, overdue

WRITE = "TransactWriteItems"
MINUTES = {Urgency.WHENEVER: 600, Urgency.TODAY: 90, Urgency.SOON: 20, Urgency.AT_ONCE: 5}


def change(
    actor: Actor, store_id: str, version: int = 0, only_opening_hours: bool = False, **minutes: int
) -> ResponseTimes:
    return response_times.change_response_times(
        actor=actor,
        store_id=store_id,
        version=version,
        minutes={**MINUTES, **{Urgency(name): count for name, count in minutes.items()}},
        only_opening_hours=only_opening_hours,
    )


def test_every_priority_is_of_one_urgency() -> None:
    assert [Urgency.of(priority).value for priority in range(10)] == [
        *["whenever"] * 3,
        *["today"] * 3,
        *["soon"] * 3,
        "at_once",
    ]
    assert [priority for one in Urgency for priority in one.priorities] == [*range(10)]


def test_a_store_says_how_long_its_supervisors_have(
    alice: User, steve: Actor, harbour: str
) -> None:
    before = [ask(steve, harbour, priority=priority) for priority in (0, 4, 7, 9)]
    assert [one.deadline - one.asked_at for one in before] == [
        *(timedelta(hours=8), timedelta(hours=2), timedelta(minutes=30), timedelta(minutes=10))
    ]
    changed = change(alice.actor, harbour)
    after = [ask(steve, harbour, priority=priority) for priority in (0, 4, 7, 9)]
    waits = [one.deadline - one.asked_at for one in after]
    assert waits == [timedelta(minutes=count) for count in MINUTES.values()]
    _, found = response_times.find_response_times(steve, store_id=harbour)
    assert found == changed
    (entry,) = history(found.audit_subject, limit=5).items
    assert entry.action == "supervisor.change_response_times"
    assert entry.changes["soon"] == (30, 20)
    change(alice.actor, harbour, version=1)
    assert len(history(found.audit_subject, limit=5).items) == 1


def test_only_the_time_counts_in_which_the_store_is_open(alice: User, steve: Actor) -> None:
    said = {"name": "High Street", "time_zone": "Europe/Madrid", "opening_hours": HOURS}
    store = stores.create_store(actor=alice.actor, said=said).store
    change(alice.actor, store.store_id, only_opening_hours=True, today=7 * 24 * 60)
    made = ask(steve, store.store_id)
    counted = open_seconds_between(store.opening_hours, store.zone, made.asked_at, made.deadline)
    assert counted == timedelta(days=7).total_seconds()
    assert made.deadline - made.asked_at > timedelta(days=7)
    late = overdue(made)
    before = now_in_milliseconds()
    reopened = services.reopen(actor=alice.actor, store_id=store.store_id, request_id=late.id)
    left = (
        open_seconds_between(store.opening_hours, store.zone, moment, reopened.deadline)
        for moment in (before, now_in_milliseconds())
    )
    assert next(left) >= timedelta(days=7).total_seconds() >= next(left)


def test_asking_and_reopening_read_one_item_more(alice: User, steve: Actor, harbour: str) -> None:
    change(alice.actor, harbour)
    with measure() as meter:
        made = ask(steve, harbour)
    assert [call.operation for call in meter.calls][:3] == ["GetItem", "GetItem", WRITE]
    assert meter.calls[1].capacity == 0.5
    late = overdue(made)
    with measure() as meter:
        services.reopen(actor=alice.actor, store_id=harbour, request_id=late.id)
    assert [call.operation for call in meter.calls][:3] == ["Query", "GetItem", WRITE]
    given = made.asked_at + timedelta(hours=3)
    with measure() as meter:
        services.ask(actor=steve, store_id=harbour, raw={"header": "?"}, deadline=given)
    assert [call.operation for call in meter.calls][:2] == ["GetItem", WRITE]


def test_of_many_changes_at_once_one_wins(alice: User, harbour: str) -> None:
    answers = at_once(lambda number: change(alice.actor, harbour, soon=1 + number), 16)
    won = [one for one in answers if isinstance(one, ResponseTimes)]
    assert len(won) == 1
    lost = [one for one in answers if isinstance(one, ResponseTimesChanged)]
    assert len(lost) == 15, answers
    assert {one.current.minutes[Urgency.SOON] for one in lost} == {won[0].minutes[Urgency.SOON]}
    with pytest.raises(ResponseTimesChanged):
        change(alice.actor, harbour, version=7)


def test_what_is_no_response_time_is_refused(alice: User, harbour: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        change(alice.actor, harbour, soon=0, today=30 * 24 * 60 + 1)
    assert set(refusal.value.fields) == {"soon", "today"}
    _, found = response_times.find_response_times(alice.actor, store_id=harbour)
    assert found.version is None


def test_who_may_say_it(alice: User, charlie: User, ana: Actor, harbour: str) -> None:
    with pytest.raises(PermissionDenied):
        change(ana, harbour)
    manages = frozenset({"accounts.view_store", response_times.VIEW, response_times.CHANGE})
    manager = replace(ana, permissions=manages, stores=frozenset({harbour}))
    assert change(manager, harbour).version == 1
    elsewhere = replace(manager, stores=frozenset({"STORE-other"}))
    for actor in (charlie.actor, elsewhere):
        with pytest.raises(StoreNotFound):
            change(actor, harbour)
        with pytest.raises(StoreNotFound):
            response_times.find_response_times(actor, store_id=harbour)
    assert selectors.list_pending(alice.actor, store_id=harbour).items == ()
