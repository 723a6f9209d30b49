from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.entities import Actor, User
from accounts.stores import services as stores
from storage.errors import InvalidCursor
from storage.meter import measure
from storage.transactions import Transaction
from supervisor import repository, selectors, services
from supervisor.entities import Handling, Person, Question, Request, now_in_milliseconds
from supervisor.filters import EVERYTHING, Filter, HandledBy
from supervisor.tables import request_item
from tests.supervisor.test_api import Api
from tests.supervisor.test_services import ask, headers

HOUR = timedelta(hours=1)


def everywhere(actor: Actor, wanted: Filter, limit: int = 25) -> list[list[str]]:
    pages, cursor = [], None
    while True:
        page = selectors.list_pending_of_organisation(
            actor, wanted=wanted, limit=limit, cursor=cursor
        )
        pages.append(headers(page.items))
        cursor = page.next_cursor
        if cursor is None:
            return pages


def write(actor: Actor, store_id: str, count: int, **said: Any) -> None:
    """Straight into the store; the last one waits longest."""
    now = now_in_milliseconds()
    for start in range(0, count, 100):
        transaction = Transaction()
        for number in range(start, min(start + 100, count)):
            request = Request(
                id=Request.new_id(),
                org_id=actor.org_id,
                store_id=store_id,
                question=Question(f"Number {number}", "", **said),
                asked_by=Person(actor.user_id, actor.name),
                asked_at=now - number * timedelta(seconds=1),
                deadline=now + HOUR,
            )
            transaction.put(request_item(request))
        transaction.commit()


@pytest.fixture
def quay(alice: User) -> str:
    made = stores.create_store(
        actor=alice.actor, said={"name": "Quay", "time_zone": "Europe/Madrid"}
    )
    return made.store.store_id


def test_words_are_found_in_any_order_case_and_accents(steve: Actor, harbour: str) -> None:
    for header in ("Un pantalón para el niño", "NIÑO perdido", "Sizes of trousers"):
        ask(steve, harbour, header=header)

    def found(text: str) -> list[str]:
        page = selectors.list_pending(steve, store_id=harbour, wanted=Filter(text=text))
        return headers(page.items)

    assert found("nino pantalon") == ["Un pantalón para el niño"]
    assert found("niño") == ["Un pantalón para el niño", "NIÑO perdido"]
    assert found("trousers niño") == []


def test_words_are_found_in_the_reference_and_the_beginning_of_the_body(
    steve: Actor, harbour: str
) -> None:
    ask(steve, harbour, header="He called again", reference="Order 4711", body="A lamp\nis dark.")
    ask(steve, harbour, header="Another", body=f"{'x ' * 100} lamp")
    for text in ("4711", "lamp dark", "order called LAMP"):
        page = selectors.list_pending(steve, store_id=harbour, wanted=Filter(text=text))
        assert [found.header for found in page.items] == ["He called again"], text


def test_all_filters_hold_together_in_one_store_and_in_all(
    steve: Actor, harbour: str, quay: str
) -> None:
    asked = [
        ask(steve, store_id, header=f"{number} mug", priority=priority, tags=tags)
        for number, (store_id, priority, tags) in enumerate(
            [(harbour, 6, ["a"]), (quay, 9, ["a"]), (quay, 7, ["b"]), (harbour, 8, ["a"])]
        )
    ]
    soon = Filter(priorities=(6, 7, 8))
    assert everywhere(steve, soon) == [["3 mug", "2 mug", "0 mug"]]
    assert everywhere(steve, soon, limit=1) == [["3 mug"], ["2 mug"], ["0 mug"]]
    assert everywhere(steve, replace(soon, tag="a")) == [["3 mug", "0 mug"]]
    assert everywhere(steve, replace(soon, tag="a", text="0")) == [["0 mug"]]
    later = Filter(since=asked[1].asked_at, until=asked[3].asked_at)
    assert everywhere(steve, later) == [["1 mug", "2 mug"]]
    bound = replace(steve, stores=frozenset({quay}))
    assert everywhere(bound, later) == [["1 mug", "2 mug"]]
    assert everywhere(bound, Filter(text="mug"), limit=1) == [["1 mug"], ["2 mug"]]
    assert everywhere(replace(steve, stores=frozenset()), EVERYTHING) == [[]]
    many = frozenset({quay, *(f"STORE-{number}" for number in range(150))})
    assert everywhere(replace(steve, stores=many), EVERYTHING) == [["1 mug", "2 mug"]]
    here = selectors.list_pending(steve, store_id=harbour, wanted=replace(soon, tag="a", text="3"))
    assert headers(here.items) == ["3 mug"]


def test_looking_for_words_goes_on_below_a_priority_full_of_others(
    steve: Actor, harbour: str
) -> None:
    write(steve, harbour, 30, priority=9)
    ask(steve, harbour, header="The mug", priority=0)
    wanted = Filter(text="mug", since=now_in_milliseconds() - HOUR)
    page = selectors.list_pending(steve, store_id=harbour, wanted=wanted, limit=5)
    assert headers(page.items) == ["The mug"]
    assert page.next_cursor is None


def test_looking_for_words_stops_early_and_goes_on(steve: Actor, harbour: str) -> None:
    write(steve, harbour, 600)
    ask(steve, harbour, header="The mug", priority=0)
    wanted = Filter(text="mug")
    with measure() as meter:
        first = selectors.list_pending(steve, store_id=harbour, wanted=wanted)
    assert first.items == ()
    assert first.next_cursor is not None
    assert [call.operation for call in meter.calls] == ["GetItem", *["Query"] * 3]
    second = selectors.list_pending(
        steve, store_id=harbour, wanted=wanted, cursor=first.next_cursor
    )
    assert headers(second.items) == ["The mug"]
    assert second.next_cursor is None


def test_what_nobody_is_on_and_what_one_is_on_oneself(
    ana: Actor, steve: Actor, harbour: str, quay: str, alice: User
) -> None:
    made = {
        name: ask(steve, store_id, header=name)
        for name, store_id in (("free", harbour), ("hers", quay), ("mine", quay), ("left", harbour))
    }
    transaction, now = Transaction(), now_in_milliseconds()
    by = Person(ana.user_id, ana.name)
    ended = Handling(by, now - HOUR, now - HOUR / 2)
    repository.replace_request(transaction, made["left"], replace(made["left"], handling=ended))
    transaction.commit()
    for name, actor in (("hers", alice.actor), ("mine", ana)):
        services.claim(actor=actor, store_id=quay, request_id=made[name].id)
    everybody = frozenset({harbour, quay})
    for actor in (ana, replace(ana, stores=everybody)):
        nobody, me = (Filter(handled_by=one) for one in HandledBy)
        assert everywhere(actor, nobody) == [["free", "left"]]
        assert everywhere(actor, me) == [["mine"]]
        assert everywhere(actor, replace(me, text="left")) == [[]]
    assert everywhere(steve, me) == [[]]
    here = selectors.list_pending(ana, store_id=quay, wanted=me, limit=1)
    assert (headers(here.items), here.next_cursor) == (["mine"], None)
    first = selectors.list_pending(ana, store_id=harbour, wanted=nobody, limit=1)
    with pytest.raises(InvalidCursor):
        selectors.list_pending(ana, store_id=harbour, wanted=me, cursor=first.next_cursor)


def test_pages_and_programs_ask_who_is_on_it(
    alice: User, steve: Actor, harbour: str, log_in: Callable[[User], Client]
) -> None:
    taken = ask(steve, harbour, header="Taken")
    ask(steve, harbour, header="Free")
    services.claim(actor=alice.actor, store_id=harbour, request_id=taken.id)
    browser, api = log_in(alice), Api(alice, harbour)
    for hands, shown in (("nobody", ["Free"]), ("me", ["Taken"])):
        page = browser.get("/staff/requests/", {"handled_by": hands}).content.decode()
        assert re.findall(r">(Taken|Free)</a></h2>", page) == shown
        assert 'hx-trigger="every 60s"' in page
        chip = {"nobody": "Nobody on it", "me": "I am on it"}[hands]
        assert '<a class="app-chip" href="/staff/requests/"><span class="app-hidden">' in page
        assert f"Who is on it: </span>{chip}" in page
        items = api.get(f"/pending?handled_by={hands}").json()["items"]
        assert [one["header"] for one in items] == shown
    assert api.get("/pending?handled_by=somebody").status_code == 422
    assert browser.get("/staff/requests/", {"handled_by": "somebody"}).status_code == 422
