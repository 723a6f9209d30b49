"""Changing stores. People who are bound to some stores change those, and open none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from accounts.audit_trail import record
from accounts.entities import Actor
from accounts.errors import ChangedMeanwhile, PermissionDenied
from accounts.repository import require_organisation
from accounts.stores import repository, selectors
from accounts.stores.entities import Store
from accounts.stores.errors import StoreChanged, StoreDeleted, StoreNotDeleted
from accounts.stores.followers import store_followers
from accounts.stores.rules import cleaned, differences, onto, require_all
from storage.audit import Changes
from storage.idempotency import AlreadyDone, IdempotencyKey
from storage.transactions import Transaction

ADD_STORE = "accounts.add_store"
CHANGE_STORE = "accounts.change_store"
DELETE_STORE = "accounts.delete_store"
RESTORE_STORE = "accounts.restore_store"
DESTROY_STORE = "accounts.destroy_store"


@dataclass(frozen=True, slots=True)
class Created:
    """`is_new` is False where an earlier request with the same idempotency key made the store."""

    store: Store
    is_new: bool = True


def may_add(actor: Actor) -> bool:
    return actor.stores is None and actor.may(ADD_STORE, actor.org_id)


def create_store(
    *, actor: Actor, said: Mapping[str, Any], idempotency: IdempotencyKey | None = None
) -> Created:
    """In the actor's organisation; `said` as in `rules.cleaned`, name and time zone at least.

    Raises PermissionDenied, Invalid, NumberTaken, OrganisationNotFound; KeyReused.
    """
    require_may_add(actor)
    if idempotency is not None and (earlier := idempotency.recall()):
        return _earlier(actor, earlier)
    clean = cleaned(said)
    require_all(clean)
    store = onto(blank(actor.org_id), clean)

    transaction = Transaction()
    if idempotency is not None:
        idempotency.remember(transaction, {"store_id": store.store_id})
    require_organisation(transaction, actor.org_id)
    repository.add_store(transaction, store)
    record(transaction, actor, store.audit_subject, ADD_STORE, differences(None, store))
    try:
        transaction.commit()
    except AlreadyDone:
        assert idempotency is not None
        return _earlier(actor, idempotency.recall() or {})
    return Created(replace(store, version=1))


def change_store(*, actor: Actor, store_id: str, said: Mapping[str, Any], version: int) -> Store:
    """Changes what `said` has; `version` is the one that the actor saw.

    Nothing is written where nothing differs. Raises StoreNotFound, PermissionDenied, Invalid,
    StoreDeleted, StoreChanged, NumberTaken.
    """
    stored = _to_change(actor, CHANGE_STORE, store_id, version)
    if stored.deleted_at is not None:
        raise StoreDeleted
    changed = onto(stored, cleaned(said))
    if changed == stored:
        return stored
    return _replace(actor, stored, changed, CHANGE_STORE)


def delete_store(*, actor: Actor, store_id: str, version: int) -> Store:
    """It can be restored, and keeps its number. What is deleted already stays as it is.

    Raises StoreNotFound, PermissionDenied, StoreChanged.
    """
    stored = _to_change(actor, DELETE_STORE, store_id, version)
    if stored.deleted_at is not None:
        return stored
    deleted_at = datetime.now(UTC).replace(microsecond=0)
    return _replace(actor, stored, replace(stored, deleted_at=deleted_at), DELETE_STORE)


def restore_store(*, actor: Actor, store_id: str, version: int | None = None) -> Store:
    """As active, or inactive, as it was; without `version` whatever is stored now.

    Raises StoreNotFound, PermissionDenied, StoreChanged.
    """
    stored = _to_change(actor, DELETE_STORE, store_id, version)
    if stored.deleted_at is None:
        return stored
    return _replace(actor, stored, replace(stored, deleted_at=None), RESTORE_STORE)


def destroy_store(*, actor: Actor, store_id: str, version: int) -> None:
    """For good, with what other apps keep about it; the number is free then, the history stays.

    Raises StoreNotFound, PermissionDenied, ConfirmationNeeded, StoreNotDeleted, StoreChanged.
    """
    stored = _to_change(actor, DELETE_STORE, store_id, version)
    actor.require_confirmation()
    if stored.deleted_at is None:
        raise StoreNotDeleted
    transaction = Transaction()
    repository.remove_store(transaction, stored)
    for follower in store_followers():
        follower.destroy(transaction, stored)
    record(transaction, actor, stored.audit_subject, DESTROY_STORE, {"name": (stored.name, None)})
    _commit(transaction, actor, stored)


def under_way(store: Store) -> list[str]:
    """What somebody should know before they close or delete the store: sentences. A query of each
    follower."""
    return [*filter(None, (follower.under_way(store) for follower in store_followers()))]


def require_may_add(actor: Actor) -> None:
    """A new store would be none of those that somebody is bound to. Raises PermissionDenied."""
    actor.require(ADD_STORE, actor.org_id)
    if actor.stores is not None:
        raise PermissionDenied


def stage_new(
    transaction: Transaction, actor: Actor, store: Store, action: str, origin: Changes
) -> None:
    """A new store and its history, for imports."""
    repository.add_store(transaction, store)
    record(transaction, actor, store.audit_subject, action, {**differences(None, store), **origin})


def stage_change(
    transaction: Transaction, actor: Actor, before: Store, after: Store, action: str
) -> None:
    repository.change_store(transaction, before, after)
    record(transaction, actor, before.audit_subject, action, differences(before, after))


def blank(org_id: str) -> Store:
    """A new store that nothing was said about yet."""
    now = datetime.now(UTC).replace(microsecond=0)
    return Store(org_id, Store.new_id(), "", "", now, now)


def _earlier(actor: Actor, remembered: Mapping[str, Any]) -> Created:
    store = selectors.find_store(actor, store_id=remembered.get("store_id", ""))
    return Created(store, is_new=False)


def _to_change(actor: Actor, code: str, store_id: str, version: int | None) -> Store:
    stored = selectors.find_store(actor, store_id=store_id)
    actor.require(code, stored.org_id, store_id)
    if version is not None and stored.version != version:
        raise StoreChanged(stored)
    return stored


def _replace(actor: Actor, before: Store, after: Store, action: str) -> Store:
    transaction = Transaction()
    changed = repository.change_store(transaction, before, after)
    record(transaction, actor, before.audit_subject, action, differences(before, after))
    _commit(transaction, actor, before)
    return changed


def _commit(transaction: Transaction, actor: Actor, before: Store) -> None:
    try:
        transaction.commit()
    except ChangedMeanwhile as lost:
        current = selectors.find_store(actor, store_id=before.store_id)
        raise StoreChanged(current) from lost
