"""What becomes of the queue when its organisation, or a store, is deleted or destroyed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.entities import Actor, User
from accounts.removal import runner
from accounts.removal import services as removal
from accounts.removal.runner import Outcome
from accounts.stores import services as stores
from storage.audit import history
from storage.meter import measure
from storage.table import registered_tables
from storage.transactions import Transaction
from supervisor import canned_answers, forgetting, repository, response_times, services
from supervisor.callbacks import signing_secrets
from supervisor.callbacks.delivering import Delivered, deliver
from supervisor.callbacks.entities import Delivery, Event, State
from supervisor.callbacks.repository import deliveries_of, take_on
from supervisor.callbacks.secret_repository import get_secret
from supervisor.callbacks.tables import delivery_item
from supervisor.entities import Code, Request, Urgency, now_in_milliseconds
from supervisor.removal import MOST_COUNTED, REQUESTS_AT_ONCE, finish_removed_stores
from supervisor.removal_repository import removed_stores
from tests.accounts.removal.interposing import before_write
from tests.accounts.removal.shops import delete, restore, server
from tests.accounts.second_factors import confirmed
from tests.supervisor.callbacks.receiver import Receiver, listening
from tests.supervisor.invariants import raw_items
from tests.supervisor.seeding import fill
from tests.supervisor.test_articles import write
from tests.supervisor.test_forgetting import closed, keep_for, names_caller
from tests.supervisor.test_services import QUESTION, ask, at_once, overdue

NAME = "Alice's Shop"
MINUTES = dict.fromkeys(Urgency, 15)


@pytest.fixture(autouse=True)
def _quickly(settings: Settings) -> None:
    settings.CALLBACKS_TO_THIS_MACHINE = True
    settings.REMOVAL_SETTLES_SECONDS = 0


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening(Receiver()) as receiver:
        yield receiver


def left_of(mark: str) -> Counter[str]:
    """By table of the queue, how many items say this anywhere."""
    found: Counter[str] = Counter()
    for table in registered_tables():
        if table.__module__.startswith("supervisor."):
            name = table.logical_name()
            found[name] = sum(mark in repr(item) for item in raw_items(name))
    return found


def to_be_called(actor: Actor, store_id: str, url: str = "http://127.0.0.1:9/") -> Request:
    return services.ask(actor=actor, store_id=store_id, raw=QUESTION, callback_url=url).request


def answered(actor: Actor, request: Request) -> Request:
    store_id = request.store_id
    return services.answer(actor=actor, store_id=store_id, request_id=request.id, text="Yes.")


def deliver_often(request: Request, times: int) -> None:
    """As if there had been so much news."""
    now = now_in_milliseconds()
    transaction = Transaction()
    for number in range(times):
        where = (request.org_id, request.store_id, request.id, request.asked_by.user_id)
        made = now + timedelta(milliseconds=number)
        one = Delivery(Delivery.new_id(), *where, Event.ANSWERED, "https://a/", "", made, None)
        transaction.put(delivery_item(replace(one, state=State.DELIVERED)))
    transaction.commit()


def furnish(owner: User, store_id: str) -> None:
    """Something of everything that the queue keeps."""
    actor = owner.actor
    response_times.change_response_times(
        actor=actor, store_id=store_id, version=0, minutes=MINUTES, only_opening_hours=False
    )
    canned_answers.add_canned_answer(actor=actor, title="Returns", text="Thirty days.")
    signing_secrets.replace_secret(actor=confirmed(owner))
    keep_for(actor, 30)
    write(actor, "Returns")
    ask(actor, store_id)
    overdue(ask(actor, store_id))
    answered(actor, to_be_called(actor, store_id))


def destroy_store(owner: User, store_id: str) -> None:
    actor = replace(owner.actor, confirmed_at=datetime.now(UTC))
    gone = stores.delete_store(actor=actor, store_id=store_id, version=1)
    stores.destroy_store(actor=actor, store_id=store_id, version=gone.version or 0)


def die() -> None:
    raise InterruptedError


def test_of_a_destroyed_organisation_no_item_is_left_although_runners_die(
    alice: User, charlie: User, harbour: str
) -> None:
    theirs = stores.create_store(
        actor=charlie.actor, said={"name": "Port", "time_zone": "Europe/Madrid"}
    ).store.store_id
    furnish(charlie, theirs)
    kept = left_of(charlie.org_id)
    furnish(alice, harbour)
    fill(alice.org_id, harbour, first=0, last=2 * REQUESTS_AT_ONCE + 1)
    often = answered(alice.actor, to_be_called(alice.actor, harbour))
    deliver_often(often, 99)
    closed_down = stores.create_store(
        actor=alice.actor, said={"name": "Old", "time_zone": "Europe/Madrid"}
    ).store.store_id
    answered(alice.actor, to_be_called(alice.actor, closed_down))
    destroy_store(alice, closed_down)
    before = left_of(alice.org_id)
    assert set(before) == set(+before) == set(kept), "something in every table"
    delete(alice)
    assert left_of(alice.org_id) == before, "it may be restored"

    removal.destroy_organisation(actor=server(alice.org_id), name=NAME)
    for _ in range(6):
        with before_write(4, die), pytest.raises(InterruptedError):
            runner.work_on(alice.org_id)
    results = at_once(lambda _: runner.work_on(alice.org_id), 2)
    assert results == [Outcome.DONE] * 2
    for mark in (alice.org_id, harbour, closed_down, often.id):
        assert not +left_of(mark)
    assert left_of(charlie.org_id) == kept
    assert deliver().received == 0
    call_command("sweep_requests", verbosity=0)
    assert not +left_of(alice.org_id), "nobody writes something new about it"
    (entry, *_) = history(often.audit_subject).items
    assert entry.action == "supervisor.destroy_request"


def test_while_an_organisation_is_deleted_deadlines_pass_and_nobody_is_called(
    alice: User, ana: Actor, harbour: str, receiver: Receiver
) -> None:
    done = answered(ana, to_be_called(alice.actor, harbour, receiver.url))
    late = overdue(to_be_called(alice.actor, harbour, receiver.url))
    old = closed(ana, ask(ana, harbour), timedelta(days=2))
    keep_for(alice.actor, 1)
    delete(alice)
    call_command("sweep_requests", verbosity=0)
    found = repository.get_request(harbour, late.id)
    assert found is not None
    assert found.code is Code.TIMEOUT
    assert not names_caller(old)
    assert forgetting.forget_callers() == 0
    assert deliver() == Delivered(postponed=2)
    assert deliver() == Delivered(), "not until a while later"
    assert not receiver.calls
    assert get_secret(alice.org_id) is None
    (held,) = deliveries_of(done.id, most=2).deliveries
    assert (held.state, held.attempts) == (State.WAITING, ())

    restore(alice)
    for request in (done, late):
        (held,) = deliveries_of(request.id, most=2).deliveries
        assert take_on(held, now_in_milliseconds() - timedelta(minutes=1))
    assert deliver() == Delivered(received=2)
    events = {call.headers["Backroom-Event"] for call in receiver.calls}
    assert events == {"request.answered", "request.timed_out"}


def test_the_requests_of_a_destroyed_store_go_with_it(
    alice: User, ana: Actor, harbour: str, settings: Settings
) -> None:
    settings.REMOVAL_SETTLES_SECONDS = 3600
    other = stores.create_store(
        actor=alice.actor, said={"name": "Hill", "time_zone": "Europe/Madrid"}
    ).store.store_id
    stays = ask(ana, other)
    furnish(alice, harbour)
    fill(alice.org_id, harbour, first=0, last=REQUESTS_AT_ONCE)
    destroy_store(alice, harbour)
    finish_removed_stores(pieces=1)
    assert 0 < left_of(harbour)["supervisor-requests"] < REQUESTS_AT_ONCE
    with before_write(1, die), pytest.raises(InterruptedError):
        finish_removed_stores()
    assert at_once(lambda _: finish_removed_stores(), 3) == [None] * 3
    finish_removed_stores()
    left = +left_of(harbour)
    assert not left["supervisor-requests"] + left["supervisor-deliveries"]
    assert left["supervisor-settings"] == 1, "the note"
    # Who was heard only after the store had gone.
    fill(alice.org_id, harbour, first=0, last=1)
    finish_removed_stores()
    assert not left_of(harbour)["supervisor-requests"]
    assert len(list(removed_stores(alice.org_id))) == 1
    settings.REMOVAL_SETTLES_SECONDS = 0
    finish_removed_stores()
    assert not list(removed_stores())
    assert set(+left_of(harbour)) == {"supervisor-counters"}, "the past stays countable"
    assert repository.get_request(other, stays.id) == stays
    with measure() as meter:
        finish_removed_stores()
    assert [call.operation for call in meter.calls] == ["Query"]


def test_a_store_that_cannot_be_finished_now_does_not_keep_the_others_waiting(
    alice: User, harbour: str, settings: Settings
) -> None:
    settings.REMOVAL_SETTLES_SECONDS = 0
    other = stores.create_store(
        actor=alice.actor, said={"name": "Hill", "time_zone": "Europe/Madrid"}
    ).store.store_id
    gone = sorted((harbour, other))
    for store_id in gone:
        ask(alice.actor, store_id)
        destroy_store(alice, store_id)
    with before_write(1, die), pytest.raises(InterruptedError):
        finish_removed_stores()
    assert [one.store_id for one in removed_stores()] == gone[:1]
    finish_removed_stores()
    assert not list(removed_stores())


def test_who_closes_a_store_is_told_how_many_wait_there(
    alice: User, bob: User, ana: Actor, harbour: str, log_in: Callable[[User], Client]
) -> None:
    def told(user: User, action: str = "") -> Any:
        return log_in(user).get(f"/staff/stores/{harbour}/{action}").content.decode()

    sentence = "1 request waits for an answer here."
    assert "for an answer here" not in told(alice)
    ask(ana, harbour)
    overdue(ask(ana, harbour))
    answered(ana, ask(ana, harbour))
    assert sentence in told(alice)
    assert sentence not in told(bob), "he closes none"
    stores.delete_store(actor=alice.actor, store_id=harbour, version=1)
    page = told(alice, "destroy/")
    assert sentence in page
    assert "nobody is told" in page
    fill(alice.org_id, harbour, first=0, last=2 * MOST_COUNTED + 2)
    assert f"More than {MOST_COUNTED} requests wait for an answer here." in told(alice)
