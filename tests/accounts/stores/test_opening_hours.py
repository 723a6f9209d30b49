"""Opening hours against the clock on the wall, through the nights on which it is changed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.stores.opening_hours import (
    DAY,
    WHOLE_DAY,
    Interval,
    OpeningHours,
    is_open,
    next_closing,
    next_opening,
    open_seconds_between,
)

HOUR = 3600
MADRID, NEW_YORK = ZoneInfo("Europe/Madrid"), ZoneInfo("America/New_York")
# A whole day was skipped here at the end of 2011: Friday, 30 December.
APIA = ZoneInfo("Pacific/Apia")
NEVER = OpeningHours()
ALWAYS = OpeningHours((WHOLE_DAY,) * 7)


def every_day(*intervals: str, **exceptions: list[str]) -> OpeningHours:
    week = dict.fromkeys(
        ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"), intervals
    )
    return OpeningHours.from_json({**week, "exceptions": exceptions.get("but", {})})


NINE_TO_FIVE = every_day("09:00-17:00")
SIESTA = every_day("09:00-13:00", "16:00-20:00")
BAR = every_day("22:00-03:00")
NIGHT = every_day("01:00-04:00")
# Closed on the Wednesday, other hours on the Thursday.
FEAST = OpeningHours(
    SIESTA.week,
    ((date(2026, 6, 10), ()), (date(2026, 6, 11), (Interval(600, 720),))),
)
# Saturday evening is cancelled; what runs from Friday evening is not.
QUIET_SATURDAY = OpeningHours(BAR.week, ((date(2026, 6, 13), ()),))


def at(zone: ZoneInfo, text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold)


@pytest.mark.parametrize(
    ("hours", "zone", "text", "fold", "expected"),
    [
        (SIESTA, MADRID, "2026-06-08T08:59:59", 0, False),
        (SIESTA, MADRID, "2026-06-08T09:00:00", 0, True),
        (SIESTA, MADRID, "2026-06-08T12:59:59", 0, True),
        (SIESTA, MADRID, "2026-06-08T13:00:00", 0, False),
        (SIESTA, MADRID, "2026-06-08T16:00:00", 0, True),
        (BAR, MADRID, "2026-06-08T23:59:59", 0, True),
        (BAR, MADRID, "2026-06-09T00:00:00", 0, True),
        (BAR, MADRID, "2026-06-09T02:59:59", 0, True),
        (BAR, MADRID, "2026-06-09T03:00:00", 0, False),
        (FEAST, MADRID, "2026-06-10T10:00:00", 0, False),
        (FEAST, MADRID, "2026-06-11T09:30:00", 0, False),
        (FEAST, MADRID, "2026-06-11T11:59:59", 0, True),
        (QUIET_SATURDAY, MADRID, "2026-06-13T01:00:00", 0, True),
        (QUIET_SATURDAY, MADRID, "2026-06-13T23:00:00", 0, False),
        (QUIET_SATURDAY, MADRID, "2026-06-14T01:00:00", 0, False),
        (ALWAYS, MADRID, "2026-06-09T00:00:00", 0, True),
        (NEVER, MADRID, "2026-06-09T12:00:00", 0, False),
        (None, MADRID, "2026-06-09T12:00:00", 0, None),
        # 02:00 to 03:00 does not exist on this night; an hour later the bar is closed.
        (BAR, MADRID, "2026-03-29T01:59:59", 0, True),
        (BAR, MADRID, "2026-03-29T03:00:00", 0, False),
        # 02:00 to 03:00 comes twice: the first passing of a time counts.
        (every_day("22:00-02:30"), MADRID, "2026-10-25T02:29:59", 0, True),
        (every_day("22:00-02:30"), MADRID, "2026-10-25T02:29:59", 1, False),
        (BAR, MADRID, "2026-10-25T02:59:59", 1, True),
        # It is always the clock of the store that counts.
        (NINE_TO_FIVE, NEW_YORK, "2026-06-08T16:59:59", 0, True),
        (ALWAYS, APIA, "2011-12-31T00:00:00", 0, True),
    ],
)
def test_a_store_is_open_by_its_own_clock(
    hours: OpeningHours | None, zone: ZoneInfo, text: str, fold: int, expected: bool | None
) -> None:
    assert is_open(hours, zone, at(zone, text, fold)) is expected
    assert is_open(hours, zone, at(zone, text, fold).astimezone(UTC)) is expected


@pytest.mark.parametrize(
    ("hours", "zone", "start", "end", "hours_open"),
    [
        (NINE_TO_FIVE, MADRID, "2026-06-08T00:00", "2026-06-15T00:00", 7 * 8),
        (SIESTA, MADRID, "2026-06-08T12:00", "2026-06-08T17:00", 2),
        (SIESTA, MADRID, "2026-06-08T13:00", "2026-06-08T16:00", 0),
        (BAR, MADRID, "2026-06-08T00:00", "2026-06-09T00:00", 5),
        (BAR, MADRID, "2026-06-08T23:00", "2026-06-09T02:00", 3),
        (FEAST, MADRID, "2026-06-09T00:00", "2026-06-12T00:00", 8 + 0 + 2),
        (QUIET_SATURDAY, MADRID, "2026-06-12T12:00", "2026-06-15T12:00", 5 + 0 + 5),
        (ALWAYS, MADRID, "2026-06-08T00:00", "2026-06-09T00:00", 24),
        (NEVER, MADRID, "2026-06-08T00:00", "2026-06-15T00:00", 0),
        (None, MADRID, "2026-06-08T00:00", "2026-06-09T00:00", 24),
        (NINE_TO_FIVE, MADRID, "2026-06-09T00:00", "2026-06-08T00:00", 0),
        (None, MADRID, "2026-06-09T00:00", "2026-06-08T00:00", 0),
        # The night with 23 hours in the day: of 01:00 to 04:00, two hours pass.
        (ALWAYS, MADRID, "2026-03-29T00:00", "2026-03-30T00:00", 23),
        (None, MADRID, "2026-03-29T00:00", "2026-03-30T00:00", 23),
        (NIGHT, MADRID, "2026-03-29T00:00", "2026-03-30T00:00", 2),
        (BAR, MADRID, "2026-03-28T12:00", "2026-03-29T12:00", 4),
        (every_day("02:15-02:45"), MADRID, "2026-03-29T00:00", "2026-03-30T00:00", 0),
        (every_day("02:30-04:00"), MADRID, "2026-03-29T00:00", "2026-03-30T00:00", 1),
        (NINE_TO_FIVE, MADRID, "2026-03-29T00:00", "2026-03-30T00:00", 8),
        # And the one with 25.
        (ALWAYS, MADRID, "2026-10-25T00:00", "2026-10-26T00:00", 25),
        (NIGHT, MADRID, "2026-10-25T00:00", "2026-10-26T00:00", 4),
        (BAR, MADRID, "2026-10-24T12:00", "2026-10-25T12:00", 6),
        (every_day("02:15-02:45"), MADRID, "2026-10-25T00:00", "2026-10-26T00:00", 0.5),
        (NIGHT, NEW_YORK, "2026-03-08T00:00", "2026-03-09T00:00", 2),
        (NIGHT, NEW_YORK, "2026-11-01T00:00", "2026-11-02T00:00", 4),
        (NINE_TO_FIVE, APIA, "2011-12-29T00:00", "2012-01-01T00:00", 16),
        (ALWAYS, APIA, "2011-12-29T00:00", "2012-01-01T00:00", 48),
    ],
)
def test_open_time_is_the_time_that_really_passes(
    hours: OpeningHours | None, zone: ZoneInfo, start: str, end: str, hours_open: float
) -> None:
    assert open_seconds_between(hours, zone, at(zone, start), at(zone, end)) == hours_open * HOUR


@pytest.mark.parametrize(
    ("hours", "now", "opens", "closes"),
    [
        (SIESTA, "2026-06-08T08:00", "2026-06-08T09:00", "2026-06-08T13:00"),
        (SIESTA, "2026-06-08T09:00", "2026-06-08T16:00", "2026-06-08T13:00"),
        (BAR, "2026-06-08T01:00", "2026-06-08T22:00", "2026-06-08T03:00"),
        (FEAST, "2026-06-09T21:00", "2026-06-11T10:00", "2026-06-11T12:00"),
        # 22 days of feast, and then the usual week.
        (
            OpeningHours(SIESTA.week, tuple((date(2026, 6, day), ()) for day in range(8, 30))),
            "2026-06-08T08:00",
            "2026-06-30T09:00",
            "2026-06-30T13:00",
        ),
        # Open on one day of the year.
        (
            OpeningHours(exceptions=((date(2027, 5, 1), WHOLE_DAY),)),
            "2026-06-08T08:00",
            "2027-05-01T00:00",
            "2027-05-02T00:00",
        ),
        (ALWAYS, "2026-06-08T08:00", None, None),
        (NEVER, "2026-06-08T08:00", None, None),
        (None, "2026-06-08T08:00", None, None),
        # Always, but for one day.
        (
            OpeningHours(ALWAYS.week, ((date(2026, 12, 25), ()),)),
            "2026-12-24T08:00",
            "2026-12-26T00:00",
            "2026-12-25T00:00",
        ),
    ],
)
def test_the_next_change_is_found_however_far_it_is(
    hours: OpeningHours | None, now: str, opens: str | None, closes: str | None
) -> None:
    moment = at(MADRID, now)
    expected = [None if text is None else at(MADRID, text) for text in (opens, closes)]
    assert [next_opening(hours, MADRID, moment), next_closing(hours, MADRID, moment)] == expected


@pytest.mark.parametrize(
    "said",
    [
        {"monday": "09:00-13:00"},
        {"monday": ["9-13"]},
        {"monday": ["09:00-25:00"]},
        {"monday": ["24:00-03:00"]},
        {"monday": [9]},
        {"monday": ["09:00-13:00", "12:59-14:00"]},
        {"monday": ["22:00-21:00", "22:30-23:00"]},
        {"monday": [f"0{hour}:00-0{hour}:30" for hour in range(7)]},
        {"montag": []},
        {"exceptions": ["2026-12-25"]},
        {"exceptions": {"25.12.2026": []}},
    ],
)
def test_what_is_no_opening_hours_is_refused(said: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        OpeningHours.from_json(said)


def test_a_week_has_seven_days_and_a_date_comes_once() -> None:
    with pytest.raises(ValueError, match="seven"):
        OpeningHours(((),) * 6)
    with pytest.raises(ValueError, match="twice"):
        OpeningHours(exceptions=((date(2026, 1, 1), ()), (date(2026, 1, 1), WHOLE_DAY)))


intervals = st.builds(
    lambda opens, length: Interval(opens, opens + length),
    st.integers(0, DAY - 1),
    st.integers(1, DAY),
)
days = st.lists(intervals, max_size=2).map(
    lambda some: tuple(some[:1]) if len(some) == 2 and _overlap(*some) else tuple(some)
)
weeks = st.tuples(*[days] * 7)
dates = st.dates(date(2026, 3, 20), date(2026, 4, 10)) | st.dates(
    date(2026, 10, 20), date(2026, 11, 5)
)
opening_hours = st.builds(
    lambda week, exceptions: OpeningHours(week, tuple(exceptions.items())),
    weeks,
    st.dictionaries(dates, days, max_size=4),
)
zones = st.sampled_from([MADRID, NEW_YORK, ZoneInfo("Australia/Lord_Howe"), UTC])
moments = st.integers(0, 245 * 24 * 3600).map(
    lambda seconds: datetime(2026, 3, 20, tzinfo=UTC) + timedelta(seconds=seconds)
)


def _overlap(one: Interval, other: Interval) -> bool:
    return one.opens < other.closes and other.opens < one.closes


@given(opening_hours)
def test_what_is_stored_says_the_same_again(hours: OpeningHours) -> None:
    assert OpeningHours.from_json(hours.to_json()) == hours


@given(opening_hours, zones, st.tuples(moments, moments, moments).map(sorted))
def test_open_time_adds_up_and_never_exceeds_the_time(
    hours: OpeningHours, zone: ZoneInfo, three: list[datetime]
) -> None:
    first, middle, last = three
    whole = open_seconds_between(hours, zone, first, last)
    parts = [(first, middle), (middle, last)]
    assert whole == sum(open_seconds_between(hours, zone, *part) for part in parts)
    assert 0 <= whole <= (last - first).total_seconds()


@given(opening_hours, zones, moments)
def test_between_two_changes_it_stays_as_it_is(
    hours: OpeningHours, zone: ZoneInfo, moment: datetime
) -> None:
    opens, closes = next_opening(hours, zone, moment), next_closing(hours, zone, moment)
    changes = closes if is_open(hours, zone, moment) else opens
    until = changes or moment + timedelta(days=8)
    counted = open_seconds_between(hours, zone, moment, until)
    whole = (until - moment).total_seconds()
    assert counted == (whole if is_open(hours, zone, moment) else 0)
    if changes is not None:
        assert is_open(hours, zone, changes) is not is_open(hours, zone, moment)
