"""Stores for tests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from accounts.entities import User
from accounts.stores import services
from accounts.stores.entities import Address, Store
from accounts.stores.items import store_item
from accounts.stores.opening_hours import Interval, OpeningHours
from storage.transactions import MAX_ACTIONS, Transaction
from tests.accounts.actions import change

DAY = (Interval(9 * 60, 13 * 60), Interval(16 * 60, 20 * 60))
HOURS = OpeningHours((*(DAY,) * 6, ()))
_START = datetime(2026, 1, 1, tzinfo=UTC)


def said(name: str = "High Street", **more: Any) -> dict[str, Any]:
    return {"name": name, "time_zone": "Europe/Madrid", **more}


def make(owner: User, name: str = "High Street", **more: Any) -> Store:
    return services.create_store(actor=owner.actor, said=said(name, **more)).store


def bind(user: User, *stores: Store) -> User:
    """To these stores, and no others."""
    change(replace(user, stores=frozenset(store.store_id for store in stores)))
    return replace(user, stores=frozenset(store.store_id for store in stores))


def chain(org_id: str, count: int) -> list[Store]:
    """Many, as large as those of a real chain, written quickly: no markers, no history."""
    stores = [_of_chain(org_id, number) for number in range(count)]
    write(stores)
    return stores


def write(stores: Iterable[Store]) -> None:
    transaction = Transaction()
    for store in stores:
        transaction.put(store_item(store))
        if len(transaction) == MAX_ACTIONS:
            transaction.commit()
            transaction = Transaction()
    transaction.commit()


def _of_chain(org_id: str, number: int) -> Store:
    return Store(
        org_id=org_id,
        store_id=f"STORE-00000000-0000-4000-8000-{number:012}",
        name=f"Store {number:04}",
        time_zone="America/New_York",
        created_at=_START,
        updated_at=_START,
        number=str(1000 + number),
        address=Address(("340 W Market",), "Bloomington", "MN", "55425", "US"),
        opening_hours=HOURS,
    )
