"""What makemigrations cannot know by itself, and the answers where nobody can be asked.

Answers from a person at a terminal are in `config.migration_questions`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Protocol

from storage.evolution.errors import MigrationError
from storage.evolution.state import Attribute
from storage.typed import Plain


class Undecided(MigrationError):
    """A question was not answered, so that no migration can be made."""


class LeaveAlone:
    """Stored items stay as they are; the application copes with them."""


LEAVE_ALONE: Final = LeaveAlone()


@dataclass(frozen=True, slots=True)
class Place:
    """Where an attribute is; `kind` is the class of its items."""

    table: str
    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.table}.{self.kind}.{self.name}"


@dataclass(frozen=True, slots=True)
class Conversion:
    """Functions of a stored value, as plain Python has it, that undo each other."""

    forwards: Callable[[Any], Plain]
    backwards: Callable[[Any], Plain]


_CONVERSIONS = {
    ("N", "S"): Conversion(str, Decimal),
    ("S", "N"): Conversion(Decimal, str),
    ("BOOL", "N"): Conversion(int, bool),
    ("SS", "L"): Conversion(sorted, set),
    ("NS", "L"): Conversion(sorted, set),
    ("BS", "L"): Conversion(sorted, set),
}


def usual_conversion(old: str, new: str) -> Conversion | None:
    """Between two DynamoDB types, where there is one that fits every value or fails."""
    return _CONVERSIONS.get((old, new))


class Questions(Protocol):
    """Every method may raise Undecided instead of answering."""

    def is_renamed(self, place: Place, new_name: str, attribute: Attribute, /) -> bool:
        """Whether the attribute that is gone is the one that is new."""

    def value_for_stored_items(
        self, place: Place, attribute: Attribute, /, *, is_new: bool
    ) -> Plain | LeaveAlone:
        """What items get that lack an attribute which must not be absent. It is new, or it could
        be absent so far."""

    def conversion(
        self, place: Place, old: Attribute, new: Attribute, /
    ) -> Conversion | LeaveAlone:
        """How values become of another type."""

    def purges_attribute(self, place: Place, /) -> bool:
        """Whether its values are to be removed from the stored items."""

    def purges_kind(self, table: str, kind: str, new_prefix: str | None = None, /) -> bool:
        """Whether its items are to be deleted: it is gone, or has another prefix from now on."""

    def confirm_replacement(self, old: str, new: str, /) -> None:
        """One table takes the place of another, which is deleted with its items."""

    def confirm_merge(self, app: str, /) -> bool: ...


class Unasked:
    """Answers for finding out whether anything changed, rather than what to do about it."""

    def is_renamed(self, *_: object) -> bool:
        return False

    def value_for_stored_items(self, *_: object, **_named: object) -> Plain | LeaveAlone:
        return LEAVE_ALONE

    def conversion(self, *_: object) -> Conversion | LeaveAlone:
        return LEAVE_ALONE

    def purges_attribute(self, *_: object) -> bool:
        return False

    def purges_kind(self, *_: object) -> bool:
        return False

    def confirm_replacement(self, *_: object) -> None:
        pass

    def confirm_merge(self, *_: object) -> bool:
        return True


class NoInput:
    """For `--noinput`: nothing is renamed or removed from stored items; what a person has to
    decide stops it. `defaults` are those of the models."""

    def __init__(self, defaults: Mapping[Place, Plain]) -> None:
        self._defaults = defaults

    def is_renamed(self, *_: object) -> bool:
        return False

    def value_for_stored_items(
        self, place: Place, _attribute: Attribute, /, *, is_new: bool
    ) -> Plain | LeaveAlone:
        if place in self._defaults:
            return self._defaults[place]
        what = "is new and" if is_new else "could be absent so far and now"
        raise Undecided(
            f"{place} {what} must not be null: stored items need a value, so give it null=True or"
            " a default, or run makemigrations where it can ask"
        )

    def conversion(
        self, place: Place, old: Attribute, new: Attribute, /
    ) -> Conversion | LeaveAlone:
        raise Undecided(
            f"{place} changes its type from {old.type} to {new.type}: run makemigrations where it"
            " can ask what becomes of stored values"
        )

    def purges_attribute(self, *_: object) -> bool:
        return False

    def purges_kind(self, table: str, kind: str, new_prefix: str | None = None, /) -> bool:
        if new_prefix is None:
            return False
        raise Undecided(
            f"the prefix of {table}.{kind} changes, which stored keys cannot: run makemigrations"
            " where it can ask what becomes of the stored items"
        )

    def confirm_replacement(self, old: str, new: str, /) -> None:
        raise Undecided(
            f"{new} would take the place of {old}, which would be deleted with its items: run"
            " makemigrations where it can ask, or make the two changes one after the other"
        )

    def confirm_merge(self, *_: object) -> bool:
        return True
