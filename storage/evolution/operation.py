"""What every operation of a migration can do, and what it is given to do it with."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, Protocol

from storage.evolution.state import State


@dataclass(frozen=True, slots=True)
class Options:
    """How a run works.

    `owns_tables` is false where infrastructure code makes the tables: then operations on them
    only count as done. `mend_unusable` lets tables be made again whose creation was cut short;
    for the embedded engine only. `capacity` limits item operations to so many capacity units a
    second, read and write together; None is as fast as it goes.
    """

    owns_tables: bool = True
    mend_unusable: bool = False
    segments: int = 4
    capacity: float | None = None


class Reporter(Protocol):
    """Hears how far a run is, for a progress bar or a log."""

    def items_begin(self, title: str, estimate: int) -> None:
        """Item work starts or goes on; `estimate` is the store's own count of the items."""

    def items_seen(self, seen: int, changed: int) -> None:
        """So many more since the last call, from any thread."""

    def items_end(self, summary: dict[str, Any]) -> None:
        """`summary` has seen, changed, removed, unchanged, conflicts, read_units, write_units,
        those of interrupted runs included."""

    def waiting(self, text: str) -> None:
        """The store works on something, such as a new index; called every few seconds."""


class SilentReporter:
    def items_begin(self, title: str, estimate: int) -> None:
        pass

    def items_seen(self, seen: int, changed: int) -> None:
        pass

    def items_end(self, summary: dict[str, Any]) -> None:
        pass

    def waiting(self, text: str) -> None:
        pass


class StillOurs(Protocol):
    def __call__(self) -> None:
        """Raises LeaseLost when another runner has taken over."""


@dataclass(frozen=True, slots=True)
class Work:
    """One operation, about to run in one direction.

    `before` and `after` are the states around the operation in the forward direction, whichever
    direction runs. `job` names this operation of this attempt of this migration: checkpoints are
    kept under it, and it stays the same when a killed run is taken up again. `token` belongs to
    this runner alone; checkpoints are written only while they carry it, which keeps out a runner
    that lost its lease and does not know it yet. `leased` says that the lease carries it, too:
    only then checkpoints are made and taken over. `latest` is what all migration files build up;
    it knows the kinds of item that come later.
    """

    app: str
    before: State
    after: State
    job: str
    token: str
    options: Options
    reporter: Reporter
    still_ours: StillOurs
    backwards: bool = False
    leased: bool = True
    latest: State = field(default_factory=State)


@dataclass(frozen=True)
class Operation(ABC):
    """Operations are dataclasses: the arguments are what a migration file says.

    `apply` and `revert` may be interrupted anywhere and are then run again with the same `job`.
    """

    @property
    def touches_items(self) -> bool:
        """Whether it changes items, rather than a table or nothing but the state."""
        return False

    @property
    def undoing_touches_items(self) -> bool:
        return self.touches_items

    @abstractmethod
    def state_after(self, state: State, app: str) -> State:
        """Raises StateError when the operation does not fit the state."""

    @abstractmethod
    def apply(self, work: Work) -> dict[str, Any]:
        """Returns a summary to be kept with the migration: {} or counts by name."""

    @abstractmethod
    def revert(self, work: Work) -> dict[str, Any]: ...

    def irreversible_because(self, before: State) -> str:
        """Why it has no reverse, empty when it has one."""
        return ""

    def destroys(self, *, backwards: bool) -> str:
        """What stored data is gone for good after it, such as `the values of colour in ProductItem
        of products`; empty for none."""
        return ""

    @abstractmethod
    def describe(self) -> str:
        """One line for a plan, such as `create table products`."""
