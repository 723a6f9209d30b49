"""Roles among the items of an organisation, all in its partition, so that they go where it goes."""

from __future__ import annotations

from accounts.permissions import CustomRole
from accounts.roles.entities import name_key
from accounts.tables import AccountItem

NAME_MARKER = "ROLENAME#"
# Every new role writes this item; so of two at once, one sees that the other came first.
LIST_KEY = "ROLES"


def name_marker(role: CustomRole) -> AccountItem:
    key = f"{NAME_MARKER}{name_key(role.name)}"
    return AccountItem(role.org_id, key, org_id=role.org_id, role_id=role.role_id)
