"""Whether an organisation asks all its people for a second factor."""

from __future__ import annotations

from dataclasses import replace

from accounts import directory
from accounts.audit_trail import record
from accounts.entities import Actor, Organisation
from accounts.errors import ChangedMeanwhile
from accounts.models import AuthUser
from accounts.second_factor import repository
from storage.transactions import Transaction

CHANGE_ORGANISATION = "accounts.change_organisation"
_ATTEMPTS = 3


def is_required(user: AuthUser) -> bool:
    """Of somebody logged in; no request."""
    return user.organisation is not None and user.organisation.second_factor_required


def change_second_factor_requirement(*, actor: Actor, required: bool) -> Organisation:
    """The actor's organisation afterwards; nothing is written where it is so already.

    Who asks others for one has one. The last one holds: nothing else is changed by this. Raises
    PermissionDenied, ConfirmationNeeded, OwnSecondFactorFirst, OrganisationNotFound,
    ChangedMeanwhile.
    """
    actor.require(CHANGE_ORGANISATION, actor.org_id)
    actor.require_confirmation()
    for _attempt in range(_ATTEMPTS - 1):
        try:
            return _change(actor, required)
        except ChangedMeanwhile:
            continue
    return _change(actor, required)


def _change(actor: Actor, required: bool) -> Organisation:
    stored = directory.find_organisation(actor, org_id=actor.org_id, consistent=True)
    if stored.second_factor_required == required:
        return stored
    changed = replace(stored, second_factor_required=required)
    transaction = Transaction()
    repository.change_requirement(transaction, changed)
    if required:
        repository.require_second_factor(transaction, actor.org_id, actor.user_id)
    record(
        transaction,
        actor,
        stored.audit_subject,
        "accounts.change_second_factor_requirement",
        {"second_factor_required": (stored.second_factor_required, required)},
    )
    transaction.commit()
    return replace(changed, version=(stored.version or 0) + 1)
