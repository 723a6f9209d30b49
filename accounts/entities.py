"""Organisations, people, roles, and who may do what. Pure: no framework, no store."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Container, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from accounts.email import normalise_email as normalise_email
from accounts.errors import ConfirmationNeeded, PermissionDenied, SecondFactorMissing
from accounts.permissions import CustomRole, Grants, is_of_store
from accounts.permissions import Role as Role
from accounts.texts import LONGEST_NAME as LONGEST_NAME
from accounts.texts import clean_name as clean_name
from accounts.texts import clean_text as clean_text
from accounts.texts import is_same_name as is_same_name
from accounts.texts import without_format as without_format

# `auto` is as the system of the device says.
THEMES = ("auto", "light", "dark")
# What the ids of roles begin with that an organisation made itself.
CUSTOM_ROLE = "ROLE-"
CONFIRMATION_HOLDS = timedelta(minutes=15)
_STAMP_BYTES = 16
# Ids of people begin with USER-, so nobody can be called that.
_SYSTEM = "SYSTEM"
# Every organisation that came from another system has an id of this namespace.
_IMPORTED = uuid.UUID("6b1f6f0a-6a3d-4f0e-9d0e-3c2f5a1b7e94")

_LONGEST_ID = 64


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is doing something, and for which organisation.

    `stores` are the ids of those that the actor is bound to, None for no bounds. `confirmed_at` is
    when the actor last proved who it is, by password or code; None for never, as with API tokens.
    Who is `without_second_factor` in an organisation that asks for one may do nothing.
    """

    user_id: str
    org_id: str
    name: str
    permissions: Container[str] = frozenset()
    stores: frozenset[str] | None = None
    confirmed_at: datetime | None = None
    without_second_factor: bool = False

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

    def may(self, code: str, org_id: str, store_id: str = "") -> bool:
        """True when the actor holds `code` and the thing belongs to the actor's organisation.

        For a thing of a store, the store must be one of the actor's, too.
        """
        return (
            bool(org_id)
            and org_id == self.org_id
            and not self.without_second_factor
            and code in self.permissions
            and (not store_id or not is_of_store(code) or self.reaches(store_id))
        )

    def require(self, code: str, org_id: str, store_id: str = "") -> None:
        """Raises PermissionDenied, SecondFactorMissing where that is the reason."""
        if self.may(code, org_id, store_id):
            return
        if self.without_second_factor and org_id == self.org_id:
            raise SecondFactorMissing
        raise PermissionDenied

    def reaches(self, store_id: str) -> bool:
        return self.stores is None or store_id in self.stores

    def may_give(self, codes: Iterable[str], stores: frozenset[str] | None = None) -> bool:
        """Whether nobody would have more through this than the actor has. `stores` as above."""
        if self.stores is not None and (stores is None or not stores <= self.stores):
            return False
        return not self.without_second_factor and all(code in self.permissions for code in codes)

    def require_confirmation(self) -> None:
        """For what cannot be undone or opens doors. Raises ConfirmationNeeded."""
        if self.is_system:
            return
        if self.confirmed_at is None or _now() - self.confirmed_at > CONFIRMATION_HOLDS:
            raise ConfirmationNeeded


ANONYMOUS = Actor("", "", "")


@dataclass(frozen=True, slots=True)
class Organisation:
    org_id: str
    name: str
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None
    second_factor_required: bool = False
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

    `roles` are built-in ones and ids of CustomRole. `stores` are ids of those that the person is
    bound to, None for all. `second_factor_since` is None where the password is enough.
    `removed_with` names the removal of the organisation that the person was deleted by. API tokens
    that were made until `tokens_ended_at` do not work any more.
    """

    org_id: str
    user_id: str
    name: str
    email: str = field(repr=False)
    email_key: str = field(repr=False)
    password: str = field(repr=False)
    credential_stamp: str = field(repr=False)
    roles: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None
    language: str = ""
    time_zone: str = ""
    theme: str = ""
    stores: frozenset[str] | None = None
    deactivated_at: datetime | None = None
    tokens_ended_at: datetime | None = None
    removed_with: str = ""
    second_factor_since: datetime | None = None
    last_login_at: datetime | None = None
    version: int | None = None

    @property
    def pk(self) -> str:
        """Both keys in one text, so that a session finds its user in one read."""
        return f"{self.org_id}.{self.user_id}"

    @property
    def reference(self) -> str:
        """`pk` and the ids of the custom roles, so that they are found in the same read."""
        return ".".join((self.pk, *self.custom_roles))

    @property
    def built_in_roles(self) -> tuple[Role, ...]:
        return tuple(Role(role) for role in self.roles if not role.startswith(CUSTOM_ROLE))

    @property
    def custom_roles(self) -> tuple[str, ...]:
        """Their ids."""
        return tuple(role for role in self.roles if role.startswith(CUSTOM_ROLE))

    @property
    def is_owner(self) -> bool:
        return Role.OWNER in self.roles

    @property
    def may_log_in(self) -> bool:
        return self.deleted_at is None and self.deactivated_at is None

    @property
    def actor(self) -> Actor:
        """With what the built-in roles permit; `Membership.actor` knows the rest."""
        grants = Grants(self.built_in_roles)
        return Actor(self.user_id, self.org_id, self.name, grants, self.stores)

    @property
    def audit_subject(self) -> str:
        return f"user#{self.user_id}"

    def logged_out(self, now: datetime) -> User:
        """With a new stamp: sessions and tokens from before do not come back with the person."""
        return replace(self, credential_stamp=User.new_stamp(), tokens_ended_at=now)

    @staticmethod
    def new_id() -> str:
        return f"USER-{uuid.uuid4()}"

    @staticmethod
    def new_stamp() -> str:
        return secrets.token_urlsafe(_STAMP_BYTES)


@dataclass(frozen=True, slots=True)
class Membership:
    """A person together with the organisation that the person belongs to.

    `custom_roles` are those of the person that exist.
    """

    user: User
    organisation: Organisation
    custom_roles: tuple[CustomRole, ...] = ()

    @property
    def active(self) -> bool:
        return self.user.may_log_in and self.organisation.deleted_at is None

    @property
    def actor(self) -> Actor:
        codes: frozenset[str] = frozenset().union(*(role.permissions for role in self.custom_roles))
        return replace(
            self.user.actor,
            permissions=Grants(self.user.built_in_roles, codes),
            without_second_factor=self.must_set_up_second_factor,
        )

    @property
    def must_set_up_second_factor(self) -> bool:
        required = self.organisation.second_factor_required
        return required and self.user.second_factor_since is None


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
    """One of somebody's sessions. `data` is as in SessionRecord, `stored_key` the repository's.

    That of a program has no data and a `credential_digest`, as its access tokens have one.
    """

    id: str
    created_at: datetime
    last_seen: datetime
    expires_at: datetime
    device: Device
    data: str = field(repr=False)
    stored_key: str = field(repr=False)
    credential_digest: str = field(default="", repr=False)

    @property
    def is_program(self) -> bool:
        return bool(self.credential_digest)


def imported_organisation_id(source: str, reference: str) -> str:
    """The id of what the system `source` calls `reference`.

    It depends on these two words only (a UUID of version 5), so a second import, or the people
    who name their organisation, arrive at the one that the first import made, without a look-up.
    """
    system = uuid.uuid5(_IMPORTED, source)
    return f"ORG-{uuid.uuid5(system, reference)}"


def split_reference(text: str) -> tuple[str, str, tuple[str, ...]] | None:
    """(organisation id, user id, ids of custom roles) of `User.reference` or `User.pk`; None for
    any other text."""
    org_id, *rest = text.split(".")
    user_id, *roles = rest or ("",)
    if not org_id.startswith("ORG-") or not user_id.startswith("USER-"):
        return None
    if not all(role.startswith(CUSTOM_ROLE) for role in roles):
        return None
    return org_id, user_id, tuple(roles)


def is_id(kind: str, text: str) -> bool:
    """Whether it can be one, and so be looked up; `kind` is such as `USER`."""
    return text.startswith(f"{kind}-") and len(text) <= _LONGEST_ID


def _now() -> datetime:
    """Whole seconds, as they are stored."""
    return datetime.now(UTC).replace(microsecond=0)
