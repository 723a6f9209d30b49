"""Invitations, and what somebody may reach. Pure: no framework, no store."""

from __future__ import annotations

import hashlib
import re
import secrets
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypedDict

from accounts.entities import Role, User
from accounts.entities import is_id as is_id

MOST_ROLES = 20
MOST_STORES = 100
_STAMP_BYTES = 16
_LONGEST_IN_MAIL = 60
# Mail programs make a link of whatever has one of these between two words.
_MAKES_A_LINK = re.compile(r"(?<=\S)[.:/@\\]+(?=\S)")


@dataclass(frozen=True, slots=True)
class Invitation:
    """`roles` and `stores` are as in User, for whoever accepts.

    `digest` is that of the stamp which the link carries: who reads the table cannot make the link,
    and a new stamp ends the one before. `email` is as it was typed, `email_key` normalised.
    """

    org_id: str
    invitation_id: str
    email: str = field(repr=False)
    email_key: str = field(repr=False)
    roles: tuple[str, ...]
    stores: frozenset[str] | None
    digest: str = field(repr=False)
    invited_by: str
    inviter: str = field(repr=False)
    created_at: datetime
    expires_at: datetime
    version: int | None = None

    @property
    def is_open(self) -> bool:
        return datetime.now(UTC) < self.expires_at

    @property
    def audit_subject(self) -> str:
        return f"invitation#{self.invitation_id}"

    @staticmethod
    def new_id() -> str:
        return f"INVITATION-{uuid.uuid4()}"

    @staticmethod
    def new_stamp() -> str:
        return secrets.token_urlsafe(_STAMP_BYTES)


@dataclass(frozen=True, slots=True)
class Access:
    """What somebody may do and where; `roles` and `stores` are as in User."""

    roles: tuple[str, ...]
    stores: frozenset[str] | None
    active: bool = True

    @classmethod
    def of(cls, user: User) -> Access:
        return cls(user.roles, user.stores, user.deactivated_at is None)


class SaidAccess(TypedDict, total=False):
    """The fields of Access that shall change."""

    roles: tuple[str, ...]
    stores: frozenset[str] | None
    active: bool


def in_order(roles: Iterable[str]) -> tuple[str, ...]:
    """Each once, as they are read: built-in ones first, from most to least."""
    given = set(roles)
    built_in = tuple(role for role in Role if role.value in given)
    return (*built_in, *sorted(given.difference(built_in)))


def digest_of(stamp: str) -> str:
    return hashlib.sha256(stamp.encode("utf-8", "replace")).hexdigest()


def harmless(name: str) -> str:
    """A name that strangers chose, for a mail to strangers: short, and no address of any kind."""
    text = _MAKES_A_LINK.sub(" ", name)
    return text if len(text) <= _LONGEST_IN_MAIL else f"{text[:_LONGEST_IN_MAIL].rstrip()}…"
