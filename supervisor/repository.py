"""What is stored about requests, one function for each question."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pynamodb.expressions.condition import Condition

from storage.transactions import Transaction
from supervisor import board_repository, keys
from supervisor.callbacks import repository as callbacks
from supervisor.entities import ID_LENGTH, Request, RequestStatus, Summary
from supervisor.errors import RequestNotFound
from supervisor.tables import (
    ASKERS,
    BY_ID,
    DEADLINES,
    DEADLINES_OF_STORE,
    HISTORY,
    OF_ORGANISATION,
    QUEUE,
    RequestItem,
    due_partitions,
    request_item,
    request_of,
    summary_of,
)

_AT_ONCE = 100
# At least so many are read of each store where several are read together.
_FEW = 26
_LONGEST_STORE_ID = 100

Bounds = tuple[str, str]
"""Of queue keys, as `keys.between` gives them."""


class Lost(Exception):
    """Somebody else changed the request at the same moment."""


@dataclass(frozen=True, slots=True)
class Found:
    """`last_key` is where to go on reading, None at the end."""

    summaries: list[Summary]
    last_key: dict[str, Any] | None
    capacity: float


def add_request(transaction: Transaction, request: Request) -> None:
    board_repository.count(transaction, None, request)
    transaction.put(request_item(request), condition=RequestItem.store_id.does_not_exist())


def replace_request(transaction: Transaction, before: Request, after: Request) -> None:
    """Where the key stays, the item is replaced under its version; where it moves, the old one goes
    and the new one comes in the same transaction, which counts the change and notes a call to
    the asker as well. The commit raises Lost."""
    board_repository.count(transaction, before, after)
    callbacks.record(transaction, before, after)
    old, new = request_item(before), request_item(after)
    if old.sort == new.sort:
        transaction.put(new, on_failure=Lost)
        return
    transaction.delete(old, on_failure=Lost)
    # The version goes on counting, so that an ETag is never used twice.
    new.version = before.version
    transaction.put_raw(RequestItem, _next_version(new))


def require_in_place(transaction: Transaction, request: Request) -> None:
    """That nobody answered, moved or removed it; whatever else became of it. The commit raises
    Lost."""
    there = RequestItem.store_id.exists()
    transaction.check(request_item(request), there, on_failure=Lost)


def get_request(store_id: str, request_id: str) -> Request | None:
    """One strongly consistent read; none for what cannot be an id."""
    if len(request_id) != ID_LENGTH or len(store_id) > _LONGEST_STORE_ID:
        return None
    found = RequestItem.slice(
        store_id,
        RequestItem.request_id == request_id,
        index=BY_ID,
        page_size=1,
        consistent=True,
    )
    return request_of(found.items[0]) if found.items else None


def pending_of_store(
    store_id: str,
    *,
    now: datetime,
    most: int,
    between: Bounds | None = None,
    after: dict[str, Any] | None = None,
    wanted: Condition | None = None,
) -> Found:
    """Most urgent first, then oldest first; not what is overdue. What lies `between` is served by
    the key."""
    waiting = _waiting(now, wanted)
    return _found(store_id, _between(between), QUEUE, waiting, most, after)


def pending_of_stores(
    stores: Sequence[str],
    *,
    now: datetime,
    most: int,
    between: Bounds | None = None,
    after: dict[str, Any] | None = None,
    wanted: Condition | None = None,
) -> Found:
    """As `pending_of_store`, of several together: one query each. In the order of all, as far as
    each store was read: on from there nobody knows yet what comes first."""
    each = max(most // len(stores), min(most, _FEW))
    waiting = _waiting(now, wanted)
    found = []
    for store_id in stores:
        place = None if after is None else {"storeId": {"S": store_id}, **after}
        found.append(_found(store_id, _between(between), QUEUE, waiting, each, place))
    rows = [(_queue_key(one), one) for part in found for one in part.summaries]
    rows.sort(key=lambda row: row[0])
    capacity = sum(one.capacity for one in found)
    reached = [_queue_key_at(one.last_key) for one in found if one.last_key is not None]
    if not reached:
        return Found([one for _key, one in rows], None, capacity)
    known = min(reached)
    return Found([one for key, one in rows if key <= known], _place(known), capacity)


def pending_of_organisation(
    org_id: str,
    *,
    now: datetime,
    most: int,
    between: Bounds | None = None,
    after: dict[str, Any] | None = None,
    stores: Sequence[str] | None = None,
    wanted: Condition | None = None,
) -> Found:
    """Of all its stores, or of some of them; from the index, which lags a moment."""
    waiting = _waiting(now, wanted)
    if stores is not None:
        waiting &= RequestItem.store_id.is_in(*stores)
    return _found(org_id, _between(between), OF_ORGANISATION, waiting, most, after)


def closed_of_store(store_id: str, *, most: int, before: str | None = None) -> Found:
    """What was closed, newest first; `before` is a `keys.moment_key`."""
    condition = None if before is None else RequestItem.closed_key < before
    return _found(store_id, condition, HISTORY, None, most, None, forward=False)


def asked_by(user_id: str, *, most: int, after: dict[str, Any] | None = None) -> Found:
    """What somebody asked in any store, newest first; from an index, which lags a moment."""
    return _found(user_id, None, ASKERS, None, most, after, forward=False)


def place_of_asker(summary: Summary) -> dict[str, Any]:
    """Where that list goes on after this one."""
    store_id, sort = _primary_key(summary)
    return {
        "storeId": {"S": store_id},
        RequestItem.sort.attr_name: {"S": sort},
        "askedBy": {"S": summary.asked_by.user_id},
        "requestTime": {"S": RequestItem.request_time.serialize(summary.asked_at)},
    }


def requests_at(summaries: Sequence[Summary]) -> Iterator[Request]:
    """The requests of at most a hundred summaries, in their order, without those that are gone:
    one read, and one for each that has moved since its summary was written."""
    items = RequestItem.find_many(map(_primary_key, summaries))
    found = {item.request_id: request_of(item) for item in items}
    for one in summaries:
        request = found.get(one.id) or get_request(one.store_id, one.id)
        if request is not None:
            yield request


def requests_of_store(store_id: str) -> Iterator[list[Request]]:
    """All of them: a query for each hundred."""
    after: dict[str, Any] | None = None
    while True:
        found = RequestItem.slice(store_id, page_size=_AT_ONCE, start_key=after, consistent=True)
        yield [*map(request_of, found.items)]
        after = found.last_key
        if after is None:
            return


def due_in_store(store_id: str, *, since: datetime, until: datetime, most: int) -> Found:
    """What waits with a deadline from `since` to `until`, the next one first."""
    between = RequestItem.deadline_key.between(keys.stamp(since), f"{keys.stamp(until)}\uffff")
    return _found(store_id, between, DEADLINES_OF_STORE, None, most, None)


def overdue_of_store(store_id: str, *, before: str, most: int) -> Found:
    """What is stored as pending although its deadline lies before, latest deadline first."""
    condition = RequestItem.deadline_key < before
    return _found(store_id, condition, DEADLINES_OF_STORE, None, most, None, forward=False)


def overdue(
    partition: str, *, now: datetime, most: int, after: dict[str, Any] | None = None
) -> tuple[list[Request], dict[str, Any] | None]:
    """Of all stores, longest overdue first, and where to go on. What an index of keys says, which
    lags a moment, is read again strongly consistent: somebody may have been faster. `partition` is
    one of `partitions_of_deadlines()`."""
    condition = RequestItem.deadline_key < keys.stamp(now)
    found = RequestItem.slice(
        partition, condition, index=DEADLINES, page_size=most, start_key=after
    )
    places = (item.primary_key() for item in found.items)
    requests = map(request_of, RequestItem.find_many(places, consistent=True))
    late = [request for request in requests if request.deadline < now]
    return sorted(late, key=lambda request: request.deadline), found.last_key


def place_in_store(summary: Summary) -> dict[str, Any]:
    """Where the list of pending requests of a store goes on after this one."""
    return {"storeId": {"S": summary.store_id}, **place_in_stores(summary)}


def place_in_stores(summary: Summary) -> dict[str, Any]:
    """The same for the list of several stores."""
    return _place(_queue_key(summary))


def place_in_organisation(summary: Summary) -> dict[str, Any]:
    return {"queueOf": {"S": summary.org_id}, **place_in_store(summary)}


def priority_at(place: dict[str, Any]) -> int:
    """Of a place as above."""
    priority, _asked_at, _id = keys.said_by(_queue_key_at(place))
    return priority


def has_tag(tag: str) -> Condition:
    condition: Condition = RequestItem.tags.contains(tag)
    return condition


def partitions_of_deadlines() -> list[str]:
    return due_partitions()


def require_request(request: Request | None) -> Request:
    if request is None:
        raise RequestNotFound
    return request


def _found(
    partition: str,
    condition: Condition | None,
    index: str | None,
    wanted: Condition | None,
    most: int,
    after: dict[str, Any] | None,
    *,
    forward: bool = True,
) -> Found:
    found = RequestItem.slice(
        partition,
        condition,
        index=index,
        page_size=most,
        start_key=after,
        filter_condition=wanted,
        forward=forward,
    )
    return Found([*map(summary_of, found.items)], found.last_key, found.capacity)


def _waiting(now: datetime, wanted: Condition | None) -> Condition:
    waiting: Condition = RequestItem.deadline >= now
    return waiting if wanted is None else waiting & wanted


def _between(bounds: Bounds | None) -> Condition | None:
    return None if bounds is None else RequestItem.queue_key.between(*bounds)


def _primary_key(summary: Summary) -> tuple[str, str]:
    """As it was stored when the summary was written."""
    sort = keys.sort_key(summary.status, summary.priority, summary.asked_at, summary.id)
    return summary.store_id, sort


def _queue_key(summary: Summary) -> str:
    return keys.queue_key(summary.priority, summary.asked_at, summary.id)


def _queue_key_at(place: dict[str, Any]) -> str:
    key: str = place[RequestItem.queue_key.attr_name]["S"]
    return key


def _place(queue_key: str) -> dict[str, Any]:
    sort = keys.SEPARATOR.join((RequestStatus.PENDING, queue_key))
    return {
        RequestItem.queue_key.attr_name: {"S": queue_key},
        RequestItem.sort.attr_name: {"S": sort},
    }


def _next_version(item: RequestItem) -> dict[str, Any]:
    item.version = (item.version or 0) + 1
    raw: dict[str, Any] = item.serialize()
    return raw
