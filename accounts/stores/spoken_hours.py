"""Opening hours as people write them: `09:00–13:00, 16:00–20:00`, `9-13`, `9:00 am - 5:00 pm`."""

from __future__ import annotations

import re

from accounts.stores.errors import (
    AMBIGUOUS_HOURS,
    DAY_TWICE,
    HOURS_FORM,
    HOURS_OVERLAP,
    NO_SUCH_TIME,
    TOO_MANY_HOURS,
    UNKNOWN_DAY,
    WHOLE_DAY_MEANT,
    HoursNotUnderstood,
)
from accounts.stores.opening_hours import (
    DAY,
    DAYS,
    MOST_INTERVALS,
    WHOLE_DAY,
    Interval,
    Intervals,
    OpeningHours,
    clock,
    in_order,
)

LONGEST_TEXT = 200
_NOON = 12 * 60
_CLOSED = frozenset({"closed", "cerrado", "cerrada", "-", "–", "—"})
_ALWAYS = re.compile(r"(open |abierto )?(24 ?(h|hs|hrs|hours|horas)|24/7)\.?")
_BETWEEN = re.compile(r"[,;/&+]| and | y ")
_MERIDIEM = r"(?:(?P<{0}_half>[ap])\.? ?m?\.?(?![a-z]))?"
_TIME = r"(?P<{0}_hour>\d{{1,2}})(?:[:.h](?P<{0}_minute>\d\d))?(?: ?h\b)? ?"
_INTERVAL = re.compile(
    (_TIME + _MERIDIEM).format("opens")
    + r" ?(?:-|–|—|−|~| to | till | until | a | hasta ) ?"
    + (_TIME + _MERIDIEM).format("closes")
)
_DAY_NAMES = {
    "monday": 0,
    "tuesday": 1,
    "wednesday": 2,
    "thursday": 3,
    "friday": 4,
    "saturday": 5,
    "sunday": 6,
    "lunes": 0,
    "martes": 1,
    "miercoles": 2,
    "miércoles": 2,
    "jueves": 3,
    "viernes": 4,
    "sabado": 5,
    "sábado": 5,
    "domingo": 6,
}
_SHORTEST_NAME = 2
_DAYS_THEN_HOURS = re.compile(
    r"(?P<days>[^\W\d](?:[^\W\d]|[ .,&–-])*?)\.?(?: *: *| +)"
    r"(?P<hours>(?:\d|closed|open|cerrad|abierto).*)"
)
_TO = re.compile(r" ?[–—] ?| to | till | until | a | hasta ")


def read_day(text: str, *, twelve_hours: bool = False) -> Intervals:
    """What begins on one day; nothing for an empty text or “closed”.

    `twelve_hours`: `10-9` ends in the evening, as where clocks have twelve hours. Without it, what
    could mean that is refused. Raises HoursNotUnderstood.
    """
    said = " ".join(text.split()).casefold()
    if not said or said in _CLOSED:
        return ()
    if _ALWAYS.fullmatch(said):
        return WHOLE_DAY
    if len(said) > LONGEST_TEXT:
        raise HoursNotUnderstood(HOURS_FORM)
    parts = [part.strip() for part in _BETWEEN.split(said) if part.strip()]
    if len(parts) > MOST_INTERVALS:
        raise HoursNotUnderstood(TOO_MANY_HOURS % {"limit": MOST_INTERVALS})
    try:
        return in_order([_interval(part, twelve_hours) for part in parts])
    except ValueError as error:
        raise HoursNotUnderstood(HOURS_OVERLAP) from error


def read_week(text: str, *, twelve_hours: bool = False) -> OpeningHours | None:
    """`Mon: 9-13; Tue-Fri: 9-13, 16-20; Sat closed`, in English or Spanish; days that are not named
    are closed, an empty text says nothing. `twelve_hours` as above. Raises HoursNotUnderstood."""
    if not text.strip():
        return None
    if _ALWAYS.fullmatch(" ".join(text.split()).casefold()):
        return OpeningHours((WHOLE_DAY,) * len(DAYS))
    week: list[Intervals | None] = [None] * len(DAYS)
    for part in re.split(r"[;\n|]", text):
        if not part.strip():
            continue
        found = _DAYS_THEN_HOURS.fullmatch(" ".join(part.split()).casefold())
        if found is None:
            raise HoursNotUnderstood(HOURS_FORM)
        intervals = read_day(found["hours"], twelve_hours=twelve_hours)
        for day in _days(found["days"]):
            if week[day] is not None:
                raise HoursNotUnderstood(DAY_TWICE)
            week[day] = intervals
    return OpeningHours(tuple(each or () for each in week))


def written(intervals: Intervals) -> str:
    """`09:00–13:00, 16:00–20:00`; empty for a day that is closed. `read_day` understands it."""
    return ", ".join(f"{clock(each.opens)}–{clock(each.closes)}" for each in intervals)


def _interval(text: str, twelve_hours: bool) -> Interval:
    found = _INTERVAL.fullmatch(text)
    if found is None:
        raise HoursNotUnderstood(HOURS_FORM)
    ends_in_half = found["closes_half"]
    opens = _minutes(found["opens_hour"], found["opens_minute"], found["opens_half"])
    closes = _minutes(found["closes_hour"], found["closes_minute"], ends_in_half)
    if found["opens_half"] is None and ends_in_half is not None:
        if opens > _NOON + 59:
            raise _ambiguous(text, opens, closes)
        opens = _same_half(opens, closes, ends_in_half)
    elif found["opens_half"] is not None and ends_in_half is None:
        raise _ambiguous(text, opens, closes)
    elif ends_in_half is None and closes <= opens <= _NOON and closes:
        # Twelve hours or over midnight?
        if twelve_hours and closes + _NOON > opens:
            closes += _NOON
        elif found["opens_minute"] is None or found["closes_minute"] is None:
            raise _ambiguous(text, opens, closes)
    if opens == DAY:
        raise HoursNotUnderstood(NO_SUCH_TIME)
    if opens == closes and opens:
        raise HoursNotUnderstood(WHOLE_DAY_MEANT % {"typed": text})
    return Interval(opens, closes if closes > opens else closes + DAY)


def _ambiguous(typed: str, opens: int, closes: int) -> HoursNotUnderstood:
    """Says what was probably meant: to end on the same day, where that can be."""
    if closes <= min(opens, _NOON) and closes + _NOON > opens:
        closes += _NOON
    shown = f"{clock(opens)}–{clock(closes)}"
    return HoursNotUnderstood(AMBIGUOUS_HOURS % {"typed": typed, "meant": shown})


def _minutes(hour: str, minute: str | None, half: str | None) -> int:
    hours, minutes = int(hour), int(minute or 0)
    if half is not None:
        if not 1 <= hours <= _NOON // 60:
            raise HoursNotUnderstood(NO_SUCH_TIME)
        hours = hours % 12 + (12 if half == "p" else 0)
    if minutes > 59 or hours * 60 + minutes > DAY:
        raise HoursNotUnderstood(NO_SUCH_TIME)
    return hours * 60 + minutes


def _same_half(opens: int, closes: int, half: str) -> int:
    """`1-5 pm` is in the afternoon altogether, `9-5 pm` begins in the morning."""
    opens %= _NOON
    if half == "p" and opens + _NOON < closes:
        return opens + _NOON
    return opens


def _days(text: str) -> list[int]:
    """Monday is 0."""
    found: list[int] = []
    for part in re.split(r",|&| and | y ", text):
        first, dash, last = (each.strip(" .") for each in _TO.sub("-", part).partition("-"))
        begin = _day(first)
        end = _day(last) if dash else begin
        count = (end - begin) % len(DAYS) + 1
        found += [(begin + each) % len(DAYS) for each in range(count)]
    return found


def _day(name: str) -> int:
    days = {day for known, day in _DAY_NAMES.items() if known.startswith(name)}
    if len(name) < _SHORTEST_NAME or len(days) != 1:
        raise HoursNotUnderstood(UNKNOWN_DAY)
    return days.pop()
