"""Reads of roles."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.apps import apps

from accounts.entities import CUSTOM_ROLE, Actor, User
from accounts.own_permissions import ROLE_NAMES
from accounts.permissions import CustomRole, Permission, Role, declared, declared_codes
from accounts.roles import repository
from accounts.roles.entities import Holders, Roles
from accounts.roles.errors import RoleNotFound

_ID = re.compile(rf"{CUSTOM_ROLE}[0-9a-f-]{{36}}")
VIEW_ROLE = "accounts.view_role"
DELETE_ROLE = "accounts.delete_role"


def list_roles(actor: Actor) -> list[CustomRole]:
    """The organisation's own roles by name, at most MOST_ROLES: one query.

    Raises PermissionDenied.
    """
    return list(all_roles(actor).present)


def all_roles(actor: Actor) -> Roles:
    """Deleted ones only for who may restore them. One query. Raises PermissionDenied."""
    actor.require(VIEW_ROLE, actor.org_id)
    roles = Roles.of(repository.roles_of(actor.org_id, consistent=True))
    return roles if actor.may(DELETE_ROLE, actor.org_id) else Roles(roles.present, ())


def find_role(actor: Actor, role_id: str, *, include_deleted: bool = False) -> CustomRole:
    """One read. Raises PermissionDenied, RoleNotFound."""
    actor.require(VIEW_ROLE, actor.org_id)
    # Other kinds of item have keys of the same partition.
    role = repository.get_role(actor.org_id, role_id) if _ID.fullmatch(role_id) else None
    if role is None or (role.deleted_at is not None and not include_deleted):
        raise RoleNotFound
    return role


def holders_of(actor: Actor, role: CustomRole) -> Holders:
    """One query of the first 500 people. Raises PermissionDenied."""
    actor.require(VIEW_ROLE, role.org_id)
    return repository.holders_of(role.org_id, role.role_id)


def role_names(org_id: str, people: Iterable[User] | None = None) -> dict[str, str]:
    """What `User.roles` holds → what people call it, built-in roles included: one query, none
    where nobody among `people` has an own role.

    Deleted roles are not among them; whoever still has one has nothing of it.
    """
    if people is not None and not any(user.custom_roles for user in people):
        return names_of()
    return names_of(Roles.of(repository.roles_of(org_id, consistent=False)).present)


def names_of(own: Iterable[CustomRole] = ()) -> dict[str, str]:
    """As `role_names`, of roles that were read already."""
    built_in = {role.value: str(name) for role, name in ROLE_NAMES.items()}
    return built_in | {role.role_id: role.name for role in own}


def may_give(actor: Actor) -> frozenset[str]:
    """Of the declared codes those that the actor may give to others, and take from them."""
    return frozenset(code for code in declared_codes() if actor.may_give((code,)))


def permission_groups() -> list[tuple[str, list[Permission]]]:
    """All declared permissions, by the name of the app that declares them."""
    groups: dict[str, list[Permission]] = {}
    for permission in declared():
        groups.setdefault(permission.app, []).append(permission)
    return [(str(apps.get_app_config(app).verbose_name), found) for app, found in groups.items()]


def built_in_holders(permission: Permission) -> list[Role]:
    """The built-in roles that permit it, from most to least."""
    return [role for role in Role if role.grants(permission.code)]
