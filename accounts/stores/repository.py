"""What is stored about stores, one function for each question."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from accounts.entities import is_id
from accounts.errors import ChangedMeanwhile
from accounts.stores.entities import State, Store
from accounts.stores.errors import NumberTaken
from accounts.stores.items import (
    in_list,
    list_partition,
    list_start_key,
    number_marker,
    number_marker_key,
    store_item,
    store_of,
)
from accounts.tables import BY_ITEM_TYPE, STORE, AccountItem
from storage import markers
from storage.pages import Page
from storage.transactions import Transaction

_PAGE_SIZE = 300
_LONGEST_ID = 100


def add_store(transaction: Transaction, store: Store) -> None:
    """The commit raises NumberTaken when another store has the number, deleted ones included."""
    if store.number:
        markers.claim(transaction, number_marker(store), taken=NumberTaken)
    transaction.put(store_item(store), condition=AccountItem.partition.does_not_exist())


def change_store(transaction: Transaction, before: Store, after: Store) -> Store:
    """The commit raises NumberTaken, ChangedMeanwhile. Returns what is stored after it."""
    changed = replace(after, updated_at=_now())
    old, new = number_marker_key(before.number), number_marker_key(after.number)
    if after.number and new != old:
        markers.claim(transaction, number_marker(changed), taken=NumberTaken)
    transaction.put(store_item(changed), on_failure=ChangedMeanwhile)
    if before.number and new != old:
        markers.release(transaction, number_marker(before))
    return replace(changed, version=(before.version or 0) + 1)


def remove_store(transaction: Transaction, store: Store) -> None:
    """For good. The commit raises ChangedMeanwhile."""
    transaction.delete(store_item(store), on_failure=ChangedMeanwhile)
    if store.number:
        markers.release(transaction, number_marker(store))


def get_store(org_id: str, store_id: str) -> Store | None:
    """One strongly consistent read."""
    found = find_stores(org_id, [store_id])
    return found.get(store_id)


def find_stores(org_id: str, store_ids: Iterable[str]) -> dict[str, Store]:
    """By id; strongly consistent, a request for each hundred. Deleted ones included."""
    wanted = [store_id for store_id in store_ids if is_id(STORE, store_id)]
    if len(wanted) == 1:
        item = AccountItem.find(org_id, wanted[0], consistent=True)
        return {} if item is None else {item.sort: store_of(item)}
    items = AccountItem.find_many([(org_id, each) for each in wanted], consistent=True)
    return {item.sort: store_of(item) for item in items}


def ids_by_number(org_id: str, numbers: Iterable[str]) -> dict[str, str]:
    """Key of a number (`entities.number_key`) → id; strongly consistent, a request for each
    hundred. Deleted stores included."""
    keys = [(org_id, number_marker_key(number)) for number in numbers]
    items = AccountItem.find_many(keys, consistent=True)
    return {item.sort.partition("#")[2]: item.store_id for item in items}


def list_stores(
    org_id: str, state: State, *, most: int, after: tuple[str, str] | None = None
) -> Page[Store]:
    """By name, after the `name_key` given: one query of the index, which lags a moment."""
    found = AccountItem.slice(
        list_partition(org_id),
        in_list(org_id, state),
        index=BY_ITEM_TYPE,
        page_size=most,
        start_key=None if after is None else list_start_key(org_id, state, after),
    )
    return Page(tuple(map(store_of, found.items)), None, found.capacity)


def every_store(org_id: str) -> Iterator[Store]:
    """Deleted ones included, strongly consistent; a request for each few hundred."""
    start_key = None
    while True:
        found = AccountItem.slice(
            org_id,
            AccountItem.sort.between(f"{STORE}-", f"{STORE}-\uffff"),
            page_size=_PAGE_SIZE,
            start_key=start_key,
            consistent=True,
        )
        yield from map(store_of, found.items)
        if found.last_key is None:
            return
        start_key = found.last_key


def store_ids_from(org_id: str, first: str, *, most: int) -> list[str]:
    """In order, from `first` on, all where it is empty; of deleted ones as well, strongly
    consistent. One query."""
    found = AccountItem.slice(
        org_id,
        AccountItem.sort.between(first or f"{STORE}-", f"{STORE}-\uffff"),
        page_size=most,
        consistent=True,
    )
    return [item.sort for item in found.items]


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
