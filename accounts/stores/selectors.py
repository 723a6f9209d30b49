"""Who may see which stores: those of one's organisation, or the ones that one is bound to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from accounts.entities import Actor
from accounts.stores import naming, repository
from accounts.stores.entities import State, Store
from accounts.stores.errors import StoreNotFound
from storage.audit import AuditEntry, history
from storage.cursors import open_sealed, seal
from storage.pages import Page, page_of

PAGE = 50
LARGEST_PAGE = 100
HISTORY_PAGE = 10
VIEW_STORE = naming.VIEW_STORE


def list_stores(
    actor: Actor, *, state: State = State.ACTIVE, limit: int = PAGE, cursor: str | None = None
) -> Page[Store]:
    """The stores of the actor's organisation in this state, by name: one query.

    Who is bound to some stores gets those, read by their keys: a request for each hundred. Raises
    PermissionDenied, InvalidCursor.
    """
    actor.require(VIEW_STORE, actor.org_id)
    purpose = f"stores:{actor.org_id}:{state.value}"
    after = _position(cursor, purpose)
    if actor.stores is None:
        found = repository.list_stores(actor.org_id, state, most=limit + 1, after=after)
        rows, capacity = list(found.items), found.capacity
    else:
        own = repository.find_stores(actor.org_id, sorted(actor.stores)).values()
        there = (store for store in own if store.state is state)
        rows = sorted(there, key=lambda store: store.name_key)
        rows = [store for store in rows if after is None or store.name_key > after]
        capacity = 0.0
    return page_of(
        rows, limit, lambda store: seal({"after": store.name_key}, purpose=purpose), capacity
    )


def all_stores(actor: Actor, *, most: int = naming.MOST_CHOICES) -> tuple[Store, ...]:
    """The active stores that the actor may see, by name, to choose from; cut at `most`.

    As `naming.all_stores`. Raises PermissionDenied.
    """
    actor.require(VIEW_STORE, actor.org_id)
    return naming.all_stores(actor, most=most)


def find_store(actor: Actor, *, store_id: str) -> Store:
    """One strongly consistent read; deleted ones included.

    Raises StoreNotFound, for those of others and those that the actor is not bound to as well;
    PermissionDenied.
    """
    actor.require(VIEW_STORE, actor.org_id)
    return naming.find_store(actor, store_id=store_id)


def find_stores(actor: Actor, *, store_ids: Iterable[str]) -> dict[str, Store]:
    """By id, those that exist (deleted ones included) and that the actor may see; a request for
    each hundred. Raises PermissionDenied."""
    actor.require(VIEW_STORE, actor.org_id)
    return naming.find_stores(actor, store_ids=store_ids)


def told_apart(stores: Iterable[Store]) -> dict[str, str]:
    """Id → name, with number or city where several have the same name."""
    stores = tuple(stores)
    count = Counter(store.name.casefold() for store in stores)
    return {
        store.store_id: f"{store.name} ({more})"
        if count[store.name.casefold()] > 1 and (more := store.number or store.address.city)
        else store.name
        for store in stores
    }


def store_history(actor: Actor, store: Store, cursor: str | None = None) -> Page[AuditEntry]:
    """What became of a store, newest first: one query.

    Raises StoreNotFound for somebody else's; PermissionDenied, InvalidCursor.
    """
    if store.org_id != actor.org_id or not actor.reaches(store.store_id):
        raise StoreNotFound
    actor.require(VIEW_STORE, store.org_id)
    return history(store.audit_subject, limit=HISTORY_PAGE, cursor=cursor)


def _position(cursor: str | None, purpose: str) -> tuple[str, str] | None:
    if not cursor:
        return None
    sortable_name, store_id = open_sealed(cursor, purpose=purpose)["after"]
    return sortable_name, store_id
