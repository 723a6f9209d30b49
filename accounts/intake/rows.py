"""What a row says: checked, and in the words of this application. Nothing here asks the store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from accounts import passwords
from accounts.entities import Role, User, clean_name, normalise_email
from accounts.intake import errors
from storage.domain import Invalid
from storage.intake import Entry, Refusal

VALUE_SHOWN = 200
ROLES = tuple(role.value for role in Role)


@dataclass(frozen=True, slots=True)
class OrganisationRow:
    """`reference` is what the other system calls it."""

    line: int
    reference: str
    name: str


@dataclass(frozen=True, slots=True)
class PersonRow:
    """`values` holds what the row has a word on, checked: name, role, language, created_at,
    deleted_at as moments or None, and whether `deleted`."""

    line: int
    email: str
    email_key: str
    organisation: str
    values: Mapping[str, Any]

    def founded(self, org_id: str, now: datetime, stores: frozenset[str] | None) -> User:
        """Somebody new, who has no password and so cannot log in yet; `stores` as in User."""
        blank = User(
            org_id=org_id,
            user_id=User.new_id(),
            name=self._stand_in,
            email=self.email,
            email_key=self.email_key,
            password=passwords.unusable(),
            credential_stamp=User.new_stamp(),
            roles=(Role.VIEWER,),
            created_at=now,
            updated_at=now,
            stores=stores,
        )
        return self.onto(blank, now, change_roles=True)

    def onto(self, stored: User, now: datetime, *, change_roles: bool) -> User:
        """Equal to `stored` where the row says nothing new. Address, password and stamp stay.

        Whom the row calls deleted becomes so, and is logged out; nobody is restored. Who becomes an
        owner works in all stores.
        """
        said = self.values
        role: Role | None = said.get("role") if change_roles else None
        after = replace(
            stored,
            name=(said["name"] or self._stand_in) if "name" in said else stored.name,
            roles=(role,) if role else stored.roles,
            stores=None if role is Role.OWNER else stored.stores,
            language=said.get("language", stored.language),
            created_at=said.get("created_at") or stored.created_at,
            deleted_at=said.get("deleted_at")
            or stored.deleted_at
            or (now if said.get("deleted") else None),
        )
        is_new = stored.deleted_at is None and after.deleted_at is not None
        return after.logged_out(now) if is_new else after

    @property
    def restores(self) -> bool:
        """The row says in so many words that the person is not deleted."""
        speaks_of_it = "deleted" in self.values or "deleted_at" in self.values
        return speaks_of_it and not self.deletes

    @property
    def deletes(self) -> bool:
        return bool(self.values.get("deleted") or self.values.get("deleted_at"))

    @property
    def _stand_in(self) -> str:
        return self.email.rpartition("@")[0]


def read_organisation(entry: Entry) -> OrganisationRow | list[Refusal]:
    reading = _Reading(entry)
    reference = reading.line_of_text("external_id", required=True)
    name = reading.line_of_text("name", required=True)
    return reading.refusals or OrganisationRow(entry.line, reference, name)


def organisation_reference(values: Mapping[str, Any]) -> str | None:
    """None where a row has no usable one."""
    return _Reading(Entry(0, values)).line_of_text("external_id") or None


def email_key_of(values: Mapping[str, Any]) -> str | None:
    """None for what is no address."""
    return _Reading(Entry(0, values)).email()[1] or None


def read_person(entry: Entry, now: datetime) -> PersonRow | list[Refusal]:
    reading = _Reading(entry)
    email, email_key = reading.email()
    organisation = reading.line_of_text("organisation")
    languages = tuple(code for code, _ in settings.LANGUAGES)
    readers: dict[str, Callable[[str], Any]] = {
        "name": reading.line_of_text,
        "role": lambda name: Role(choice) if (choice := reading.choice(name, ROLES)) else None,
        "language": lambda name: reading.choice(name, languages),
        "created_at": lambda name: reading.moment(name, now),
        "deleted_at": lambda name: reading.moment(name, now),
        "deleted": lambda name: bool(entry.values[name]),
    }
    values = {name: read(name) for name, read in readers.items() if name in entry.values}
    if reading.refusals:
        return reading.refusals
    return PersonRow(entry.line, email, email_key, organisation, values)


def refusal(line: int, field: str, reason: object, value: object = "") -> Refusal:
    return Refusal(line, field, str(reason), "" if value is None else str(value)[:VALUE_SHOWN])


class _Reading:
    """Reads fields of one entry and gathers what is wrong with them."""

    def __init__(self, entry: Entry) -> None:
        self._entry = entry
        self.refusals: list[Refusal] = []

    def line_of_text(self, field: str, *, required: bool = False) -> str:
        """Empty for None."""
        value = self._entry.values.get(field)
        if value is not None and not isinstance(value, str):
            return self._refuse(field, errors.NOT_A_TEXT)
        try:
            text = clean_name(value or "", field=field)
        except Invalid as error:
            return self._refuse(field, error.message)
        return text or (self._refuse(field, errors.REQUIRED) if required else "")

    def email(self) -> tuple[str, str]:
        """(as it was typed, normalised)"""
        value = self._entry.values.get("email")
        if not isinstance(value, str) or not value.strip():
            return self._refuse("email", errors.REQUIRED), ""
        try:
            return value.strip(), normalise_email(value)
        except Invalid as error:
            return self._refuse("email", error.message), ""

    def choice(self, field: str, choices: tuple[str, ...]) -> str:
        """Empty for None."""
        value = self._entry.values[field]
        if value is None or value in choices:
            return value or ""
        return self._refuse(field, errors.UNKNOWN_CHOICE % {"choices": ", ".join(choices)})

    def moment(self, field: str, now: datetime) -> datetime | None:
        """In whole seconds, as they are stored."""
        value = self._entry.values[field]
        if value is None:
            return None
        if not isinstance(value, datetime) or value.tzinfo is None:
            self._refuse(field, errors.NOT_A_MOMENT)
            return None
        moment = value.astimezone(UTC).replace(microsecond=0)
        if moment > now:
            # Such as the year 9999, by which some systems mean "never".
            self._refuse(field, errors.IN_THE_FUTURE)
        return moment

    def _refuse(self, field: str, reason: object) -> str:
        value = self._entry.values.get(field)
        self.refusals.append(refusal(self._entry.line, field, reason, value))
        return ""
