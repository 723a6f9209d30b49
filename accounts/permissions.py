"""What can be permitted, and which roles permit it. Pure: no framework, no store.

A code is `<app>.<verb>_<thing>`, such as `catalog.change_product`. Every app declares its own, and
says which of the built-in roles hold each; so an app that brings new ones need not touch the roles.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """The built-in roles, from most to least."""

    OWNER = "owner"
    MANAGER = "manager"
    SUPERVISOR = "supervisor"
    STAFF = "staff"
    VIEWER = "viewer"

    def grants(self, code: str) -> bool:
        """Owners may do everything, also what is not declared; the others what is declared so."""
        if self is Role.OWNER:
            return bool(code.partition(".")[2].partition("_")[0])
        permission = _declared.get(code)
        return permission is not None and self in permission.held_by


EVERYBODY = frozenset({Role.MANAGER, Role.SUPERVISOR, Role.STAFF, Role.VIEWER})
NOBODY_ELSE: frozenset[Role] = frozenset()


@dataclass(frozen=True, slots=True)
class Permission:
    """`label` says it to people, in the infinitive: “Change products”. Owners hold every one, and
    of the other built-in roles those in `held_by`. One that is `of_store` reaches only the stores
    of whoever is bound to some."""

    code: str
    label: object
    held_by: frozenset[Role]
    of_store: bool = False

    @property
    def app(self) -> str:
        return self.code.partition(".")[0]


_declared: dict[str, Permission] = {}


def declare(permissions: Iterable[Permission]) -> None:
    """For `AppConfig.ready`."""
    _declared.update({permission.code: permission for permission in permissions})


def declared() -> tuple[Permission, ...]:
    """In the order of their declaration, so those of one app come together."""
    return tuple(_declared.values())


def declared_codes() -> frozenset[str]:
    return frozenset(_declared)


def is_of_store(code: str) -> bool:
    permission = _declared.get(code)
    return permission is not None and permission.of_store


@dataclass(frozen=True, slots=True)
class CustomRole:
    """A role that an organisation made itself. Who has it holds `permissions`, codes."""

    org_id: str
    role_id: str
    name: str
    permissions: frozenset[str]
    created_at: datetime
    updated_at: datetime
    description: str = ""
    deleted_at: datetime | None = None
    version: int | None = None

    @property
    def audit_subject(self) -> str:
        return f"role#{self.role_id}"


@dataclass(frozen=True, slots=True)
class Grants:
    """What several roles allow together: `code in grants`."""

    roles: tuple[Role, ...] = ()
    codes: frozenset[str] = field(default=frozenset())

    def __contains__(self, code: object) -> bool:
        if not isinstance(code, str):
            return False
        return code in self.codes or any(role.grants(code) for role in self.roles)
