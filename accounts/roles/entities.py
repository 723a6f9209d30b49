"""Own roles. Pure: no framework, no store."""

from __future__ import annotations

import hashlib
import unicodedata
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from accounts.entities import CUSTOM_ROLE, without_format
from accounts.permissions import CustomRole

MOST_ROLES = 50
# Those of longer ago are gone for good, so that an organisation's roles stay one read.
MOST_DELETED = 50


@dataclass(frozen=True, slots=True)
class Roles:
    """An organisation's own roles, `present` by name, `deleted` latest first."""

    present: tuple[CustomRole, ...]
    deleted: tuple[CustomRole, ...]

    @classmethod
    def of(cls, roles: Iterable[CustomRole]) -> Roles:
        found = sorted(roles, key=lambda role: (role.name.casefold(), role.role_id))
        gone = [(role.deleted_at, role) for role in found if role.deleted_at is not None]
        gone.sort(key=lambda pair: pair[0], reverse=True)
        present = tuple(role for role in found if role.deleted_at is None)
        return cls(present, tuple(role for _, role in gone))


@dataclass(frozen=True, slots=True)
class Holders:
    """How many people have a role: `count`, or more where they were not all looked at."""

    count: int
    is_all: bool


def new_role(
    org_id: str, *, name: str, description: str, permissions: frozenset[str]
) -> CustomRole:
    now = datetime.now(UTC).replace(microsecond=0)
    role_id = f"{CUSTOM_ROLE}{uuid.uuid4()}"
    return CustomRole(org_id, role_id, name, permissions, now, now, description)


def name_key(name: str) -> str:
    """Equal for names that people take for one: a digest, for keys of the store are short."""
    seen = without_format(name)
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", seen).casefold())
    return hashlib.sha256(plain.encode()).hexdigest()
