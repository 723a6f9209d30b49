"""Who may see which requests, and in which order: most urgent first while they wait, newest first
when they are closed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from accounts.entities import Actor
from accounts.stores.naming import find_store
from storage.audit import AuditEntry, history
from storage.cursors import open_sealed, seal
from storage.pages import Page, page_of
from supervisor import keys, repository
from supervisor.entities import Code, Request, Summary, now_in_milliseconds
from supervisor.errors import RequestNotFound
from supervisor.filters import EVERYTHING, EVERYTHING_CLOSED, ClosedFilter, Filter
from supervisor.repository import Bounds, Found

VIEW = "supervisor.view_request"
VIEW_CALLER = "supervisor.view_caller"
ANSWER = "supervisor.answer_request"
ASK = "supervisor.add_request"
PAGE = 25
LARGEST_PAGE = 100
TIMELINE_PAGE = 25
# So far is read for one page, and then it says where to go on: less for who looks for words.
_FAR = 250
_ROUNDS = 10
_ROUNDS_FOR_WORDS = 3
_FAR_FUTURE = timedelta(days=365 * 100)
# As many as one condition of the store may name.
_MOST_NAMED = 100
# Where so many queries do, each store is read by itself.
MOST_QUERIES_OF_STORES = 5

Place = dict[str, Any] | None
"""Where reading goes on."""
_Read = Callable[[Bounds | None, int, Place], Found]


def find_request(actor: Actor, *, store_id: str, request_id: str) -> Request:
    """As it is now: one read. Raises RequestNotFound, also for what the actor does not reach;
    PermissionDenied."""
    found = repository.get_request(store_id, request_id)
    if found is None or found.org_id != actor.org_id or not actor.reaches(store_id):
        raise RequestNotFound
    actor.require(VIEW, found.org_id, store_id)
    return found.as_of(now_in_milliseconds())


def list_pending(
    actor: Actor,
    *,
    store_id: str,
    wanted: Filter = EVERYTHING,
    limit: int = PAGE,
    cursor: str | None = None,
) -> Page[Summary]:
    """What waits in a store: one query, and one for each priority where times or priorities are
    given.

    Tags, words and who is on it are looked for among some hundred requests at a time, in three
    rounds at most;
    what is overdue and not swept yet is passed over in ten. A page may be short then although
    `next_cursor` leads on. Raises StoreNotFound, PermissionDenied,
    InvalidCursor.
    """
    find_store(actor, store_id=store_id)
    actor.require(VIEW, actor.org_id, store_id)
    now = now_in_milliseconds()
    condition = repository.has_tag(wanted.tag) if wanted.tag else None

    def read(between: Bounds | None, most: int, start: Place) -> Found:
        return repository.pending_of_store(
            store_id, now=now, most=most, between=between, after=start, wanted=condition
        )

    def fits(summary: Summary) -> bool:
        return wanted.fits(summary, actor.user_id)

    purpose = f"pending:{store_id}:{wanted.purpose}"
    return _page(read, repository.place_in_store, wanted, fits, cursor, limit, purpose, now)


def list_pending_of_organisation(
    actor: Actor, *, wanted: Filter = EVERYTHING, limit: int = PAGE, cursor: str | None = None
) -> Page[Summary]:
    """What waits in all stores that the actor reaches. Queries as in `list_pending`, of an index,
    which lags a moment. Who is bound to some stores has those of each instead, where that makes no
    more than MOST_QUERIES_OF_STORES, or it is one."""
    actor.require(VIEW, actor.org_id)
    now = now_in_milliseconds()
    each = _stores_read_by_themselves(actor, wanted)
    purpose = f"pending of {'each' if each else 'all'}:{actor.org_id}:{sorted(actor.stores or ())}"
    purpose = f"{purpose}:{wanted.purpose}"
    if actor.stores is not None and not actor.stores:
        return Page(())
    condition = repository.has_tag(wanted.tag) if wanted.tag else None
    stores = [] if actor.stores is None else sorted(actor.stores)

    def read_each(between: Bounds | None, most: int, start: Place) -> Found:
        return repository.pending_of_stores(
            each, now=now, most=most, between=between, after=start, wanted=condition
        )

    def fits(summary: Summary) -> bool:
        return actor.reaches(summary.store_id) and wanted.fits(summary, actor.user_id)

    if each:
        place_of = repository.place_in_stores
        return _page(read_each, place_of, wanted, fits, cursor, limit, purpose, now)

    def read_all(between: Bounds | None, most: int, start: Place) -> Found:
        return repository.pending_of_organisation(
            actor.org_id,
            now=now,
            most=most,
            between=between,
            after=start,
            stores=stores if 0 < len(stores) <= _MOST_NAMED else None,
            wanted=condition,
        )

    place_of = repository.place_in_organisation
    return _page(read_all, place_of, wanted, fits, cursor, limit, purpose, now)


def queries_of(actor: Actor, wanted: Filter, *, store_id: str = "") -> int:
    """How many the first round of a list of what waits may take: of a store, or of all."""
    each = () if store_id else _stores_read_by_themselves(actor, wanted)
    return wanted.ranges * (len(each) or 1)


def list_history(
    actor: Actor,
    *,
    store_id: str,
    wanted: ClosedFilter = EVERYTHING_CLOSED,
    limit: int = PAGE,
    cursor: str | None = None,
) -> Page[Summary]:
    """What was closed in a store, newest first: two queries, for what nobody has noticed yet to be
    overdue is closed all the same. What is `wanted` is looked for in three such rounds at most, so
    a page may be short although `next_cursor` leads on. Raises as `list_pending`."""
    find_store(actor, store_id=store_id)
    actor.require(VIEW, actor.org_id, store_id)
    now = now_in_milliseconds()
    purpose = f"history:{store_id}:{wanted.purpose}"
    opened = _opened(cursor, purpose)
    before = opened["before"] if opened else None
    rows: list[Summary] = []
    capacity = 0.0
    for most in (limit + 1, *[_FAR] * (_ROUNDS_FOR_WORDS - 1)):
        found, before, consumed = _closed(store_id, before, most, now)
        rows += filter(wanted.fits, found)
        capacity += consumed
        if before is None or len(rows) > limit:
            break
    if len(rows) > limit:
        before = _closed_key(rows[limit - 1])
    next_cursor = seal({"before": before}, purpose=purpose) if before else None
    return Page(tuple(rows[:limit]), next_cursor, capacity)


def list_own(actor: Actor, *, limit: int = PAGE, cursor: str | None = None) -> Page[Summary]:
    """What the actor asked, in whatever state, newest first: one query of an index, which lags a
    moment. What is in a store that they do not reach any more is left out, so a page may be short
    although `next_cursor` leads on. Raises PermissionDenied for who may not ask, InvalidCursor."""
    actor.require(ASK, actor.org_id)
    actor.require(VIEW, actor.org_id)
    now = now_in_milliseconds()
    purpose = f"own:{actor.org_id}:{actor.user_id}"
    opened = _opened(cursor, purpose)
    after = None if opened is None else opened["key"]
    found = repository.asked_by(actor.user_id, most=limit + 1, after=after)
    page = page_of(
        found.summaries,
        limit,
        lambda summary: seal({"key": repository.place_of_asker(summary)}, purpose=purpose),
        found.capacity,
    )
    shown = (
        summary.as_of(now)
        for summary in page.items
        if summary.org_id == actor.org_id and actor.reaches(summary.store_id)
    )
    return Page(tuple(shown), page.next_cursor, page.capacity)


def timeline(actor: Actor, request: Request, cursor: str | None = None) -> Page[AuditEntry]:
    """Everything that happened to a request, newest first: one query. Notes are for those who may
    answer; others may get a short page although `next_cursor` leads on."""
    if request.org_id != actor.org_id or not actor.reaches(request.store_id):
        raise RequestNotFound
    actor.require(VIEW, request.org_id, request.store_id)
    found = history(request.audit_subject, limit=TIMELINE_PAGE, cursor=cursor)
    if actor.may(ANSWER, request.org_id, request.store_id):
        return found
    shown = (entry for entry in found.items if "note" not in entry.changes)
    return Page(tuple(shown), found.next_cursor, found.capacity)


def shown_phone_number(actor: Actor, request: Request) -> str:
    """Masked for who may not see callers: the last two digits stay, to tell callers apart."""
    number = request.question.phone_number
    if shows_callers(actor, request):
        return number
    return "•" * max(0, len(number) - 2) + number[-2:]


def shows_callers(actor: Actor, request: Request) -> bool:
    """To whoever asked as well, who knows what they typed."""
    if request.asked_by.user_id == actor.user_id:
        return True
    return actor.may(VIEW_CALLER, request.org_id, request.store_id)


def _stores_read_by_themselves(actor: Actor, wanted: Filter) -> list[str]:
    stores = sorted(actor.stores or ())
    is_few = len(stores) == 1 or len(stores) * wanted.ranges <= MOST_QUERIES_OF_STORES
    return stores if is_few else []


def _page(
    read: _Read,
    place_of: Callable[[Summary], dict[str, Any]],
    wanted: Filter,
    fits: Callable[[Summary], bool],
    cursor: str | None,
    limit: int,
    purpose: str,
    now: datetime,
) -> Page[Summary]:
    opened = _opened(cursor, purpose)
    start = None if opened is None else opened["key"]
    rows: list[Summary] = []
    capacity = 0.0
    rounds = _ROUNDS_FOR_WORDS if wanted.is_looked_for else _ROUNDS
    for page_size in (limit + 1, *[_FAR] * (rounds - 1)):
        found = _found(read, place_of, wanted, now, page_size, start)
        capacity += found.capacity
        now_are = (one.as_of(now) for one in found.summaries)
        rows += (one for one in now_are if one.code is Code.PENDING_RESPONSE and fits(one))
        start = found.last_key
        if start is None or len(rows) > limit:
            break
    if len(rows) > limit:
        start = place_of(rows[limit - 1])
    next_cursor = seal({"key": start}, purpose=purpose) if start else None
    return Page(tuple(rows[:limit]), next_cursor, capacity)


def _found(
    read: _Read,
    place_of: Callable[[Summary], dict[str, Any]],
    wanted: Filter,
    now: datetime,
    most: int,
    start: Place,
) -> Found:
    """One query, or where times or priorities are given, one priority after the other; within one,
    on from `start`."""
    if wanted.ranges == 1 and not wanted.priorities:
        return read(None, most, start)
    since = wanted.since or datetime(1970, 1, 1, tzinfo=UTC)
    until = wanted.until or now + _FAR_FUTURE
    found = Found([], None, 0.0)
    if keys.stamp(since) >= keys.stamp(until):
        return found
    reached = None if start is None else repository.priority_at(start)
    for priority in sorted(wanted.priorities or range(keys.HIGHEST_PRIORITY + 1), reverse=True):
        if reached is not None and priority > reached:
            continue
        part = read(
            keys.between(priority, since, until),
            most - len(found.summaries),
            start if priority == reached else None,
        )
        summaries = [*found.summaries, *part.summaries]
        goes_on = part.last_key
        if goes_on is None and len(summaries) >= most:
            goes_on = place_of(summaries[-1])
        found = Found(summaries, goes_on, found.capacity + part.capacity)
        if goes_on is not None:
            break
    return found


def _closed(
    store_id: str, before: str | None, most: int, now: datetime
) -> tuple[list[Summary], str | None, float]:
    """What was closed before that key, newest first; the key to go on before, None at the end; and
    the capacity. Two queries of so many each: on from where the first of them stopped, nobody knows
    what comes next."""
    overdue_before = min(filter(None, (before, keys.stamp(now))))
    # In this order: what is stored as closed in between is met twice rather than never.
    late = repository.overdue_of_store(store_id, before=overdue_before, most=most)
    closed = repository.closed_of_store(store_id, most=most, before=before)
    timed_out = [summary.as_of(now) for summary in late.summaries]
    both = {summary.id: summary for summary in (*timed_out, *closed.summaries)}
    goes_on = [late.last_key and timed_out, closed.last_key and closed.summaries]
    known = max((_closed_key(part[-1]) for part in goes_on if part), default="")
    rows = [summary for summary in both.values() if _closed_key(summary) >= known]
    rows.sort(key=_closed_key, reverse=True)
    return rows, known or None, late.capacity + closed.capacity


def _opened(cursor: str | None, purpose: str) -> dict[str, Any] | None:
    return open_sealed(cursor, purpose=purpose) if cursor else None


def _closed_key(summary: Summary) -> str:
    return keys.moment_key(summary.closed_at or summary.deadline, summary.id)
