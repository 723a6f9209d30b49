"""How long an organisation keeps who its callers were: who may see and change it."""

from __future__ import annotations

from dataclasses import replace

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.entities import Actor
from accounts.errors import PermissionDenied
from accounts.repository import require_organisation
from storage.audit import audit_item
from storage.domain import LostRace
from storage.transactions import Transaction
from supervisor import retention_repository as repository
from supervisor.errors import InvalidRequest
from supervisor.retention_repository import Retention, RetentionSaved

CHANGE = "supervisor.change_settings"
MOST_DAYS = 3650


class RetentionChanged(LostRace):
    code = "retention_changed"
    message = _("Somebody else changed this in the meantime.")
    current: Retention


def find_retention(actor: Actor) -> Retention:
    """One read. Raises PermissionDenied, also for who is bound to some stores."""
    actor.require(CHANGE, actor.org_id)
    if actor.stores is not None:
        raise PermissionDenied
    return repository.get_retention(actor.org_id, settings.REQUEST_RETENTION_DAYS)


def change_retention(*, actor: Actor, days: int, version: int) -> Retention:
    """0 days is for good. `version` is the one that the actor saw, 0 before the first.

    Raises PermissionDenied, InvalidRequest, RetentionChanged, OrganisationNotFound.
    """
    stored = find_retention(actor)
    if not 0 <= days <= MOST_DAYS:
        reason = _("Give whole days between 0 and %(most)d.") % {"most": MOST_DAYS}
        raise InvalidRequest(fields={"days": [reason]})
    if (stored.version or 0) != version:
        raise RetentionChanged(stored)
    if stored.version is not None and stored.days == days:
        return stored
    transaction = Transaction()
    require_organisation(transaction, actor.org_id)
    changed = repository.save_retention(transaction, replace(stored, days=days))
    transaction.put(
        audit_item(
            subject=stored.audit_subject,
            actor_id=actor.user_id,
            actor_name=actor.name,
            action="supervisor.change_retention",
            changes={"days": (stored.days, days)},
        )
    )
    try:
        transaction.commit()
    except RetentionSaved:
        raise RetentionChanged(find_retention(actor)) from None
    return changed
