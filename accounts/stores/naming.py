"""Stores as other parts name and offer them: for whoever is permitted anything in stores.

Who may answer the requests of a store has to know which store that is, whether or not they may look
at its page (`accounts.stores.selectors`).
"""

from __future__ import annotations

from collections.abc import Iterable

from accounts.entities import Actor
from accounts.permissions import declared
from accounts.stores import repository
from accounts.stores.entities import State, Store
from accounts.stores.errors import StoreNotFound

MOST_CHOICES = 2000
VIEW_STORE = "accounts.view_store"


def all_stores(actor: Actor, *, most: int = MOST_CHOICES) -> tuple[Store, ...]:
    """The active stores that the actor reaches, by name, to choose from; cut at `most`.

    One query for each megabyte, some thousand stores; a request for each hundred of who is bound to
    some. Raises PermissionDenied.
    """
    _require(actor)
    if actor.stores is not None:
        own = repository.find_stores(actor.org_id, sorted(actor.stores)).values()
        there = (store for store in own if store.state is State.ACTIVE)
        return tuple(sorted(there, key=lambda store: store.name_key)[:most])
    stores: list[Store] = []
    after = None
    while len(stores) < most:
        found = repository.list_stores(
            actor.org_id, State.ACTIVE, most=most - len(stores), after=after
        ).items
        if not found:
            break
        stores += found
        after = found[-1].name_key
    return tuple(stores)


def find_store(actor: Actor, *, store_id: str) -> Store:
    """One strongly consistent read; deleted ones included.

    Raises StoreNotFound, for those of others and those that the actor is not bound to as well;
    PermissionDenied.
    """
    _require(actor)
    store = repository.get_store(actor.org_id, store_id) if actor.reaches(store_id) else None
    if store is None:
        raise StoreNotFound
    return store


def find_stores(actor: Actor, *, store_ids: Iterable[str]) -> dict[str, Store]:
    """By id, those that exist (deleted ones included) and that the actor reaches; a request for
    each hundred. Raises PermissionDenied."""
    _require(actor)
    return repository.find_stores(actor.org_id, filter(actor.reaches, store_ids))


def _require(actor: Actor) -> None:
    if not any(actor.may(one.code, actor.org_id) for one in declared() if one.of_store):
        actor.require(VIEW_STORE, actor.org_id)
