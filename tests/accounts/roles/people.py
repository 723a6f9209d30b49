"""People with own roles."""

from __future__ import annotations

from dataclasses import replace

from accounts.entities import User
from accounts.permissions import CustomRole
from accounts.roles import services
from tests.accounts.actions import change, stored


def made(by: User, name: str = "Stackers", *codes: str) -> CustomRole:
    return services.add_role(actor=by.actor, name=name, permissions=codes)


def given(user: User, *roles: str, stores: frozenset[str] | None = None) -> User:
    """The person afterwards, with these roles and no others."""
    change(replace(stored(user), roles=roles, stores=stores))
    return stored(user)
