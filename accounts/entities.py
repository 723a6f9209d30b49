"""Organisations, people, roles, and who may do what. Pure: no framework, no store."""

from __future__ import annotations

import secrets
import unicodedata
import uuid
from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from accounts.email import normalise_email as normalise_email
from accounts.errors import InvalidName, PermissionDenied

PERMISSIONS = (
    "accounts.view_user",
    "accounts.add_user",
    "accounts.change_user",
    "accounts.delete_user",
    "accounts.view_organisation",
    "accounts.change_organisation",
    "accounts.delete_organisation",
)
LONGEST_NAME = 150
# `auto` is as the system of the device says.
THEMES = ("auto", "light", "dark")
_STAMP_BYTES = 16
# Ids of people begin with USER-, so nobody can be called that.
_SYSTEM = "SYSTEM"
# Every organisation that came from another system has an id of this namespace.
_IMPORTED = uuid.UUID("6b1f6f0a-6a3d-4f0e-9d0e-3c2f5a1b7e94")

# They can make one name look like another.
_DIRECTIONS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

_declared: dict[str, None] = dict.fromkeys(PERMISSIONS)


def declare_permissions(codes: Iterable[str]) -> None:
    """An app makes its permission codes known, such as `catalog.change_product`."""
    _declared.update(dict.fromkeys(codes))


def declared_permissions() -> tuple[str, ...]:
    return tuple(_declared)


class Role(StrEnum):
    """The built-in roles.

    A permission code is `<app>.<verb>_<thing>`. The rule is over codes, so an app that brings
    new ones need not touch the roles.
    """

    OWNER = "owner"
    STAFF = "staff"
    VIEWER = "viewer"

    def grants(self, code: str) -> bool:
        """Owners may do everything; staff everything but deleting and managing people;
        viewers may look."""
        app, _, action = code.partition(".")
        verb = action.partition("_")[0]
        if not verb:
            return False
        if self is Role.OWNER or verb == "view":
            return True
        return self is Role.STAFF and verb != "delete" and app != "accounts"


@dataclass(frozen=True, slots=True)
class Grants:
    """What several roles allow together: `code in grants`."""

    roles: tuple[Role, ...]

    def __contains__(self, code: object) -> bool:
        return isinstance(code, str) and any(role.grants(code) for role in self.roles)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is doing something, and for which organisation."""

    user_id: str
    org_id: str
    name: str
    permissions: Container[str] = frozenset()

    @classmethod
    def system(cls, *, org_id: str, name: str = "system") -> Actor:
        """Work that no person asked for, such as a management command."""
        return cls(_SYSTEM, org_id, name, Grants((Role.OWNER,)))

    @property
    def is_anonymous(self) -> bool:
        return not self.user_id

    @property
    def is_system(self) -> bool:
        """No person: a command on the server itself, which sees all organisations."""
        return self.user_id == _SYSTEM

    def may(self, code: str, org_id: str) -> bool:
        """True when the actor holds `code` and the thing belongs to the actor's organisation."""
        return bool(org_id) and org_id == self.org_id and code in self.permissions

    def require(self, code: str, org_id: str) -> None:
        """Raises PermissionDenied."""
        if not self.may(code, org_id):
            raise PermissionDenied


ANONYMOUS = Actor("", "", "")


@dataclass(frozen=True, slots=True)
class Organisation:
    org_id: str
    name: str
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None
    version: int | None = None

    @classmethod
    def founded(cls, name: str, *, org_id: str | None = None) -> Organisation:
        """Now; under an id of its own unless one is given."""
        now = _now()
        return cls(org_id or f"ORG-{uuid.uuid4()}", name, now, now)

    @property
    def audit_subject(self) -> str:
        return f"organisation#{self.org_id}"


@dataclass(frozen=True, slots=True)
class User:
    """`email` is as its owner typed it, `email_key` normalised and unique.

    `password` is the hash. `credential_stamp` is random and renewed with the password: sessions
    and access tokens carry a digest of it and so end when it changes. Empty: `language` and `theme`
    as each device says, `time_zone` (an IANA name) UTC.
    """

    org_id: str
    user_id: str
    name: str
    email: str = field(repr=False)
    email_key: str = field(repr=False)
    password: str = field(repr=False)
    credential_stamp: str = field(repr=False)
    roles: tuple[Role, ...]
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None
    language: str = ""
    time_zone: str = ""
    theme: str = ""
    version: int | None = None

    @property
    def pk(self) -> str:
        """Both keys in one text, so that a session finds its user in one read."""
        return f"{self.org_id}.{self.user_id}"

    @property
    def is_owner(self) -> bool:
        return Role.OWNER in self.roles

    @property
    def actor(self) -> Actor:
        return Actor(self.user_id, self.org_id, self.name, Grants(self.roles))

    @staticmethod
    def new_id() -> str:
        return f"USER-{uuid.uuid4()}"

    @staticmethod
    def new_stamp() -> str:
        return secrets.token_urlsafe(_STAMP_BYTES)


@dataclass(frozen=True, slots=True)
class Membership:
    """A person together with the organisation that the person belongs to."""

    user: User
    organisation: Organisation

    @property
    def active(self) -> bool:
        return self.user.deleted_at is None and self.organisation.deleted_at is None


@dataclass(frozen=True, slots=True)
class Device:
    """What somebody logged in with, as far as it said; empty where it did not."""

    browser: str = ""
    system: str = ""

    def __str__(self) -> str:
        """In English, for records and programs."""
        return " on ".join(filter(None, (self.browser, self.system))) or "unknown device"


@dataclass(frozen=True, slots=True)
class SessionLogin:
    """The login that a session comes from. `id` names it in addresses, and opens nothing."""

    id: str
    user_pk: str
    at: datetime
    device: Device = Device()


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """`data` is signed by the session engine. Without `login` nobody is known to be logged in."""

    data: str
    expires_at: datetime
    login: SessionLogin | None = None
    last_seen: datetime | None = None


@dataclass(frozen=True, slots=True)
class OwnSession:
    """One of somebody's sessions. `data` is as in SessionRecord, `stored_key` the repository's."""

    id: str
    created_at: datetime
    last_seen: datetime
    expires_at: datetime
    device: Device
    data: str = field(repr=False)
    stored_key: str = field(repr=False)


def imported_organisation_id(source: str, reference: str) -> str:
    """The id of what the system `source` calls `reference`.

    It depends on these two words only (a UUID of version 5), so a second import, or the people
    who name their organisation, arrive at the one that the first import made, without a look-up.
    """
    system = uuid.uuid5(_IMPORTED, source)
    return f"ORG-{uuid.uuid5(system, reference)}"


def split_pk(pk: str) -> tuple[str, str] | None:
    """(organisation id, user id) of `User.pk`, or None for any other text."""
    org_id, separator, user_id = pk.partition(".")
    if not separator or not org_id.startswith("ORG-") or not user_id.startswith("USER-"):
        return None
    return org_id, user_id


def clean_name(text: str, *, field: str) -> str:
    """One line without control or text-direction characters. Raises InvalidName under `field`."""
    visible = "".join(character for character in text if not _is_invisible(character))
    name = " ".join(visible.split())
    if len(name) > LONGEST_NAME:
        raise InvalidName(field)
    return name


def _is_invisible(character: str) -> bool:
    category = unicodedata.category(character)
    return (
        category == "Cs"
        or (category == "Cc" and not character.isspace())
        or (character in _DIRECTIONS)
    )


def _now() -> datetime:
    """Whole seconds, as they are stored."""
    return datetime.now(UTC).replace(microsecond=0)
