"""What makemigrations is about to write: operations with remarks, and where they go."""

from __future__ import annotations

from dataclasses import dataclass

from storage.evolution.migration import MigrationKey
from storage.evolution.operation import Operation


@dataclass(frozen=True, slots=True)
class Step:
    """One operation; `remarks` are sentences for who reads the file before running it."""

    operation: Operation
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """A migration file that does not exist yet."""

    app: str
    name: str
    dependencies: tuple[MigrationKey, ...] = ()
    steps: tuple[Step, ...] = ()

    @property
    def operations(self) -> tuple[Operation, ...]:
        return tuple(step.operation for step in self.steps)
