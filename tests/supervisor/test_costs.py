"""What screens and steps cost, in calls and capacity, whatever waits in the store."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.test import Client

from accounts.entities import Actor, User
from storage.meter import measure
from supervisor import selectors, services
from tests.supervisor.seeding import fill, tag_of
from tests.supervisor.test_services import ask, overdue

SIZES = (100, 1000)
Costs = dict[str, tuple[list[str], float]]


def costs(
    owner: User, browser: Client, steve: Actor, ana: Actor, store_id: str, number: str
) -> Costs:
    """(calls, capacity) by what was done; one request before these was by the same `number`."""
    found: Costs = {}
    ask(steve, store_id, phone_number=number)

    def note(what: str, act: Callable[[], Any]) -> Any:
        with measure() as meter:
            result = act()
        found[what] = [call.operation for call in meter.calls], meter.capacity
        return result

    made = note("ask", lambda: ask(steve, store_id, phone_number=number))
    keys = {"store_id": store_id, "request_id": made.id}
    address = f"/staff/requests/{store_id}/{made.id}/"
    note("one request", lambda: selectors.find_request(steve, **keys))
    note("pending of a store", lambda: selectors.list_pending(steve, store_id=store_id))
    note("pending of all", lambda: selectors.list_pending_of_organisation(steve))
    note("history", lambda: selectors.list_history(steve, store_id=store_id))
    note("page of a request", lambda: browser.get(address))
    note("page of the history", lambda: browser.get(f"/staff/requests/history/?store={store_id}"))
    queue = f"/staff/requests/?store={store_id}"
    tag = tag_of(note("page of the queue", lambda: browser.get(queue)))
    polled = note("poll", lambda: browser.get(queue, headers={"If-None-Match": tag}))
    assert polled.status_code == 304
    note("board", lambda: browser.get(f"/staff/requests/board/?store={store_id}"))
    note("claim", lambda: services.claim(actor=ana, **keys))
    note("release", lambda: services.release(actor=ana, **keys))
    note("assign", lambda: services.assign(actor=ana, **keys, user_id=owner.user_id))
    note("prioritise", lambda: services.prioritise(actor=ana, **keys, priority=9))
    note("note", lambda: services.note(actor=ana, **keys, text="Called."))
    note("answer", lambda: services.answer(actor=owner.actor, **keys, text="Yes."))
    note("correct", lambda: services.correct(actor=ana, **keys, text="No."))
    other = ask(steve, store_id)
    keys = {"store_id": store_id, "request_id": other.id}
    late = overdue(other)
    note("time out", lambda: services.time_out(late))
    note("reopen", lambda: services.reopen(actor=ana, **keys))
    note("cancel", lambda: services.cancel(actor=steve, **keys))
    return found


def test_nothing_costs_more_in_a_store_with_more_requests(
    alice: User, steve: Actor, ana: Actor, harbour: str, log_in: Callable[[User], Client]
) -> None:
    browser = log_in(alice)
    seen: list[Costs] = []
    for first, last in zip((0, *SIZES), SIZES, strict=False):
        fill(alice.org_id, harbour, first=first, last=last)
        seen.append(costs(alice, browser, steve, ana, harbour, f"+34 600 {last:06}"))
    small, large = seen
    for what, (calls, capacity) in small.items():
        assert large[what][0] == calls, what
        # A counter may be in more of its shards than before.
        more = 2 if what == "board" else 0
        assert capacity <= large[what][1] <= capacity + more, what
    assert large["poll"][0] == ["GetItem", "BatchGetItem", "GetItem", "Query"]
    assert large["poll"][1] <= 6
    assert large["one request"] == (["Query"], 1.0)
