"""Steps that meet others, limits, and what is not there any more."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.entities import Actor, User
from accounts.stores import repository as stored_stores
from accounts.stores import services as stores
from accounts.stores.errors import StoreNotFound
from storage.audit import history
from storage.errors import StoreBusy
from storage.transactions import Transaction
from supervisor import repository, services
from supervisor.entities import Request, now_in_milliseconds
from supervisor.errors import RequestChanged, RequestNotFound, StoreNotInUse
from supervisor.knowledge import services as articles
from supervisor.removal_repository import remove_request
from tests.accounts.removal.interposing import before_write
from tests.supervisor.test_api import Api
from tests.supervisor.test_services import ask, at_once


def test_notes_are_in_nobodys_way(ana: Actor, steve: Actor, harbour: str) -> None:
    made = ask(steve, harbour)
    keys = {"store_id": harbour, "request_id": made.id}
    got = at_once(lambda number: services.note(actor=ana, **keys, text=str(number)), 16)
    noted = sum(isinstance(one, Request) for one in got)
    assert all(isinstance(one, Request | StoreBusy) for one in got)
    assert noted == len(history(made.audit_subject, limit=50).items) - 1
    assert noted >= 8
    stored = repository.get_request(harbour, made.id)
    assert stored is not None
    assert stored.version == made.version


def test_no_note_is_left_on_what_is_destroyed_meanwhile(
    ana: Actor, steve: Actor, harbour: str
) -> None:
    made = ask(steve, harbour)

    def destroy() -> None:
        transaction = Transaction()
        remove_request(transaction, made)
        transaction.commit()

    with before_write(1, destroy), pytest.raises(RequestNotFound):
        services.note(actor=ana, store_id=harbour, request_id=made.id, text="Whose is it?")
    assert [entry.action for entry in history(made.audit_subject).items] == [
        "supervisor.ask_request"
    ]


def test_who_loses_eight_times_is_told_to_come_again(
    alice: User, ana: Actor, steve: Actor, harbour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = ask(steve, harbour)
    keys = {"store_id": harbour, "request_id": made.id}

    times = 0

    def somebody_is_faster() -> datetime:
        """Between the reading and the writing."""
        nonlocal times
        if times:
            times -= 1
            stored = repository.require_request(repository.get_request(harbour, made.id))
            transaction = Transaction()
            later = replace(stored, deadline=stored.deadline + timedelta(seconds=1))
            repository.replace_request(transaction, stored, later)
            transaction.commit()
        return now_in_milliseconds()

    monkeypatch.setattr(services, "now_in_milliseconds", somebody_is_faster)
    monkeypatch.setattr(services, "pause", lambda _attempt: None)
    times = 8
    with pytest.raises(StoreBusy):
        services.claim(actor=ana, **keys)
    assert times == 0
    times = 8
    busy = Api(alice, harbour).post(f"/{made.id}/claim")
    assert (busy.status_code, busy.headers["Retry-After"]) == (503, "2")
    times = 7
    assert services.claim(actor=ana, **keys).handling is not None


def test_a_higher_priority_brings_the_deadline_forward(
    ana: Actor, steve: Actor, harbour: str
) -> None:
    made = ask(steve, harbour, priority=0)
    keys: dict[str, Any] = {"store_id": harbour, "request_id": made.id}
    raised = services.prioritise(actor=ana, **keys, priority=9)
    left = raised.deadline - now_in_milliseconds()
    assert timedelta(minutes=9) < left <= timedelta(minutes=10)
    lowered = services.prioritise(actor=ana, **keys, priority=0)
    assert lowered.deadline == raised.deadline
    assert services.prioritise(actor=ana, **keys, priority=3).deadline == raised.deadline


def test_the_latest_ten_answers_stay_beside_the_one_that_holds(
    ana: Actor, steve: Actor, harbour: str
) -> None:
    made = ask(steve, harbour, body="🙂" * 5000)
    keys: dict[str, Any] = {"store_id": harbour, "request_id": made.id}
    services.answer(actor=ana, **keys, text="🙂" * 5000)
    for number in range(22):
        services.correct(actor=ana, **keys, text=f"{number:02}{'🙂' * 4998}")
    stored = repository.get_request(harbour, made.id)
    assert stored is not None
    assert stored.answer is not None
    texts = [one.text[:2] for one in (*stored.earlier_answers, stored.answer)]
    assert texts == [f"{number:02}" for number in range(11, 22)]


def test_of_corrections_at_once_that_saw_the_same_one_is_taken(
    ana: Actor, steve: Actor, harbour: str
) -> None:
    made = ask(steve, harbour)
    keys: dict[str, Any] = {"store_id": harbour, "request_id": made.id}
    seen = services.answer(actor=ana, **keys, text="Yes.").version

    def correct(number: int) -> Request:
        return services.correct(actor=ana, **keys, text=str(number), version=seen)

    got = at_once(correct, 6)
    (taken,) = [one for one in got if isinstance(one, Request)]
    lost = [one for one in got if isinstance(one, RequestChanged)]
    assert len(lost) == 5
    assert {one.current.answer for one in lost} == {taken.answer}


def test_nobody_asks_or_writes_where_a_store_is_not_in_use(
    alice: User, steve: Actor, harbour: str
) -> None:
    def version() -> int:
        store = stored_stores.get_store(alice.org_id, harbour)
        assert store is not None
        return store.version or 0

    article = {"title": "Returns", "text": "Within thirty days.", "store_id": harbour}
    stores.change_store(
        actor=alice.actor, store_id=harbour, said={"active": False}, version=version()
    )
    with pytest.raises(StoreNotInUse) as refusal:
        ask(steve, harbour)
    assert set(refusal.value.fields) == {"store"}
    with pytest.raises(StoreNotInUse) as refusal:
        articles.create_article(actor=alice.actor, raw=article)
    assert set(refusal.value.fields) == {"store_id"}
    stores.delete_store(actor=alice.actor, store_id=harbour, version=version())
    with pytest.raises(StoreNotFound):
        ask(steve, harbour)
    with pytest.raises(StoreNotFound):
        articles.create_article(actor=alice.actor, raw=article)
