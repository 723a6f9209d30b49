"""The keys of a request, each made of parts of fixed width, so that text order is the wanted order.

`PENDING._.0._.1767225600000._.k3v9…`: ascending is most urgent first, then oldest first. The status
is a word of its own before all others: keys of different statuses are never compared.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

HIGHEST_PRIORITY = 9
SEPARATOR = "._."
_TIME_WIDTH = 13
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def queue_key(priority: int, asked_at: datetime, request_id: str) -> str:
    """Without the status: the place in a queue of pending requests."""
    return SEPARATOR.join((_rank(priority), stamp(asked_at), request_id))


def sort_key(status: str, priority: int, asked_at: datetime, request_id: str) -> str:
    return SEPARATOR.join((status, queue_key(priority, asked_at, request_id)))


def moment_key(moment: datetime, request_id: str) -> str:
    """For lists by one moment, such as that of closing."""
    return SEPARATOR.join((stamp(moment), request_id))


def phone_key(org_id: str, number: str) -> str:
    """What all requests of one telephone number share: the international form, however its prefix
    was dialled. What was said without one is another number."""
    digits = number.removeprefix("+").removeprefix("00")
    return f"{org_id}#{digits}"


def stamp(moment: datetime) -> str:
    """Milliseconds since 1970, in thirteen digits: what is earlier, or after the year 2286, is as
    the first or last of them."""
    since = moment - _EPOCH
    milliseconds = since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000
    return f"{min(max(milliseconds, 0), 10**_TIME_WIDTH - 1):0{_TIME_WIDTH}}"


def between(priority: int, start: datetime, end: datetime) -> tuple[str, str]:
    """The queue keys that bound what was asked with one priority from `start` until before `end`,
    which must be later."""
    rank = _rank(priority)
    return SEPARATOR.join((rank, stamp(start))), SEPARATOR.join((rank, stamp(end)))


def said_by(key: str) -> tuple[int, datetime, str]:
    """What a sort key or a queue key was made of: priority, when it was asked, id."""
    rank, asked_at, request_id = key.split(SEPARATOR)[-3:]
    asked = _EPOCH + timedelta(milliseconds=int(asked_at))
    return HIGHEST_PRIORITY - int(rank), asked, request_id


def _rank(priority: int) -> str:
    """0 is the most important, so that it comes first."""
    return str(HIGHEST_PRIORITY - priority)
