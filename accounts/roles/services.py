"""Making, changing, deleting and restoring an organisation's own roles."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils import translation

import accounts.repository
from accounts.audit_trail import record
from accounts.entities import Actor, Role, clean_name
from accounts.errors import ChangedMeanwhile, NameMissing
from accounts.own_permissions import ROLE_NAMES
from accounts.permissions import CustomRole, declared_codes
from accounts.roles import repository
from accounts.roles.entities import MOST_DELETED, MOST_ROLES, Roles, name_key, new_role
from accounts.roles.errors import (
    MoreThanOwn,
    RoleChanged,
    RoleNameTaken,
    TooManyRoles,
    UnknownPermission,
)
from accounts.roles.selectors import DELETE_ROLE, find_role
from storage.pauses import ATTEMPTS, pause
from storage.transactions import Transaction

ADD_ROLE = "accounts.add_role"
CHANGE_ROLE = "accounts.change_role"
RESTORE_ROLE = "accounts.restore_role"
DESTROY_ROLE = "accounts.destroy_role"
_FIELDS = ("name", "description", "permissions")


def add_role(
    *, actor: Actor, name: str, description: str = "", permissions: Iterable[str] = ()
) -> CustomRole:
    """Raises PermissionDenied, MoreThanOwn; NameMissing, InvalidName, UnknownPermission;
    RoleNameTaken, TooManyRoles; OrganisationNotFound."""
    actor.require(ADD_ROLE, actor.org_id)
    codes = _known(permissions)
    _require_may_give(actor, codes)
    role = new_role(
        actor.org_id,
        name=_name(name),
        description=clean_name(description, field="description"),
        permissions=codes,
    )

    def add(transaction: Transaction) -> CustomRole:
        repository.add_role(transaction, role)
        return replace(role, version=1)

    return _one_more(actor, add, ADD_ROLE, _changes(None, role))


def change_role(
    *,
    actor: Actor,
    role_id: str,
    version: int,
    name: str | None = None,
    description: str | None = None,
    permissions: Iterable[str] | None = None,
) -> CustomRole:
    """What is None stays; `version` is the one that the actor saw. Nothing is written where
    nothing differs.

    Raises PermissionDenied, MoreThanOwn; RoleNotFound, RoleChanged, RoleNameTaken; NameMissing,
    InvalidName, UnknownPermission; OrganisationNotFound.
    """
    actor.require(CHANGE_ROLE, actor.org_id)
    said: dict[str, Any] = {}
    if name is not None:
        said["name"] = _name(name)
    if description is not None:
        said["description"] = clean_name(description, field="description")
    if permissions is not None:
        said["permissions"] = _known(permissions)
    stored = _at_version(actor, role_id, version)
    wanted = replace(stored, **said)
    # Codes that no app declares any more permit nothing, so anybody may drop them.
    _require_may_give(actor, (stored.permissions ^ wanted.permissions) & declared_codes())
    if wanted == stored:
        return stored
    transaction = Transaction()
    changed = repository.change_role(transaction, stored, wanted)
    _commit(transaction, actor, changed, CHANGE_ROLE, _changes(stored, wanted))
    return changed


def delete_role(*, actor: Actor, role_id: str, version: int) -> CustomRole:
    """From now on it permits nothing, whoever has it; `restore_role` undoes that. Above
    MOST_DELETED the one that was deleted first is gone for good, if the actor may give it.

    Raises PermissionDenied, MoreThanOwn, RoleNotFound, RoleChanged, OrganisationNotFound.
    """
    actor.require(DELETE_ROLE, actor.org_id)
    stored = _at_version(actor, role_id, version)
    _require_may_give(actor, stored.permissions & declared_codes())
    transaction = Transaction()
    now = datetime.now(UTC).replace(microsecond=0)
    changed = repository.change_role(transaction, stored, replace(stored, deleted_at=now))
    gone = Roles.of(repository.roles_of(actor.org_id, consistent=True)).deleted
    for role in gone[MOST_DELETED - 1 :]:
        _require_may_give(actor, role.permissions & declared_codes())
        repository.forget_role(transaction, role)
        record(transaction, actor, role.audit_subject, DESTROY_ROLE, {"name": (role.name, None)})
    _commit(transaction, actor, changed, DELETE_ROLE, {"name": (stored.name, None)})
    return changed


def restore_role(*, actor: Actor, role_id: str) -> CustomRole:
    """Whoever still has it has it again. One that is not deleted stays as it is.

    Raises PermissionDenied, MoreThanOwn, RoleNotFound, RoleChanged, RoleNameTaken, TooManyRoles,
    OrganisationNotFound.
    """
    actor.require(DELETE_ROLE, actor.org_id)
    stored = find_role(actor, role_id, include_deleted=True)
    if stored.deleted_at is None:
        return stored
    _require_may_give(actor, stored.permissions & declared_codes())

    def restore(transaction: Transaction) -> CustomRole:
        # Read anew for each attempt: somebody else may have restored it.
        current = find_role(actor, role_id, include_deleted=True)
        if current.version != stored.version:
            raise RoleChanged(current)
        return repository.change_role(transaction, stored, replace(stored, deleted_at=None))

    return _one_more(actor, restore, RESTORE_ROLE, {"name": (None, stored.name)})


def _one_more(
    actor: Actor,
    write: Callable[[Transaction], CustomRole],
    action: str,
    changes: dict[str, Any],
) -> CustomRole:
    """Within MOST_ROLES, also of several at once: who was not first looks again."""
    for attempt in range(ATTEMPTS):
        if attempt:
            pause(attempt)
        version = repository.list_version(actor.org_id)
        if len(Roles.of(repository.roles_of(actor.org_id, consistent=True)).present) >= MOST_ROLES:
            raise TooManyRoles
        transaction = Transaction()
        role = write(transaction)
        repository.note_new_role(transaction, actor.org_id, version)
        try:
            _send(transaction, actor, role, action, changes)
        except ChangedMeanwhile:
            continue
        return role
    raise ChangedMeanwhile


def _commit(
    transaction: Transaction,
    actor: Actor,
    role: CustomRole,
    action: str,
    changes: dict[str, Any],
) -> None:
    try:
        _send(transaction, actor, role, action, changes)
    except ChangedMeanwhile:
        raise RoleChanged(find_role(actor, role.role_id)) from None


def _send(
    transaction: Transaction,
    actor: Actor,
    role: CustomRole,
    action: str,
    changes: dict[str, Any],
) -> None:
    accounts.repository.require_organisation(transaction, actor.org_id)
    record(transaction, actor, role.audit_subject, action, changes)
    transaction.commit()


def _at_version(actor: Actor, role_id: str, version: int) -> CustomRole:
    stored = find_role(actor, role_id)
    if stored.version != version:
        raise RoleChanged(stored)
    return stored


def _name(text: str) -> str:
    name = clean_name(text, field="name")
    if not name:
        raise NameMissing(field="name")
    if name_key(name) in _built_in_names():
        raise RoleNameTaken
    return name


@lru_cache(maxsize=1)
def _built_in_names() -> frozenset[str]:
    """In every language, so that nobody takes an own role for a built-in one."""
    names = {role.value for role in Role}
    for language, _name_of_language in settings.LANGUAGES:
        with translation.override(language):
            names |= {str(name) for name in ROLE_NAMES.values()}
    return frozenset(map(name_key, names))


def _known(permissions: Iterable[str]) -> frozenset[str]:
    codes = frozenset(permissions)
    if unknown := codes - declared_codes():
        raise UnknownPermission(unknown)
    return codes


def _require_may_give(actor: Actor, codes: Iterable[str]) -> None:
    codes = frozenset(codes)
    if codes and not actor.may_give(codes):
        raise MoreThanOwn


def _changes(before: CustomRole | None, after: CustomRole) -> dict[str, Any]:
    pairs = {
        field: (None if before is None else _said(before, field), _said(after, field))
        for field in _FIELDS
    }
    return {field: (old, new) for field, (old, new) in pairs.items() if old != new}


def _said(role: CustomRole, field: str) -> str | list[str] | None:
    if field == "permissions":
        return sorted(role.permissions) or None
    text: str = getattr(role, field)
    return text or None
