"""When a store is open: seven days that repeat, and dates that differ. Pure.

What begins on a day belongs to it, also where it goes on over midnight; so a date that differs
replaces what begins on it, and not what still runs from the evening before.

Hours are those of the clock on the wall. On the night that has an hour twice, its first passing
counts; a time that is skipped means the moment of the skip. Hours of None were never said: whoever
asks gets None for an answer, and `open_seconds_between` counts every second. Hours without any
interval are those of a store that is always closed.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

DAY = 24 * 60
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MOST_INTERVALS = 6
MOST_EXCEPTIONS = 366
LOOK_AHEAD_DAYS = 400
_EXCEPTIONS = "exceptions"
_INTERVAL = re.compile(r"(\d\d):([0-5]\d)-(\d\d):([0-5]\d)")


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """In minutes after midnight: 0 ≤ `opens` < 1440, `opens` < `closes` ≤ `opens` + 1440.

    Above 1440, `closes` is on the day after. Raises ValueError.
    """

    opens: int
    closes: int

    def __post_init__(self) -> None:
        if not 0 <= self.opens < DAY or not self.opens < self.closes <= self.opens + DAY:
            raise ValueError(f"no interval: {self.opens} to {self.closes}")

    def __str__(self) -> str:
        """`09:00-13:30`; `22:00-02:00` ends on the next day, `00:00-24:00` is the whole one."""
        return f"{clock(self.opens)}-{clock(self.closes)}"

    @classmethod
    def parse(cls, text: str) -> Interval:
        """What `str` gives. Raises ValueError."""
        found = _INTERVAL.fullmatch(text)
        if found is None:
            raise ValueError(f"no interval: {text}")
        hour, minute, closing_hour, closing_minute = map(int, found.groups())
        opens, closes = hour * 60 + minute, closing_hour * 60 + closing_minute
        if closes > DAY:
            raise ValueError(f"no interval: {text}")
        return cls(opens, closes if closes > opens else closes + DAY)


Intervals = tuple[Interval, ...]
WHOLE_DAY: Intervals = (Interval(0, DAY),)


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """`week` is what begins on each of seven days, from Monday; `exceptions` are (date, what begins
    on it instead), each date once. Intervals of a day do not overlap. Everything comes sorted.

    Raises ValueError.
    """

    week: tuple[Intervals, ...] = ((),) * len(DAYS)
    exceptions: tuple[tuple[date, Intervals], ...] = ()

    def __post_init__(self) -> None:
        if len(self.week) != len(DAYS):
            raise ValueError("a week has seven days")
        if len(self.exceptions) > MOST_EXCEPTIONS:
            raise ValueError("too many exceptions")
        if len(dict(self.exceptions)) != len(self.exceptions):
            raise ValueError("a date comes twice")
        object.__setattr__(self, "week", tuple(map(in_order, self.week)))
        exceptions = sorted((day, in_order(intervals)) for day, intervals in self.exceptions)
        object.__setattr__(self, "exceptions", tuple(exceptions))

    def on(self, day: date) -> Intervals:
        """What begins on this day."""
        return dict(self.exceptions).get(day, self.week[day.weekday()])

    def to_json(self) -> dict[str, Any]:
        """`{"monday": ["09:00-13:00"], …, "exceptions": {"2026-12-25": []}}`"""
        said: dict[str, Any] = {
            name: [*map(str, intervals)] for name, intervals in zip(DAYS, self.week, strict=True)
        }
        if self.exceptions:
            said[_EXCEPTIONS] = {
                day.isoformat(): [*map(str, intervals)] for day, intervals in self.exceptions
            }
        return said

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> OpeningHours:
        """The opposite of `to_json`; a day that is missing is closed. Raises ValueError."""
        unknown = said.keys() - {*DAYS, _EXCEPTIONS}
        if unknown:
            raise ValueError(f"no day: {min(unknown)}")
        exceptions = said.get(_EXCEPTIONS, {})
        if not isinstance(exceptions, Mapping):
            raise ValueError("exceptions are by date")
        return cls(
            tuple(_parsed(said.get(name, ())) for name in DAYS),
            tuple((date.fromisoformat(day), _parsed(each)) for day, each in exceptions.items()),
        )


def in_order(intervals: Sequence[Interval]) -> Intervals:
    """Raises ValueError where they overlap, or are too many for a day."""
    ordered = tuple(sorted(intervals))
    if len(ordered) > MOST_INTERVALS:
        raise ValueError("too many intervals")
    for earlier, later in itertools.pairwise(ordered):
        if later.opens < earlier.closes:
            raise ValueError(f"{earlier} and {later} overlap")
    return ordered


def is_open(hours: OpeningHours | None, zone: tzinfo, moment: datetime) -> bool | None:
    """`moment` is aware."""
    if hours is None:
        return None
    stretch = next(_stretches(hours, zone, moment), None)
    return stretch is not None and stretch[0] <= moment


def next_opening(hours: OpeningHours | None, zone: tzinfo, moment: datetime) -> datetime | None:
    """When it opens for the next time after `moment`, in UTC.

    None where it never does, as far as exceptions of the next LOOK_AHEAD_DAYS can tell.
    """
    if hours is None:
        return None
    return next((opens for opens, _ in _stretches(hours, zone, moment) if opens > moment), None)


def next_closing(hours: OpeningHours | None, zone: tzinfo, moment: datetime) -> datetime | None:
    """When it closes for the next time after `moment`, in UTC; None as in `next_opening`."""
    if hours is None:
        return None
    stretch = next(_stretches(hours, zone, moment), None)
    if stretch is None:
        return None
    # A stretch without end is cut where looking ahead ends.
    horizon = _horizon(hours, moment.astimezone(zone).date() - timedelta(days=1))
    return None if stretch[1] >= _instant(horizon, DAY, zone) else stretch[1]


def open_seconds_between(
    hours: OpeningHours | None, zone: tzinfo, start: datetime, end: datetime
) -> float:
    """Of the time from `start` to `end`, aware both, how much it is open; 0 where they are not in
    this order. The seconds that really pass, so a day may have 23 hours, or 25."""
    # Two moments of one zone are subtracted by the clock on the wall.
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    if end <= start:
        return 0.0
    if hours is None:
        return (end - start).total_seconds()
    total = timedelta()
    for opens, closes in _stretches(hours, zone, start, until=end):
        if opens >= end:
            break
        total += min(closes, end) - max(opens, start)
    return total.total_seconds()


def after_open_time(
    hours: OpeningHours | None, zone: tzinfo, start: datetime, length: timedelta
) -> datetime | None:
    """The first moment, in UTC, at which it has been open for `length` since `start`: the opposite
    of `open_seconds_between`.

    None where the next LOOK_AHEAD_DAYS are not enough for that.
    """
    start = start.astimezone(UTC)
    if hours is None or length <= timedelta():
        return start + length
    # What is open most of the time is found in the first look, without a year of days.
    for days in (len(DAYS), LOOK_AHEAD_DAYS):
        left = length
        for opens, closes in _stretches(hours, zone, start, until=start + timedelta(days=days)):
            counted = closes - max(opens, start)
            if left <= counted:
                return max(opens, start) + left
            left -= counted
    return None


def clock(minutes: int) -> str:
    """`09:05`; the end of a day is `24:00`."""
    return "24:00" if minutes == DAY else f"{minutes // 60 % 24:02}:{minutes % 60:02}"


def _parsed(texts: Any) -> Intervals:
    if isinstance(texts, str) or not isinstance(texts, Sequence):
        raise ValueError("intervals come in a list")
    if not all(isinstance(text, str) for text in texts):
        raise ValueError("an interval is a text")
    return tuple(Interval.parse(text) for text in texts)


def _stretches(
    hours: OpeningHours, zone: tzinfo, moment: datetime, until: datetime | None = None
) -> Iterator[tuple[datetime, datetime]]:
    """(opens, closes) in UTC, in order, of those that close after `moment`.

    What meets or overlaps is one. Without `until`, as far as there can be something new.
    """
    exceptions = dict(hours.exceptions)
    pending: tuple[datetime, datetime] | None = None
    for day in _days(hours, zone, moment, until):
        for interval in exceptions.get(day, hours.week[day.weekday()]):
            opens = _instant(day, interval.opens, zone)
            closes = _instant(day, interval.closes, zone)
            if opens >= closes or closes <= moment:
                continue
            if pending is not None and opens <= pending[1]:
                pending = pending[0], max(pending[1], closes)
                continue
            if pending is not None:
                yield pending
            pending = opens, closes
    if pending is not None:
        yield pending


def _days(
    hours: OpeningHours, zone: tzinfo, moment: datetime, until: datetime | None
) -> Iterator[date]:
    # What began on the day before may still run.
    day = moment.astimezone(zone).date() - timedelta(days=1)
    last = _horizon(hours, day) if until is None else until.astimezone(zone).date()
    while day <= last:
        yield day
        day += timedelta(days=1)


def _horizon(hours: OpeningHours, first: date) -> date:
    """A whole ordinary week after the last exception: nothing new comes later."""
    far = first + timedelta(days=LOOK_AHEAD_DAYS)
    last = max((day for day, _ in hours.exceptions if first <= day <= far), default=first)
    return last + timedelta(days=2 * len(DAYS))


def _instant(day: date, minutes: int, zone: tzinfo) -> datetime:
    """When the clock in `zone` shows so many minutes after the midnight that `day` begins with.

    Never decreases with `minutes`: see above for hours that come twice or not at all.
    """
    shown = datetime.combine(day, time()) + timedelta(minutes=minutes)
    instant = shown.replace(tzinfo=zone).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == shown:
        return instant
    # Skipped: the skip is somewhere between what the offsets after and before it make of the time.
    before = shown.replace(tzinfo=zone, fold=1).astimezone(UTC)
    after = instant
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        if middle.astimezone(zone).replace(tzinfo=None) < shown:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)
