"""How long the supervisors of each store have: who may see and change it, and what follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from accounts.entities import Actor
from accounts.repository import require_organisation
from accounts.stores.entities import Store
from accounts.stores.naming import find_store
from storage.audit import audit_item
from storage.transactions import Transaction
from supervisor import settings_repository
from supervisor.clock import due_at
from supervisor.entities import Urgency
from supervisor.errors import ResponseTimesChanged
from supervisor.rules import parse_minutes
from supervisor.settings_entities import ResponseTimes
from supervisor.settings_repository import SettingChanged

VIEW = "supervisor.view_request"
CHANGE = "supervisor.change_settings"


def find_response_times(actor: Actor, *, store_id: str) -> tuple[Store, ResponseTimes]:
    """Two reads. Raises StoreNotFound, PermissionDenied."""
    store = find_store(actor, store_id=store_id)
    actor.require(VIEW, actor.org_id, store_id)
    times = settings_repository.get_response_times(actor.org_id, store_id, consistent=True)
    return store, times


def change_response_times(
    *,
    actor: Actor,
    store_id: str,
    version: int,
    minutes: Mapping[Urgency, int],
    only_opening_hours: bool,
) -> ResponseTimes:
    """From the next request on. `version` is the one that the actor saw, 0 before the first.
    Nothing is written where nothing differs.

    Raises StoreNotFound, PermissionDenied, InvalidRequest, ResponseTimesChanged,
    OrganisationNotFound.
    """
    find_store(actor, store_id=store_id)
    actor.require(CHANGE, actor.org_id, store_id)
    allowances = parse_minutes(minutes)
    stored = _stored(actor, store_id)
    if (stored.version or 0) != version:
        raise ResponseTimesChanged(stored)
    wanted = replace(stored, allowances=allowances, only_opening_hours=only_opening_hours)
    if wanted.version is not None and not _changes(stored, wanted):
        return stored
    transaction = Transaction()
    require_organisation(transaction, actor.org_id)
    changed = settings_repository.save_response_times(transaction, wanted)
    transaction.put(
        audit_item(
            subject=wanted.audit_subject,
            actor_id=actor.user_id,
            actor_name=actor.name,
            action="supervisor.change_response_times",
            changes=_changes(stored, wanted),
        )
    )
    try:
        transaction.commit()
    except SettingChanged:
        raise ResponseTimesChanged(_stored(actor, store_id)) from None
    return changed


def next_deadline(
    actor: Actor, store_id: str, priority: int, now: datetime, store: Store | None = None
) -> datetime:
    """Of a request that begins to wait now. One read; a second one for the opening hours, where
    they count and the `store` is not known yet. Raises StoreNotFound then, PermissionDenied."""
    times = settings_repository.get_response_times(actor.org_id, store_id)
    allowance = times.allowance(priority)
    if not times.only_opening_hours:
        return now + allowance
    known = store or find_store(actor, store_id=store_id)
    return due_at(now, allowance, known.opening_hours, known.zone, only_opening_hours=True)


def _stored(actor: Actor, store_id: str) -> ResponseTimes:
    return settings_repository.get_response_times(actor.org_id, store_id, consistent=True)


def _changes(before: ResponseTimes, after: ResponseTimes) -> dict[str, Any]:
    pairs: dict[str, Any] = {
        one.value: (before.minutes[one], after.minutes[one]) for one in Urgency
    }
    pairs["only_opening_hours"] = (before.only_opening_hours, after.only_opening_hours)
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
