"""For which stores something new can begin."""

from __future__ import annotations

from accounts.stores.entities import State, Store
from accounts.stores.errors import StoreNotFound
from supervisor.errors import StoreNotInUse


def require_in_use(store: Store, *, field: str = "store") -> None:
    """Raises StoreNotFound for a deleted one, StoreNotInUse under `field`."""
    if store.state is State.DELETED:
        raise StoreNotFound
    if store.state is not State.ACTIVE:
        raise StoreNotInUse(field)
