from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.stores.opening_hours import WHOLE_DAY, OpeningHours, open_seconds_between
from supervisor.clock import due_at, runs_always
from tests.accounts.stores.test_opening_hours import (
    ALWAYS,
    APIA,
    BAR,
    FEAST,
    MADRID,
    NEVER,
    NEW_YORK,
    NIGHT,
    NINE_TO_FIVE,
    SIESTA,
    at,
    moments,
    opening_hours,
    zones,
)

ONE_DAY = OpeningHours(exceptions=((date(2026, 12, 1), WHOLE_DAY),))
# SIESTA is 09:00–13:00 and 16:00–20:00, BAR 22:00–03:00.


@pytest.mark.parametrize(
    ("hours", "zone", "start", "hours_allowed", "due"),
    [
        # Within one stretch, over lunch, over night, over several days.
        (SIESTA, MADRID, "2026-06-08T09:30", 2, "2026-06-08T11:30"),
        (SIESTA, MADRID, "2026-06-08T12:00", 2, "2026-06-08T17:00"),
        (NINE_TO_FIVE, MADRID, "2026-06-08T16:00", 2, "2026-06-09T10:00"),
        (NINE_TO_FIVE, MADRID, "2026-06-08T16:00", 20, "2026-06-11T12:00"),
        # What is over just when it closes is over then, and not next morning.
        (NINE_TO_FIVE, MADRID, "2026-06-08T15:00", 2, "2026-06-08T17:00"),
        # Asked while it is closed.
        (NINE_TO_FIVE, MADRID, "2026-06-08T06:00", 1, "2026-06-08T10:00"),
        (NINE_TO_FIVE, MADRID, "2026-06-08T17:00", 1, "2026-06-09T10:00"),
        # The same moment elsewhere.
        (NINE_TO_FIVE, NEW_YORK, "2026-06-08T16:30", 1, "2026-06-09T09:30"),
        # Over midnight.
        (BAR, MADRID, "2026-06-08T23:00", 3, "2026-06-09T02:00"),
        (BAR, MADRID, "2026-06-09T02:00", 3, "2026-06-10T00:00"),
        # 10 June is closed, 11 June is open from 10 to 12 only.
        (FEAST, MADRID, "2026-06-09T19:00", 2, "2026-06-11T11:00"),
        # Open on one day in months.
        (ONE_DAY, MADRID, "2026-06-08T12:00", 3, "2026-12-01T03:00"),
        # 02:00 to 03:00 does not exist, and the day before comes to its end.
        (NIGHT, MADRID, "2026-03-29T00:00", 2, "2026-03-29T04:00"),
        (BAR, MADRID, "2026-03-28T23:00", 4, "2026-03-29T23:00"),
        (ALWAYS, MADRID, "2026-03-28T12:00", 24, "2026-03-29T13:00"),
        # 02:00 to 03:00 comes twice.
        (NIGHT, MADRID, "2026-10-25T00:00", 4, "2026-10-25T04:00"),
        (ALWAYS, MADRID, "2026-10-24T12:00", 24, "2026-10-25T11:00"),
        (NIGHT, NEW_YORK, "2026-03-08T00:00", 2, "2026-03-08T04:00"),
        (NIGHT, NEW_YORK, "2026-11-01T00:00", 4, "2026-11-01T04:00"),
        # 30 December 2011 never was there.
        (NINE_TO_FIVE, APIA, "2011-12-29T16:00", 2, "2011-12-31T10:00"),
        # 24 hours a day, and nothing said, is plain time.
        (ALWAYS, MADRID, "2026-06-08T23:30", 8, "2026-06-09T07:30"),
        (None, MADRID, "2026-06-08T23:30", 8, "2026-06-09T07:30"),
        # Never open, or not for long enough: plain time.
        (NEVER, MADRID, "2026-06-08T23:30", 8, "2026-06-09T07:30"),
        (ONE_DAY, MADRID, "2026-06-08T12:00", 25, "2026-06-09T13:00"),
        (NINE_TO_FIVE, MADRID, "2026-06-08T20:00", 0, "2026-06-08T20:00"),
    ],
)
def test_an_answer_is_due_when_the_store_was_open_for_so_long(
    hours: OpeningHours | None, zone: ZoneInfo, start: str, hours_allowed: int, due: str
) -> None:
    allowance = timedelta(hours=hours_allowed)
    begins = at(zone, start)
    assert due_at(begins, allowance, hours, zone, only_opening_hours=True) == at(zone, due)
    plain = begins.astimezone(UTC) + allowance
    assert due_at(begins, allowance, hours, zone, only_opening_hours=False) == plain


def test_it_is_said_where_opening_hours_cannot_be_counted() -> None:
    now, hour = at(MADRID, "2026-06-08T12:00"), timedelta(hours=1)
    assert [runs_always(now, hour, hours, MADRID) for hours in (None, NEVER, ONE_DAY, SIESTA)] == [
        *(True, True, False, False)
    ]
    assert runs_always(now, 25 * hour, ONE_DAY, MADRID)


@given(opening_hours, zones, moments, st.integers(1, 40 * 3600 * 1000))
def test_the_time_until_it_is_due_is_the_time_that_is_allowed(
    hours: OpeningHours, zone: ZoneInfo, start: datetime, milliseconds: int
) -> None:
    allowance = timedelta(milliseconds=milliseconds)
    due = due_at(start, allowance, hours, zone, only_opening_hours=True)
    if runs_always(start, allowance, hours, zone):
        assert due == start + allowance
        year = start + timedelta(days=399)
        assert open_seconds_between(hours, zone, start, year) < allowance.total_seconds()
    else:
        assert open_seconds_between(hours, zone, start, due) == allowance.total_seconds()
        before = due - timedelta(milliseconds=1)
        assert open_seconds_between(hours, zone, start, before) < allowance.total_seconds()
