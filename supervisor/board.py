"""The board of the day: what is counted, and how long answers took. Pure.

Response times are counted in buckets whose bounds grow by the square root of two, from eight
seconds to 48 days. A median or a percentile is told as the middle of its bucket: it is at most 19 %
away from the time itself. Below eight seconds it is said to be four.
"""

from __future__ import annotations

import math
import zoneinfo
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from itertools import accumulate

from supervisor.entities import Code, Request

BUCKETS = 40
_FIRST_BOUND = 8.0
_BOUNDS = tuple(_FIRST_BOUND * math.sqrt(2) ** number for number in range(BUCKETS - 1))
MEDIAN = 0.5
NINETIETH = 0.9


class Counted(StrEnum):
    ASKED = "asked"
    ANSWERED = "answered"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Count:
    """That something happened, or with `amount` -1 that it is taken back. `user_id` is who asked,
    answered, withdrew, or was on it at the deadline; empty where nobody was."""

    what: Counted
    day: date
    user_id: str
    amount: int = 1
    bucket: int | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """How often what happened. `times` counts answers by the bucket of their response time."""

    asked: int = 0
    answered: int = 0
    timed_out: int = 0
    cancelled: int = 0
    times: tuple[int, ...] = (0,) * BUCKETS

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.asked + other.asked,
            self.answered + other.answered,
            self.timed_out + other.timed_out,
            self.cancelled + other.cancelled,
            tuple(map(sum, zip(self.times, other.times, strict=True))),
        )

    def __bool__(self) -> bool:
        return any((self.asked, self.answered, self.timed_out, self.cancelled))

    def response_time(self, share: float) -> timedelta | None:
        """Within which this share of the answers came, MEDIAN or NINETIETH; None without any."""
        rank = math.ceil(sum(self.times) * share)
        if rank == 0:
            return None
        return _middle_of(bisect_left(list(accumulate(self.times)), rank))


def total_of(tallies: Iterable[Tally]) -> Tally:
    return sum(tallies, Tally())


def counts_of(before: Request | None, after: Request) -> Iterator[Count]:
    """What a change from one stored state to the next counts; `before` is None for a new request.

    Each belongs to the day on which it happened where the store was when the request was made:
    what is taken back is taken from the day that it was counted for.
    """
    if before is None:
        yield Count(Counted.ASKED, _day(after, after.asked_at), after.asked_by.user_id)
        return
    if before.code is after.code:
        return
    if before.code is Code.TIMEOUT and before.closed_at is not None:
        yield Count(Counted.TIMED_OUT, _day(before, before.closed_at), before.missed_by, -1)
    if after.code is Code.RESPONSE_RECEIVED and after.answer is not None:
        at = after.answer.at
        bucket = bucket_of(at - after.asked_at)
        yield Count(Counted.ANSWERED, _day(after, at), after.answer.by.user_id, bucket=bucket)
    if after.code is Code.TIMEOUT and after.closed_at is not None:
        yield Count(Counted.TIMED_OUT, _day(after, after.closed_at), after.missed_by)
    if after.code is Code.CANCELLED and after.closed_at is not None:
        yield Count(Counted.CANCELLED, _day(after, after.closed_at), after.asked_by.user_id)


def bucket_of(took: timedelta) -> int:
    return bisect_right(_BOUNDS, took.total_seconds())


def local_day(moment: datetime, time_zone: str) -> date:
    """UTC's where this machine does not know the zone."""
    try:
        return moment.astimezone(zoneinfo.ZoneInfo(time_zone)).date()
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return moment.astimezone(UTC).date()


def _day(request: Request, moment: datetime) -> date:
    return local_day(moment, request.time_zone)


def _middle_of(bucket: int) -> timedelta:
    """In the middle of a logarithmic scale, as the bounds are."""
    if bucket == 0:
        return timedelta(seconds=_FIRST_BOUND / 2)
    return timedelta(seconds=round(_BOUNDS[bucket - 1] * math.sqrt(math.sqrt(2))))
