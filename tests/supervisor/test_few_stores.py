"""The queue of who is bound to some stores: what it costs, and that nothing is missing from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.entities import Actor, User
from accounts.stores import services as stores
from storage.meter import measure
from supervisor import selectors
from supervisor.entities import Summary, now_in_milliseconds
from supervisor.filters import EVERYTHING, Filter
from tests.accounts.fixtures import add_user
from tests.supervisor.test_filters import everywhere, write
from tests.supervisor.test_services import ask

HOUR = timedelta(hours=1)


@pytest.fixture
def shops(alice: User) -> list[str]:
    names = [{"name": f"Store {number}", "time_zone": "Europe/Madrid"} for number in range(7)]
    return [stores.create_store(actor=alice.actor, said=one).store.store_id for one in names]


def queries(actor: Actor, wanted: Filter = EVERYTHING) -> int:
    with measure() as meter:
        selectors.list_pending_of_organisation(actor, wanted=wanted)
    return [call.operation for call in meter.calls].count("Query")


def bound(actor: Actor, some: list[str]) -> Actor:
    return replace(actor, stores=frozenset(some))


def test_a_queue_costs_no_more_than_a_handful_of_queries(steve: Actor, shops: list[str]) -> None:
    since = Filter(since=now_in_milliseconds() - HOUR)
    soon = Filter(priorities=(6, 7, 8))
    cost = {number: queries(bound(steve, shops[:number])) for number in (1, 2, 5, 6)}
    assert cost == {1: 1, 2: 2, 5: 5, 6: 1}, "each by itself, or all by their index"
    assert [queries(bound(steve, shops[:number]), since) for number in (1, 2, 5)] == [10] * 3
    assert [queries(bound(steve, shops[:number]), soon) for number in (1, 2)] == [3, 3]
    for number, wanted in product((0, 1, 2, 5, 6), (EVERYTHING, since, soon)):
        actor = bound(steve, shops[:number]) if number else steve
        assert queries(actor, wanted) == selectors.queries_of(actor, wanted)


def test_what_costs_more_is_asked_for_less_often(
    alice: User, shops: list[str], log_in: Callable[[User], Client], settings: Settings
) -> None:
    settings.QUEUE_POLL_SECONDS = 10
    anna = add_user(
        email="anna@example.com",
        name="Anna",
        beside=replace(alice, stores=frozenset(shops[:4])),
        roles=("supervisor",),
    )
    client = log_in(anna)
    pace = {"": 20, f"?store={shops[0]}": 10, "?since=2026-01-01": 50, "?q=mug": 60}
    for query, seconds in pace.items():
        page = client.get(f"/staff/requests/{query}").content.decode()
        assert f"every {seconds}s" in page, query


def test_pages_of_several_stores_are_in_order_and_complete(steve: Actor, shops: list[str]) -> None:
    for store_id, priority, tag in product(shops[:4], (0, 8, 9), ("a", "b")):
        write(steve, store_id, 2, priority=priority, tags=frozenset({tag}))
    whole = [
        page
        for store_id in shops[:3]
        for page in selectors.list_pending(steve, store_id=store_id, limit=100).items
    ]
    whole.sort(key=lambda one: (-one.priority, one.asked_at, one.id))
    half = sorted(one.asked_at for one in whole)[len(whole) // 2]
    three = bound(steve, shops[:3])
    fits: dict[Filter, Callable[[Summary], bool]] = {
        EVERYTHING: lambda _one: True,
        Filter(text="1"): lambda one: one.header == "Number 1",
        Filter(tag="a"): lambda one: "a" in one.tags,
        Filter(priorities=(8,)): lambda one: one.priority == 8,
        Filter(since=half): lambda one: one.asked_at >= half,
    }
    for (wanted, is_wanted), limit in product(fits.items(), (2, 60)):
        fitting = [one.id for one in whole if is_wanted(one)]
        cursor, found = None, []
        while True:
            page = selectors.list_pending_of_organisation(
                three, wanted=wanted, limit=limit, cursor=cursor
            )
            assert len(page.items) <= limit
            found += [one.id for one in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert found == fitting, (wanted, limit)


def test_what_one_store_has_not_told_yet_comes_before_the_rest_of_another(
    steve: Actor, shops: list[str]
) -> None:
    full, quiet = shops[:2]
    write(steve, full, 40, priority=9)
    ask(steve, full, header="First mug", priority=8)
    ask(steve, quiet, header="Second mug", priority=0)
    wanted = Filter(text="mug")
    assert everywhere(bound(steve, [full, quiet]), wanted, limit=1) == [
        ["First mug"],
        ["Second mug"],
    ]
