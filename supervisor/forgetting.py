"""Removing who called from requests that have been closed for long enough.

What still names a caller is in an index, and leaves it when it does not. So a run that was cut
short goes on where it stopped, and one that has nothing to do reads next to nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings

from accounts import directory
from accounts.entities import Actor, Organisation
from storage.errors import InvalidCursor
from storage.pages import Page
from supervisor import repository, services
from supervisor import retention_repository as retention
from supervisor.entities import now_in_milliseconds
from supervisor.retention_repository import Place
from supervisor.rounds import survived

# How many one run of the sweeper does, and how often it looks.
MOST_BY_THE_WAY = 500
# Of these, for one organisation.
MOST_OF_ONE = 100
EVERY = timedelta(hours=1)
_AT_ONCE = 100


def forget_callers(*, most: int | None = None) -> int:
    """How many requests have been rid of their callers: a query for each organisation that does not
    keep them for good and for each hundred requests, a read and a transaction for each of those."""
    now = now_in_milliseconds()
    forgotten = 0
    for org_id, days, _place in _organisations(Place()):
        if days:
            left = None if most is None else most - forgotten
            forgotten += _forget(org_id, now - timedelta(days=days), left)
        if most is not None and forgotten >= most:
            break
    return forgotten


def forget_by_the_way() -> int:
    """As `forget_callers`, some of each organisation, if nobody has within the hour or when there
    was more to do. It goes on where the last one stopped, so those with many requests do not keep
    the others from theirs; what the others do not need is for those with many."""
    now = now_in_milliseconds()
    run = retention.begin_run(now, every=EVERY)
    if run is None:
        return 0
    left = MOST_BY_THE_WAY
    behind: deque[tuple[str, datetime]] = deque()
    stopped, is_done = Place(), False

    def give_turn(org_id: str, closed_before: datetime) -> None:
        nonlocal left
        share = min(MOST_OF_ONE, left)
        forgotten = _forget(org_id, closed_before, share)
        left -= forgotten
        if forgotten == share:
            behind.append((org_id, closed_before))

    try:
        for org_id, days, place in _organisations(run.place):
            # The one that the store was in the way of is not the first again.
            stopped = place
            if days:
                give_turn(org_id, now - timedelta(days=days))
            if not left:
                break
        else:
            while behind and left:
                give_turn(*behind.popleft())
            stopped = Place()
            # Those before the place where it began are next.
            is_done = not behind and run.place == Place()
    finally:
        retention.end_run(run, stopped, is_done=is_done)
    return MOST_BY_THE_WAY - left


def _page_of_organisations(cursor: str | None) -> Page[Organisation]:
    server = Actor.system(org_id="")
    most = directory.LARGEST_PAGE
    try:
        return directory.list_all_organisations(
            server, limit=most, cursor=cursor, include_deleted=True
        )
    except InvalidCursor:
        # Signed with a key that has been replaced since.
        return directory.list_all_organisations(server, limit=most, include_deleted=True)


def _forget(org_id: str, closed_before: datetime, most: int | None) -> int:
    forgotten = 0
    while most is None or forgotten < most:
        wanted = _AT_ONCE if most is None else min(_AT_ONCE, most - forgotten)
        found = retention.with_callers(org_id, closed_before=closed_before, most=wanted)
        done = sum(
            survived(partial(_forget_one, *keys, closed_before), otherwise=False) for keys in found
        )
        forgotten += done
        # The index lags: what it still lists although it is done must not be asked for forever.
        if not done:
            break
    return forgotten


def _forget_one(store_id: str, request_id: str, closed_before: datetime) -> bool:
    request = repository.get_request(store_id, request_id)
    # The index lags: it may have been reopened, or forgotten by another run.
    if request is None or not request.question.names_caller:
        return False
    if request.closed_at is None or request.closed_at >= closed_before:
        return False
    return services.forget_old_caller(request)


def _organisations(after: Place) -> Iterator[tuple[str, int, Place]]:
    """Ids with days and their places, a hundred at a time."""
    cursor, done = after.page, after.org_id
    while True:
        page = _page_of_organisations(cursor)
        org_ids = [one.org_id for one in page.items]
        if done in org_ids:
            org_ids = org_ids[org_ids.index(done) + 1 :]
        kept = retention.retentions(org_ids, settings.REQUEST_RETENTION_DAYS)
        yield from ((org_id, kept[org_id].days, Place(cursor, org_id)) for org_id in org_ids)
        cursor, done = page.next_cursor, ""
        if cursor is None:
            return
