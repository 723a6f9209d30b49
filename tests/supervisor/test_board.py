from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from accounts.entities import Actor, User
from accounts.removal import runner
from accounts.removal import services as removal
from accounts.removal.runner import Outcome
from accounts.stores import services as stores
from accounts.stores.errors import StoreNotFound
from storage.meter import measure
from supervisor import services
from supervisor.board import MEDIAN, NINETIETH, Tally, bucket_of, counts_of, local_day
from supervisor.board_selectors import Board, board_of
from supervisor.charts import WIDTH, Value, bar_chart
from supervisor.entities import Person, Question, Request, now_in_milliseconds
from tests.accounts.removal.shops import delete, server
from tests.catalog.api_client import Api
from tests.supervisor.invariants import assert_invariants, stored_totals
from tests.supervisor.test_services import ask, overdue

LogIn = Callable[[User], Client]
BOARD = "/staff/requests/board/"
ANA = Person("USER-ana", "Ana")


@given(st.lists(st.integers(0, 40 * 24 * 3600), min_size=1, max_size=60))
def test_percentiles_are_told_within_a_bucket(seconds: list[int]) -> None:
    times = [0] * len(Tally().times)
    for each in seconds:
        times[bucket_of(timedelta(seconds=each))] += 1
    tally = Tally(answered=len(seconds), times=tuple(times))
    for share in (MEDIAN, NINETIETH):
        exact = sorted(seconds)[-(-len(seconds) * int(share * 10) // 10) - 1]
        told = tally.response_time(share)
        assert told is not None
        if exact < 8:
            assert told == timedelta(seconds=4)
        else:
            assert 0.8 < told.total_seconds() / exact < 1.25


def test_what_took_longer_than_all_buckets_is_in_the_last() -> None:
    assert bucket_of(timedelta(days=400)) == len(Tally().times) - 1
    assert Tally().response_time(MEDIAN) is None
    assert not Tally()


def test_a_day_is_the_one_of_the_store() -> None:
    late = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)
    assert local_day(late, "Europe/Madrid") == date(2026, 3, 29)
    assert local_day(late, "America/Bogota") == date(2026, 3, 28)
    assert local_day(late, "Mars/Olympus") == date(2026, 3, 28)
    asked = Request(
        id="a",
        org_id="ORG-1",
        store_id="STORE-1",
        question=Question("May he?", ""),
        asked_by=ANA,
        asked_at=late,
        deadline=late + timedelta(minutes=20),
        time_zone="Europe/London",
    )
    (counted,) = counts_of(None, asked)
    assert counted.day == date(2026, 3, 28)
    missed = asked.timed_out()
    (counted,) = counts_of(asked, missed)
    # The next day only begins with summer time.
    assert (counted.day, counted.amount, counted.user_id) == (date(2026, 3, 28), 1, "")
    (back,) = counts_of(missed, replace(asked, deadline=late + timedelta(days=1)))
    assert (back.what, back.day, back.amount) == (counted.what, counted.day, -1)
    moved = replace(asked, question=replace(asked.question, priority=9))
    assert list(counts_of(asked, moved)) == []


def board(actor: Actor, store_id: str = "") -> Board:
    return board_of(actor, store_id=store_id)


def test_every_step_is_counted_for_store_and_person(
    steve: Actor, ana: Actor, alice: User, harbour: str
) -> None:
    answered, held, left, withdrawn, waiting = (ask(steve, harbour) for _ in range(5))
    services.answer(actor=ana, store_id=harbour, request_id=answered.id, text="Yes.")
    services.correct(actor=ana, store_id=harbour, request_id=answered.id, text="No.")
    services.cancel(actor=steve, store_id=harbour, request_id=withdrawn.id)
    services.prioritise(actor=ana, store_id=harbour, request_id=waiting.id, priority=9)
    claimed = services.claim(actor=ana, store_id=harbour, request_id=held.id)
    for late in (overdue(claimed), overdue(left)):
        assert services.time_out(late)
    services.reopen(actor=ana, store_id=harbour, request_id=left.id)
    assert_invariants()
    shown = board(alice.actor, harbour)
    ((store, tally),) = shown.stores
    assert store.store_id == harbour
    assert (tally.asked, tally.answered, tally.timed_out, tally.cancelled) == (5, 1, 1, 1)
    assert sum(tally.times) == 1
    assert shown.people is not None
    people = {person.user_id: tally for person, tally in shown.people}
    assert (people["USER-ana"].answered, people["USER-ana"].timed_out) == (1, 1)
    assert (people["USER-steve"].asked, people["USER-steve"].cancelled) == (5, 1)
    services.reopen(actor=ana, store_id=harbour, request_id=held.id)
    assert_invariants()
    assert board(alice.actor).stores[0][1].timed_out == 0


def test_nobody_sees_numbers_of_others(
    alice: User, bob: User, charlie: User, steve: Actor, harbour: str
) -> None:
    other = stores.create_store(actor=alice.actor, said={"name": "Hill", "time_zone": "UTC"})
    ask(steve, harbour)
    ask(steve, other.store.store_id)
    assert [store.name for store, _ in board(alice.actor).stores] == ["Harbour", "Hill"]
    assert board(bob.actor).people is None
    bound = replace(alice.actor, stores=frozenset({harbour}))
    assert [store.name for store, _ in board(bound).stores] == ["Harbour"]
    assert board(bound).people == ((Person("USER-steve", ""), Tally(asked=1)),)
    assert board(charlie.actor).stores == ()
    for actor, store_id in ((charlie.actor, harbour), (bound, other.store.store_id)):
        with pytest.raises(StoreNotFound):
            board(actor, store_id)


def test_bars_have_one_scale_and_stay_inside() -> None:
    def values(*amounts: int) -> list[Value]:
        return [Value("answered", amount, f"{amount} answered") for amount in amounts]

    chart = bar_chart([("A" * 90, values(10, -1)), ("B", values(5, 0))])
    (long, negative), (half, nothing) = (row.bars for row in chart.rows)
    assert long.width == 2 * half.width > 0
    assert negative.width == nothing.width == 0
    assert max(bar.text_x for row in chart.rows for bar in row.bars) < WIDTH * 2 / 3
    assert max(bar.y + bar.height for row in chart.rows for bar in row.bars) <= chart.height
    assert chart.rows[0].name.endswith("…")
    assert bar_chart([]).rows == ()


def test_of_a_destroyed_organisation_no_counter_is_left(
    alice: User, steve: Actor, harbour: str, settings: Any
) -> None:
    settings.REMOVAL_SETTLES_SECONDS = 0
    for _ in range(2):
        ask(steve, harbour)
    delete(alice)
    assert stored_totals()
    removal.destroy_organisation(actor=server(alice.org_id), name="Alice's Shop")
    assert runner.work_on(alice.org_id) is Outcome.DONE
    assert not stored_totals()


def text_of(answer: object) -> str:
    return " ".join(answer.content.decode().split())  # type: ignore[attr-defined]


def test_the_page_draws_what_the_table_says(
    log_in: LogIn, alice: User, bob: User, steve: Actor, harbour: str
) -> None:
    owner = log_in(alice)
    assert "Nothing happened" in text_of(owner.get(BOARD))
    for _ in range(2):
        made = ask(steve, harbour)
        services.answer(actor=alice.actor, store_id=harbour, request_id=made.id, text="Yes.")
    page = text_of(owner.get(BOARD))
    assert page.count('role="img"') == 4
    assert page.count("2 answered") == 2
    assert "median 4 seconds" in page
    assert re.search(r'<th scope="row">Alice</th> <td[^>]*>2</td>', page)
    assert "style=" not in page
    assert 'rel="next"' not in page
    (before,) = re.findall(r'rel="prev" href="([^"]+)"', page)
    yesterday = text_of(owner.get(f"{BOARD}{before}"))
    assert "Nothing happened" in yesterday
    assert 'rel="next"' in yesterday
    assert "By person" not in text_of(log_in(bob).get(BOARD))
    for day in ("tomorrow", "0001-01-01", "9999-12-31"):
        assert owner.get(BOARD, {"day": day}).status_code == 404


def test_programs_get_the_same_numbers(alice: User, bob: User, steve: Actor, harbour: str) -> None:
    made = ask(steve, harbour)
    services.answer(actor=alice.actor, store_id=harbour, request_id=made.id, text="Yes.")
    today = local_day(now_in_milliseconds(), "Europe/Madrid").isoformat()
    address = f"/api/v1/organisation/requests/board?store={harbour}&day={today}"
    told = Api(alice).get(address).json()
    assert told["day"] == today
    ((counts),) = [one["counts"] for one in told["stores"]]
    assert (counts["asked"], counts["answered"], counts["median_seconds"]) == (1, 1, 4.0)
    assert [one["name"] for one in told["people"]] == ["Alice", ""]
    assert Api(bob).get(address).json()["people"] is None


def test_a_board_costs_the_same_however_much_happened(
    log_in: LogIn, alice: User, steve: Actor, harbour: str
) -> None:
    owner = log_in(alice)
    costs = []
    for _ in range(2):
        for _ in range(20):
            ask(steve, harbour)
        with measure() as meter:
            assert owner.get(BOARD).status_code == 200
        costs.append([call.operation for call in meter.calls])
        # Eight shards of the store, eight of a person.
        assert meter.capacity <= 6.5
    assert costs[0] == costs[1]
    assert costs[0] == [
        *("GetItem", "BatchGetItem"),
        *("Query", "Query"),  # the stores to choose from, to their end
        *("Query", "Query", "BatchGetItem"),
    ]
