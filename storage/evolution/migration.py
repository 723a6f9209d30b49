"""A migration: what it depends on, and its operations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from storage.evolution.operation import Operation
from storage.evolution.state import State, StateError

MigrationKey = tuple[str, str]
"""App and name, such as ("catalog", "0001_initial")."""


class Migration:
    """The base of the class `Migration` in every migration file."""

    dependencies: ClassVar[Sequence[MigrationKey]] = ()
    operations: ClassVar[Sequence[Operation]] = ()
    # Django's own loader imports every `migrations` package and looks for these.
    run_before: ClassVar[Sequence[MigrationKey]] = ()
    replaces: ClassVar[Sequence[MigrationKey]] = ()
    initial: ClassVar[bool | None] = None

    def __init__(self, name: str, app_label: str) -> None:
        self.name = name
        self.app_label = app_label


@dataclass(frozen=True, slots=True)
class LoadedMigration:
    """A migration file as it is on disk. `checksum` is empty where there is no source text."""

    app: str
    name: str
    dependencies: tuple[MigrationKey, ...]
    operations: tuple[Operation, ...]
    checksum: str = ""

    @property
    def key(self) -> MigrationKey:
        return self.app, self.name

    @property
    def label(self) -> str:
        return f"{self.app}.{self.name}"

    def state_after(self, state: State) -> State:
        """Raises StateError, naming this migration."""
        for operation in self.operations:
            try:
                state = operation.state_after(state, self.app)
            except StateError as error:
                raise StateError(f"{self.label}, {operation.describe()}: {error}") from error
        return state
