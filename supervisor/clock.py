"""The clock that answers are due by. Pure.

It runs always, or only while the store is open. Where a store does not say when it is open, or is
not open for as long as is allowed within the next `LOOK_AHEAD_DAYS`, it runs always: what nobody
could ever be late with would wait for ever.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

from accounts.stores.opening_hours import OpeningHours, after_open_time


def due_at(
    start: datetime,
    allowance: timedelta,
    hours: OpeningHours | None,
    zone: tzinfo,
    only_opening_hours: bool,
) -> datetime:
    """When `allowance` is over that begins at `start`, which is aware; in UTC.

    With `only_opening_hours` it is the time that passes while a store with these `hours` in this
    `zone` is open, as `open_seconds_between` counts it, unless that `runs_always`.
    """
    start = start.astimezone(UTC)
    due = after_open_time(hours, zone, start, allowance) if only_opening_hours else None
    return start + allowance if due is None else due


def runs_always(
    start: datetime, allowance: timedelta, hours: OpeningHours | None, zone: tzinfo
) -> bool:
    """Whether opening hours cannot be counted, though they should."""
    return hours is None or after_open_time(hours, zone, start, allowance) is None
