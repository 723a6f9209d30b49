"""Stores as items of the table `accounts`, and back.

A store is `ORG-…` / `STORE-…`. Its `id` in the index is `<organisation>#<state>#<sortable name>
#<store>`, and its index partition is chosen by the organisation: so each of the lists of one
organisation is one query by name, whatever the number of shards. A number is claimed by a marker in
the same partition of the table, `ORG-…` / `STORE#<number>`, which has no `itemType`.
"""

from __future__ import annotations

from typing import Any

from pynamodb.expressions.condition import Condition

from accounts.stores.entities import Address, State, Store, number_key
from accounts.stores.opening_hours import OpeningHours
from accounts.tables import (
    STORE,
    AccountItem,
    at_version,
    item_type,
    moment,
    moment_or_none,
    seconds,
)


def store_item(store: Store) -> AccountItem:
    item = AccountItem(
        store.org_id,
        store.store_id,
        item_type=list_partition(store.org_id),
        id=_list_key(store.org_id, store.state, store.name_key),
        org_id=store.org_id,
        store_id=store.store_id,
        name=store.name,
        number=store.number or None,
        address=address_json(store.address) or None,
        time_zone=store.time_zone,
        opening_hours=store.opening_hours.to_json() if store.opening_hours is not None else None,
        active=store.active,
        created_at=seconds(store.created_at),
        updated_at=seconds(store.updated_at),
        deleted_at=seconds(store.deleted_at),
    )
    return at_version(item, store.version)


def store_of(item: AccountItem) -> Store:
    hours = item.opening_hours
    return Store(
        org_id=item.org_id,
        store_id=item.store_id,
        name=item.name,
        time_zone=item.time_zone,
        created_at=moment(item.created_at),
        updated_at=moment(item.updated_at),
        number=item.number or "",
        address=address_of(item.address or {}),
        opening_hours=OpeningHours.from_json(hours) if hours is not None else None,
        active=bool(item.active),
        deleted_at=moment_or_none(item.deleted_at),
        version=item.version,
    )


def number_marker(store: Store) -> AccountItem:
    key = number_marker_key(store.number)
    return AccountItem(store.org_id, key, org_id=store.org_id, store_id=store.store_id)


def number_marker_key(number: str) -> str:
    return f"{STORE}#{number_key(number)}"


def list_partition(org_id: str) -> str:
    return item_type(STORE, org_id)


def in_list(org_id: str, state: State) -> Condition:
    """What begins_with says on AWS; "$" is the character after "#"."""
    prefix = f"{org_id}#{state.value}"
    return AccountItem.id.between(f"{prefix}#", f"{prefix}$")


def list_start_key(org_id: str, state: State, name_key: tuple[str, str]) -> dict[str, Any]:
    """For the query to go on after this store, whether or not it is still there."""
    return {
        "itemType": {"S": list_partition(org_id)},
        "id": {"S": _list_key(org_id, state, name_key)},
        "hashKey": {"S": org_id},
        "rangeKey": {"S": name_key[1]},
    }


def address_json(address: Address) -> dict[str, Any]:
    """Without what is empty."""
    said = {
        "lines": [*address.lines],
        "city": address.city,
        "region": address.region,
        "postal_code": address.postal_code,
        "country": address.country,
    }
    return {name: value for name, value in said.items() if value}


def address_of(said: dict[str, Any]) -> Address:
    return Address(**{**said, "lines": tuple(said.get("lines", ()))})


def _list_key(org_id: str, state: State, name_key: tuple[str, str]) -> str:
    """The space ends the name, so that “Rome” comes before “Rome 2”."""
    sortable_name, store_id = name_key
    return f"{org_id}#{state.value}#{sortable_name} #{store_id}"
