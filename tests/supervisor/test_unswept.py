"""What is overdue, before anybody has stored that it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from accounts.entities import Actor, User
from accounts.stores import services as stores
from storage.audit import history
from storage.idempotency import IdempotencyKey
from supervisor import repository, selectors, services
from supervisor.entities import Code, Request, now_in_milliseconds
from supervisor.filters import Filter
from supervisor.sweeping import sweep
from tests.supervisor import seeding
from tests.supervisor.test_filters import write
from tests.supervisor.test_services import QUESTION, ask, headers, overdue


def steps(request: Request) -> list[str]:
    """Oldest first."""
    found = reversed(history(request.audit_subject).items)
    return [one.action.removeprefix("supervisor.").removesuffix("_request") for one in found]


@pytest.fixture
def two_hours_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    """When seeding writes."""

    def then() -> datetime:
        return now_in_milliseconds() - timedelta(hours=2)

    monkeypatch.setattr(seeding, "now_in_milliseconds", then)


@pytest.mark.usefixtures("two_hours_ago")
def test_hundreds_that_are_overdue_hide_nothing_that_waits(
    alice: User, ana: Actor, harbour: str
) -> None:
    seeding.fill(alice.org_id, harbour, first=0, last=1100)
    waits = ask(ana, harbour, priority=0)
    here = selectors.list_pending(ana, store_id=harbour)
    everywhere = selectors.list_pending_of_organisation(ana)
    assert [one.id for one in here.items] == [waits.id]
    assert [one.id for one in everywhere.items] == [waits.id]


def test_other_stores_hide_nothing_from_who_is_bound_to_some(
    alice: User, ana: Actor, harbour: str
) -> None:
    def new_store(name: str) -> str:
        said = {"name": name, "time_zone": "UTC"}
        return stores.create_store(actor=alice.actor, said=said).store.store_id

    quay, beach = new_store("Quay"), new_store("Beach")
    write(ana, harbour, 560, priority=9)
    write(ana, quay, 30, priority=6)
    write(ana, beach, 30, priority=3)
    bound = replace(ana, stores=frozenset({quay, beach}))
    found: list[str] = []
    pages, cursor = 0, None
    while cursor or not pages:
        page = selectors.list_pending_of_organisation(bound, limit=20, cursor=cursor)
        found += headers(page.items)
        pages, cursor = pages + 1, page.next_cursor
    assert found == [f"Number {number}" for number in reversed(range(30))] * 2
    assert pages == 3
    wanted = Filter(priorities=(3,), text="19")
    (one,) = selectors.list_pending_of_organisation(bound, wanted=wanted).items
    assert (one.store_id, one.header) == (beach, "Number 19")


def test_what_is_swept_while_the_history_is_read_is_in_it_once(
    ana: Actor, steve: Actor, harbour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = overdue(ask(steve, harbour))
    read = repository.overdue_of_store

    def read_then_sweep(*args: str, before: str, most: int) -> repository.Found:
        found = read(*args, before=before, most=most)
        sweep()
        return found

    monkeypatch.setattr(repository, "overdue_of_store", read_then_sweep)
    for _ in range(2):
        page = selectors.list_history(ana, store_id=harbour)
        assert [one.id for one in page.items] == [made.id]


def test_who_asks_again_with_the_same_key_is_told_that_time_is_up(
    steve: Actor, harbour: str
) -> None:
    key = IdempotencyKey.for_body(scope="test", key="1", body=b"a")
    made = services.ask(actor=steve, store_id=harbour, raw=QUESTION, idempotency=key).request
    overdue(made)
    again = services.ask(actor=steve, store_id=harbour, raw=QUESTION, idempotency=key)
    assert (again.request.id, again.request.code) == (made.id, Code.TIMEOUT)


def test_a_step_that_stores_the_time_out_says_so_in_the_timeline(
    ana: Actor, steve: Actor, harbour: str
) -> None:
    made = overdue(ask(steve, harbour))
    keys = {"store_id": harbour, "request_id": made.id}
    assert services.note(actor=ana, **keys, text="Too late.").code is Code.TIMEOUT
    assert steps(made) == ["ask", "note"]
    services.forget_caller(actor=ana, **keys)
    assert steps(made) == ["ask", "note", "time_out", "forget_caller"]
    forgotten, timed_out, *_ = history(made.audit_subject).items
    assert forgotten.changes == {}
    assert timed_out.changes["code"] == (Code.PENDING_RESPONSE, Code.TIMEOUT)
    assert sweep().timed_out == 0
