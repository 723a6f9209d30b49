"""Looking among closed requests."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from urllib.parse import urlencode

import pytest
from django.test import Client

from accounts.entities import Actor, User
from storage.meter import measure
from supervisor import selectors, services
from supervisor.entities import Code
from supervisor.filters import ClosedFilter
from supervisor.sweeping import sweep
from tests.supervisor.seeding import fill
from tests.supervisor.test_api import Api
from tests.supervisor.test_pages import QUEUE, text_of
from tests.supervisor.test_services import ask, headers, overdue

CLOSED = f"{QUEUE}history/"


def found(actor: Actor, store_id: str, wanted: ClosedFilter, limit: int = 25) -> list[str]:
    """Headers of all pages."""
    seen: list[str] = []
    cursor = None
    while True:
        page = selectors.list_history(
            actor, store_id=store_id, wanted=wanted, limit=limit, cursor=cursor
        )
        seen += headers(page.items)
        cursor = page.next_cursor
        if cursor is None:
            return seen


@pytest.fixture
def closed(steve: Actor, ana: Actor, harbour: str) -> None:
    """Twelve: answered, timed out, and withdrawn by turns; of those that timed out, half are not
    swept."""
    for number in range(12):
        made = ask(
            steve,
            harbour,
            header=f"Número {number}",
            reference=f"Order {number % 2}",
            body="A lamp is dark." if number < 6 else "",
            tags=["lamps"] if number % 4 == 0 else [],
        )
        keys = {"store_id": harbour, "request_id": made.id}
        if number % 3 == 0:
            services.answer(actor=ana, **keys, text="Yes.")
        elif number % 3 == 1:
            overdue(made)
        else:
            services.cancel(actor=steve, **keys)
        if number == 5:
            sweep()


@pytest.mark.usefixtures("closed")
def test_words_tag_and_outcome_hold_together(steve: Actor, harbour: str) -> None:
    def numbers(wanted: ClosedFilter, limit: int = 25) -> list[int]:
        said = found(steve, harbour, wanted, limit)
        return [int(header.removeprefix("Número ")) for header in said]

    everything = numbers(ClosedFilter())
    assert sorted(everything) == [*range(12)]
    for limit in (1, 2, 5):
        for wanted, is_wanted in (
            (ClosedFilter(), lambda _number: True),
            (ClosedFilter(text="numero LAMP"), lambda number: number < 6),
            (ClosedFilter(text="order 1"), lambda number: number % 2 or number == 10),
            (ClosedFilter(tag="lamps"), lambda number: number % 4 == 0),
            (ClosedFilter(code=Code.TIMEOUT), lambda number: number % 3 == 1),
            (ClosedFilter(code=Code.CANCELLED, text="dark"), lambda number: number in (2, 5)),
            (ClosedFilter("lamps", "dark", Code.RESPONSE_RECEIVED), lambda number: number == 0),
        ):
            expected = [number for number in everything if is_wanted(number)]
            assert numbers(wanted, limit) == expected, (wanted, limit)


def test_looking_among_very_many_stops_early_and_goes_on(
    alice: User, steve: Actor, ana: Actor, harbour: str, log_in: Callable[[User], Client]
) -> None:
    made = ask(steve, harbour, header="The mug")
    services.answer(actor=ana, store_id=harbour, request_id=made.id, text="Yes.")
    fill(alice.org_id, harbour, first=0, last=1200)
    wanted = ClosedFilter(text="mug")
    with measure() as meter:
        first = selectors.list_history(steve, store_id=harbour, wanted=wanted)
    assert first.items == ()
    assert [call.operation for call in meter.calls] == ["GetItem", *["Query"] * 6]
    second = selectors.list_history(
        steve, store_id=harbour, wanted=wanted, cursor=first.next_cursor
    )
    assert (headers(second.items), second.next_cursor) == (["The mug"], None)
    browser = log_in(alice)
    page = text_of(browser.get(CLOSED, {"store": harbour, "q": "mug"}))
    assert "nothing like this among the hundreds looked through so far" in page
    assert "Nothing closed is like this." not in page
    (after,) = re.findall(r'href="([^"]+)" rel="next"', page)
    rest = text_of(browser.get(unescape(after)))
    assert "The mug" in rest
    assert "Go on looking" not in rest


@pytest.mark.usefixtures("closed")
def test_the_page_of_closed_ones_is_searched(
    alice: User, harbour: str, log_in: Callable[[User], Client]
) -> None:
    browser = log_in(alice)
    said = {"store": harbour, "code": "TIMEOUT", "q": "LAMP", "tag": "Lamps"}
    page = text_of(browser.get(CLOSED, said))
    assert re.findall(r">(Número \d+)</a>", page) == ["Número 4"]
    assert 'value="LAMP"' in page
    assert '<option value="TIMEOUT" selected>Timed out</option>' in page
    without = urlencode({name: value for name, value in said.items() if name != "code"})
    assert f'<a class="app-chip" href="{CLOSED}?{without.replace("&", "&amp;")}">' in page
    nothing = text_of(browser.get(CLOSED, {"q": "trousers"}))
    assert "Nothing closed is like this." in nothing
    wrong = browser.get(CLOSED, {"code": "PENDING_RESPONSE"})
    assert wrong.status_code == 422
    assert "app-field__errors" in text_of(wrong)


@pytest.mark.usefixtures("closed")
def test_programs_look_among_closed_ones(alice: User, harbour: str) -> None:
    api = Api(alice, harbour)
    answer = api.get("/history?text=lamp&tag=LAMPS&code=RESPONSE_RECEIVED")
    assert [one["header"] for one in answer.json()["items"]] == ["Número 0"]
    for query in ("code=PENDING_RESPONSE", "code=EXPLODED", f"text={'x' * 81}"):
        assert api.get(f"/history?{query}").status_code == 422, query
