"""Stores. Pure: no framework, no store of data."""

from __future__ import annotations

import unicodedata
import uuid
import zoneinfo
from dataclasses import astuple, dataclass
from datetime import UTC, datetime, tzinfo
from enum import StrEnum

from accounts.entities import without_format
from accounts.stores.opening_hours import OpeningHours

_SORTED_CHARACTERS = 150


class State(StrEnum):
    """Each is a list of its own."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Address:
    """`lines` are street and number, building, and the like; `country` is ISO 3166 alpha-2, in
    capitals. Everything may be empty."""

    lines: tuple[str, ...] = ()
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""

    def __bool__(self) -> bool:
        return any(astuple(self))


@dataclass(frozen=True, slots=True)
class Store:
    """`number` is the organisation's own reference, or empty. `time_zone` is an IANA name. Who
    never said when it opens has no `opening_hours`."""

    org_id: str
    store_id: str
    name: str
    time_zone: str
    created_at: datetime
    updated_at: datetime
    number: str = ""
    address: Address = Address()
    opening_hours: OpeningHours | None = None
    active: bool = True
    deleted_at: datetime | None = None
    version: int | None = None

    @property
    def audit_subject(self) -> str:
        return f"store#{self.store_id}"

    @property
    def state(self) -> State:
        if self.deleted_at is not None:
            return State.DELETED
        return State.ACTIVE if self.active else State.INACTIVE

    @property
    def name_key(self) -> tuple[str, str]:
        """What lists are ordered by."""
        return sortable(self.name), self.store_id

    @property
    def zone(self) -> tzinfo:
        """UTC where this machine does not know the zone (any more)."""
        try:
            return zoneinfo.ZoneInfo(self.time_zone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError):
            return UTC

    @staticmethod
    def new_id() -> str:
        return f"STORE-{uuid.uuid4()}"


def sortable(name: str) -> str:
    """Without accents and capitals, and cut: a key of DynamoDB has 1,024 bytes at most."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(each for each in decomposed if not unicodedata.combining(each))
    return " ".join(plain.split())[:_SORTED_CHARACTERS]


def number_key(number: str) -> str:
    """Numbers that differ in capitals, or in how a character is composed, are the same."""
    return unicodedata.normalize("NFKC", without_format(number)).casefold()
