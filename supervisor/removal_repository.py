"""What goes with a store or an organisation, a piece at a time.

Reads of what is to go are strongly consistent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from storage.transactions import Transaction
from supervisor import keys
from supervisor.callbacks.tables import DeliveryItem
from supervisor.entities import Request
from supervisor.repository import Lost
from supervisor.settings_tables import SettingItem
from supervisor.tables import DEADLINES_OF_STORE, RequestItem, request_item, request_of

_REMOVED_STORES = "removed-stores"
_BESIDE = "#"
_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class RemovedStore:
    """That what was kept about a store which was destroyed has to go."""

    org_id: str
    store_id: str
    since: str
    """`keys.stamp`"""


def some_requests(store_id: str, *, most: int) -> list[Request]:
    found = RequestItem.slice(store_id, page_size=most, consistent=True)
    return [*map(request_of, found.items)]


def count_pending(store_id: str, *, now: datetime, most: int) -> int:
    """Not what is overdue; no further than `most`. One query."""
    found = RequestItem.slice(
        store_id,
        RequestItem.deadline_key >= keys.stamp(now),
        index=DEADLINES_OF_STORE,
        page_size=most,
    )
    return len(found.items)


def remove_request(transaction: Transaction, request: Request) -> None:
    """As it was read; counters stay. The commit raises Lost."""
    transaction.delete(request_item(request), on_failure=Lost)


def remove_some_deliveries(transaction: Transaction, request_id: str, *, most: int) -> bool:
    """False where a request has none (any more)."""
    items = DeliveryItem.slice(request_id, page_size=most, consistent=True).items
    for item in items:
        transaction.delete(item)
    return bool(items)


def remove_some_settings(transaction: Transaction, owner: str, *, most: int) -> bool:
    """False where an owner has none (any more). The commit raises Lost."""
    items = SettingItem.slice(owner, page_size=most, consistent=True).items
    for item in items:
        transaction.delete(item, on_failure=Lost)
    return bool(items)


def note_removed_store(transaction: Transaction, removed: RemovedStore) -> None:
    transaction.put(_item(removed))


def drop_note(transaction: Transaction, removed: RemovedStore) -> None:
    """Also where it is not there any more."""
    transaction.delete_raw(
        SettingItem, {"owner": {"S": _REMOVED_STORES}, "kind": {"S": _kind(removed)}}
    )


def removed_stores(org_id: str = "") -> Iterator[RemovedStore]:
    """Of all organisations, or of one: a query for each hundred."""
    within = SettingItem.kind.startswith(f"{org_id}{_BESIDE}") if org_id else None
    start = None
    while True:
        page = SettingItem.slice(
            _REMOVED_STORES, within, page_size=_AT_ONCE, start_key=start, consistent=True
        )
        for item in page.items:
            store_id = item.kind.partition(_BESIDE)[2]
            yield RemovedStore(item.org_id, store_id, item.document["since"])
        start = page.last_key
        if start is None:
            return


def _item(removed: RemovedStore) -> SettingItem:
    document = {"since": removed.since}
    return SettingItem(_REMOVED_STORES, _kind(removed), org_id=removed.org_id, document=document)


def _kind(removed: RemovedStore) -> str:
    return f"{removed.org_id}{_BESIDE}{removed.store_id}"
