"""Changing an organisation."""

from __future__ import annotations

from dataclasses import replace

from accounts import directory, repository
from accounts.audit_trail import record
from accounts.entities import Actor, Organisation, clean_name
from accounts.errors import ChangedMeanwhile, NameMissing, OrganisationChanged
from storage.transactions import Transaction

CHANGE_ORGANISATION = "accounts.change_organisation"


def rename_organisation(*, actor: Actor, name: str, version: int) -> Organisation:
    """The actor's organisation under another name; `version` is the one that the actor saw.

    The same name changes nothing and keeps the version. Raises PermissionDenied,
    OrganisationNotFound, OrganisationChanged; NameMissing, InvalidName (under `name`).
    """
    actor.require(CHANGE_ORGANISATION, actor.org_id)
    name = clean_name(name, field="name")
    if not name:
        raise NameMissing(field="name")
    stored = directory.find_organisation(actor, org_id=actor.org_id, consistent=True)
    if stored.version != version:
        raise OrganisationChanged(stored)
    if stored.name == name:
        return stored

    transaction = Transaction()
    changed = repository.change_organisation(transaction, replace(stored, name=name))
    record(
        transaction, actor, stored.audit_subject, CHANGE_ORGANISATION, {"name": (stored.name, name)}
    )
    try:
        transaction.commit()
    except ChangedMeanwhile:
        current = directory.find_organisation(actor, org_id=actor.org_id, consistent=True)
        raise OrganisationChanged(current) from None
    return changed
