"""Waiting for something to happen to a request, for programs that would otherwise ask and ask.

Whoever waits keeps a thread of the server, so only some may at once; the others are answered as
things are.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import BoundedSemaphore, Lock

from django.conf import settings

from supervisor.entities import Code, Request, now_in_milliseconds

LONGEST_SECONDS = 20
_PAUSE_SECONDS = 1.0
_MOMENT = timedelta(milliseconds=2)
# One program must not take the places of all others.
MOST_OF_ONE = 2
_places = BoundedSemaphore(settings.LONG_POLLS_AT_ONCE)
_waiting: Counter[str] = Counter()
_counting = Lock()


def wait_for_news(
    found: Request,
    read: Callable[[], Request],
    is_news: Callable[[Request], bool],
    seconds: int,
    *,
    who: str,
    sleep: Callable[[float], None] = time.sleep,
) -> Request:
    """The request as soon as `is_news` says so, or as it is after that time. `read` is called once
    a second at most, and when the deadline passes. `who` is the id of whoever waits."""
    if seconds <= 0 or is_news(found) or not settings.LONG_POLL:
        return found
    with _place_for(who) as has_place:
        if not has_place:
            return found
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            sleep(min(left, _PAUSE_SECONDS, _seconds_to_deadline(found)))
            found = read()
            if is_news(found):
                break
    return found


@contextmanager
def _place_for(who: str) -> Iterator[bool]:
    with _counting:
        has_place = _waiting[who] < MOST_OF_ONE and _places.acquire(blocking=False)
        if has_place:
            _waiting[who] += 1
    try:
        yield has_place
    finally:
        if has_place:
            with _counting:
                _waiting[who] -= 1
                if not _waiting[who]:
                    del _waiting[who]
            _places.release()


def _seconds_to_deadline(request: Request) -> float:
    if request.code is not Code.PENDING_RESPONSE:
        return _PAUSE_SECONDS
    left = request.deadline + _MOMENT - now_in_milliseconds()
    return max(left.total_seconds(), 0.001)
