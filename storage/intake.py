"""How rows from elsewhere become what an app stores: the vocabulary of every import.

An app offers a `Target` for each kind of thing it takes in; who reads the rows, from a database
or a file, knows nothing else about the app.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

FieldKind = Literal["text", "decimal", "integer", "boolean", "moment", "texts", "choice"]


@dataclass(frozen=True, slots=True)
class TargetField:
    """A field that a target takes.

    `kind` says what `Entry.values` holds for it: text → str, decimal → Decimal, integer → int,
    boolean → bool, moment → aware datetime in UTC, texts → tuple of str, choice → one of
    `choices` as str. None always means that the source has no value. `synonyms` are names that
    others give it, in lower case with spaces, the best first: a draft of a mapping looks for them.
    """

    name: str
    kind: FieldKind = "text"
    required: bool = False
    help: str = ""
    choices: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One row. `line` names it in reports, from 1; fields that `values` leaves out keep what is
    stored, fields that are None become empty."""

    line: int
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row was refused. `field` is empty where the row as a whole is meant."""

    line: int
    field: str
    reason: str
    value: str = ""


@dataclass(slots=True)
class Counts:
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0

    @property
    def rows(self) -> int:
        return self.created + self.changed + self.unchanged + self.refused

    def add(self, other: Counts) -> None:
        self.created += other.created
        self.changed += other.changed
        self.unchanged += other.unchanged
        self.refused += other.refused


@dataclass(slots=True)
class Outcome:
    """What became of some entries. With a dry run, what would."""

    counts: Counts = field(default_factory=Counts)
    refusals: list[Refusal] = field(default_factory=list)

    def refuse(self, refusals: Sequence[Refusal]) -> None:
        """All of one row."""
        self.counts.refused += 1
        self.refusals.extend(refusals)


class TargetWriter(Protocol):
    """Takes the entries of one run in their order."""

    def process(self, entries: Sequence[Entry]) -> Outcome:
        """Checks, compares with what is stored, and writes what differs (not in a dry run).

        At most a few hundred entries. Repeating entries that were written before changes nothing.
        Raises StoreUnavailable; what was written by then stays.
        """

    def count(self) -> int:
        """How many things of this kind are stored now, for the comparison at the end."""

    def close(self) -> None: ...


@runtime_checkable
class KnowsIdentity(Protocol):
    """A writer that can tell when two rows mean the same thing although they are written apart,
    such as `a-1` and `A-1`. Without it, rows are the same where their key fields are."""

    def identity(self, values: Mapping[str, Any]) -> str | None:
        """The key in the form in which it is stored; None where the row has no usable one."""


@runtime_checkable
class NeedsOptions(Protocol):
    """A target that a mapping cannot be written for without some of its options."""

    @property
    def needed_options(self) -> Mapping[str, Any]:
        """Name → example, e.g. `{"raw": True}`."""


class Target(Protocol):
    """`name` is what a mapping says, e.g. `products`; `key` are the fields that identify one."""

    @property
    def name(self) -> str: ...

    @property
    def summary(self) -> str: ...

    @property
    def key(self) -> tuple[str, ...]: ...

    @property
    def fields(self) -> tuple[TargetField, ...]: ...

    def writer(
        self,
        *,
        org_id: str | None,
        owner_email: str | None,
        dry_run: bool,
        options: Mapping[str, Any],
    ) -> TargetWriter:
        """Raises storage.domain errors (Invalid, NotFound, Forbidden) when it cannot start.

        `options` come from the mapping's own section for this target, e.g. `{"publish": true}`.
        """
