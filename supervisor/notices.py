"""What somebody wants to be told by e-mail: everybody says it for themselves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from accounts.entities import Actor
from accounts.repository import require_organisation
from accounts.stores.entities import State
from accounts.stores.naming import find_stores
from storage.audit import audit_item
from storage.errors import StoreBusy
from storage.pauses import ATTEMPTS
from storage.transactions import Transaction
from supervisor import notice_repository as repository
from supervisor.entities import Urgency
from supervisor.errors import InvalidRequest, NoticesChanged
from supervisor.notice_entities import MOST_NAMED_STORES, Notices
from supervisor.notice_repository import NoticesSaved

ANSWER = "supervisor.answer_request"


def find_notices(actor: Actor) -> Notices:
    """One's own: one read. Raises PermissionDenied for who may not answer."""
    actor.require(ANSWER, actor.org_id)
    return repository.get_notices(actor.org_id, actor.user_id)


def change_notices(
    *,
    actor: Actor,
    version: int,
    on_duty: bool,
    urgency: Urgency,
    near_deadline: bool,
    stores: Iterable[str] | None,
) -> Notices:
    """`stores` are ids, None for all. `version` is the one that the actor saw, 0 before the first.
    Nothing is written where nothing differs.

    Raises PermissionDenied, InvalidRequest, NoticesChanged, OrganisationNotFound.
    """
    stored = find_notices(actor)
    named = None if stores is None else _known(actor, frozenset(stores))
    if (stored.version or 0) != version:
        raise NoticesChanged(stored)
    wanted = replace(
        stored, on_duty=on_duty, urgency=urgency, near_deadline=near_deadline, stores=named
    )
    try:
        return _save(actor, stored, wanted)
    except NoticesSaved:
        raise NoticesChanged(find_notices(actor)) from None


def set_duty(*, actor: Actor, on_duty: bool) -> Notices:
    """Whatever else is said meanwhile. Raises PermissionDenied, OrganisationNotFound, StoreBusy."""
    for _attempt in range(ATTEMPTS):
        stored = find_notices(actor)
        try:
            return _save(actor, stored, replace(stored, on_duty=on_duty))
        except NoticesSaved:
            continue
    raise StoreBusy("the notices keep changing")


def _save(actor: Actor, stored: Notices, wanted: Notices) -> Notices:
    """Raises NoticesSaved, OrganisationNotFound."""
    changes = _changes(stored, wanted)
    if not changes:
        return stored
    transaction = Transaction()
    require_organisation(transaction, actor.org_id)
    saved = repository.save_notices(transaction, wanted)
    transaction.put(
        audit_item(
            subject=wanted.audit_subject,
            actor_id=actor.user_id,
            actor_name=actor.name,
            action="supervisor.change_notices",
            changes=changes,
        )
    )
    transaction.commit()
    return saved


def _known(actor: Actor, store_ids: frozenset[str]) -> frozenset[str]:
    if not store_ids:
        raise InvalidRequest(fields={"stores": [_("Choose at least one store.")]})
    if len(store_ids) > MOST_NAMED_STORES:
        text = _("Choose %(most)d stores at most, or all.") % {"most": MOST_NAMED_STORES}
        raise InvalidRequest(fields={"stores": [text]})
    found = find_stores(actor, store_ids=store_ids)
    if not all(one in found and found[one].state is not State.DELETED for one in store_ids):
        raise InvalidRequest(fields={"stores": [_("There is no such store.")]})
    return store_ids


def _changes(before: Notices, after: Notices) -> dict[str, Any]:
    def facts(notices: Notices) -> dict[str, Any]:
        stores = None if notices.stores is None else sorted(notices.stores)
        return {
            "on_duty": notices.on_duty,
            "urgency": notices.urgency.value,
            "near_deadline": notices.near_deadline,
            "stores": stores,
        }

    old, new = facts(before), facts(after)
    return {name: (old[name], new[name]) for name in old if old[name] != new[name]}
