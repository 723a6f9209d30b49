"""What somebody asked: to look at, and to take along."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from accounts.entities import Actor, User
from accounts.errors import PermissionDenied
from accounts.permissions import Grants, Role
from accounts.stores import services as stores
from accounts.tokens import issue_token
from storage.errors import InvalidCursor
from storage.meter import measure
from supervisor import selectors, services
from supervisor.callers import Earlier, earlier_requests
from supervisor.entities import Code, Person, Question, Request
from supervisor.own_data import RequestsKeeper
from tests.supervisor.invariants import assert_invariants
from tests.supervisor.seeding import fill
from tests.supervisor.test_services import ask, headers, overdue

SIZES = (100, 2000)
MINE = "/staff/requests/mine/"


@pytest.fixture
def pier(alice: User) -> str:
    said = {"name": "Pier", "time_zone": "Europe/Madrid"}
    return stores.create_store(actor=alice.actor, said=said).store.store_id


def test_who_asked_sees_their_own_in_every_state_newest_first(
    steve: Actor, ana: Actor, harbour: str, pier: str
) -> None:
    made = [ask(steve, harbour, header=header) for header in ("a", "b", "c")]
    made.append(ask(steve, pier, header="d"))
    ask(ana, harbour, header="of somebody else")
    services.answer(actor=ana, store_id=harbour, request_id=made[0].id, text="Yes.")
    services.cancel(actor=steve, store_id=harbour, request_id=made[1].id)
    late = overdue(made[2])
    page = selectors.list_own(steve)
    assert [(one.header, one.code) for one in page.items] == [
        ("d", Code.PENDING_RESPONSE),
        ("c", Code.TIMEOUT),
        ("b", Code.CANCELLED),
        ("a", Code.RESPONSE_RECEIVED),
    ]
    assert page.items[-1].answered_by == Person("USER-ana", "Ana")

    first = selectors.list_own(steve, limit=3)
    assert (headers(first.items), first.next_cursor is None) == (["d", "c", "b"], False)
    # What moves in the table meanwhile stays where it is in the list.
    services.claim(actor=ana, store_id=pier, request_id=made[3].id)
    assert services.time_out(late)
    rest = selectors.list_own(steve, limit=3, cursor=first.next_cursor)
    assert (headers(rest.items), rest.next_cursor) == (["a"], None)
    with pytest.raises(InvalidCursor):
        selectors.list_own(ana, limit=3, cursor=first.next_cursor)

    bound = replace(steve, stores=frozenset({harbour}))
    assert headers(selectors.list_own(bound).items) == ["c", "b", "a"]
    with pytest.raises(PermissionDenied):
        selectors.list_own(replace(steve, permissions=Grants((Role.VIEWER,))))
    assert_invariants()


def test_people_and_programs_find_them(
    alice: User, bob: User, harbour: str, log_in: Callable[[User], Client]
) -> None:
    browser = log_in(alice)
    assert "You have not asked anything yet" in browser.get(MINE).content.decode()
    fill(alice.org_id, harbour, first=0, last=25, asked_by=Person(alice.user_id, "Alice"))
    made = ask(alice.actor, harbour)
    services.answer(actor=alice.actor, store_id=harbour, request_id=made.id, text="Yes.")
    page = browser.get(MINE).content.decode()
    assert f'href="/staff/requests/{harbour}/{made.id}/"' in page
    assert "by Alice" in page
    assert "Question 000000" not in page
    assert f'href="{MINE}?cursor=' in page
    api = "/api/v1/organisation/requests/mine"
    token = {"Authorization": f"Bearer {issue_token(alice).text}"}
    found = Client().get(f"{api}?limit=1", headers=token).json()
    assert [one["status_code"] for one in found["items"]] == ["RESPONSE_RECEIVED"]
    again = {"cursor": found["next_cursor"], "limit": 1}
    (older,) = Client().get(api, again, headers=token).json()["items"]
    assert older["header"] == "Question 000024"
    viewer = {"Authorization": f"Bearer {issue_token(bob).text}"}
    assert Client().get(api, headers=viewer).status_code == 403


def test_nothing_costs_more_with_more_requests(
    alice: User, steve: Actor, ana: Actor, harbour: str, log_in: Callable[[User], Client]
) -> None:
    """Neither one's own list, nor what the same number asked before, nor what one takes along, be
    it among many requests of others."""
    browser = log_in(alice)
    person = replace(alice, user_id=ana.user_id, name="Ana")
    called = Question("Where is it?", "He waits. " * 12, phone_number="+34600123456")

    def export() -> list[Any]:
        return [row for section in RequestsKeeper().export(person) for row in section.content]

    def costs() -> dict[str, tuple[list[str], float]]:
        found = {}
        shown = ask(steve, harbour)
        address = f"/staff/requests/{harbour}/{shown.id}/"
        acts: dict[str, Callable[[], object]] = {
            "list": lambda: selectors.list_own(steve),
            "page": lambda: browser.get(MINE),
            "request": lambda: browser.get(address),
            "number": lambda: earlier_requests(alice.actor, shown),
            "export": export,
        }
        for what, act in acts.items():
            with measure() as meter:
                act()
            found[what] = [call.operation for call in meter.calls], meter.capacity
        return found

    own = ask(ana, harbour)
    services.answer(actor=ana, store_id=harbour, request_id=own.id, text="Yes.")
    seen = []
    for first, last in zip((0, *SIZES), SIZES, strict=False):
        fill(alice.org_id, harbour, first=first, last=last, question=called)
        seen.append(costs())
    assert seen[0] == seen[1]
    assert seen[1]["list"][0] == ["Query"]
    assert seen[1]["list"][1] <= 3
    assert seen[1]["number"] == (["Query", "BatchGetItem"], seen[1]["number"][1])
    assert seen[1]["number"][1] <= 4
    assert seen[1]["export"][0] == ["Query", "BatchGetItem", "Query"]
    rows = export()
    assert [row.get("header") or row["text"] for row in rows] == [own.question.header, "Yes."]


def test_nobody_learns_of_other_callers_from_it(steve: Actor, harbour: str) -> None:
    ask(steve, harbour)
    latest: Request = ask(steve, harbour)
    assert earlier_requests(steve, latest) == Earlier()
