"""What other apps keep about a store, such as the requests in its queue."""

from __future__ import annotations

from typing import Protocol

from accounts.stores.entities import Store
from storage.transactions import Transaction


class StoreFollower(Protocol):
    name: str

    def under_way(self, store: Store) -> str:
        """A sentence for whoever is about to close or delete the store; empty where nothing is."""

    def destroy(self, transaction: Transaction, store: Store) -> None:
        """Adds a few writes, so that what is kept goes as well, if only some time after."""


_followers: dict[str, StoreFollower] = {}


def follow_stores(follower: StoreFollower) -> None:
    """For `AppConfig.ready`."""
    _followers[follower.name] = follower


def store_followers() -> tuple[StoreFollower, ...]:
    return tuple(_followers.values())
