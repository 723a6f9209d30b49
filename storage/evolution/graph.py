"""The order of the migrations, and the names by which people ask for them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable

from storage.evolution.errors import BadMigration, InconsistentHistory, UnknownMigration
from storage.evolution.migration import LoadedMigration, MigrationKey
from storage.evolution.state import State

ZERO = "zero"
_RELATIVE = re.compile(r"[+-]\d+")


def is_relative(name: str) -> bool:
    """`+1`, `-2`."""
    return _RELATIVE.fullmatch(name) is not None


class MigrationGraph:
    """Raises BadMigration for a dependency that is missing or goes in a circle."""

    def __init__(self, migrations: Iterable[LoadedMigration]) -> None:
        self.migrations = {migration.key: migration for migration in migrations}
        self.children: dict[MigrationKey, list[MigrationKey]] = {key: [] for key in self.migrations}
        for migration in self.migrations.values():
            for parent in migration.dependencies:
                if parent not in self.migrations:
                    raise BadMigration(
                        f"{migration.label} depends on {'.'.join(parent)}, which does not exist"
                    )
                self.children[parent].append(migration.key)
        self.order = self._ordered()

    def leaves(self, app: str) -> list[MigrationKey]:
        """The migrations on which no other of the same app builds, by name."""
        return [
            key
            for key in self.of_app(app)
            if not any(child[0] == app for child in self.children[key])
        ]

    def of_app(self, app: str) -> list[MigrationKey]:
        """In the order in which they are applied."""
        return [key for key in self.order if key[0] == app]

    @property
    def apps(self) -> list[str]:
        return list(dict.fromkeys(key[0] for key in self.migrations))

    def conflicts(self) -> dict[str, list[str]]:
        """App → names, where two migrations build on the same one without knowing each other."""
        leaves = {app: [name for _, name in self.leaves(app)] for app in self.apps}
        return {app: names for app, names in leaves.items() if len(names) > 1}

    def ancestors(self, key: MigrationKey) -> set[MigrationKey]:
        """With the migration itself."""
        return _reachable(key, lambda one: self.migrations[one].dependencies)

    def descendants(self, key: MigrationKey) -> set[MigrationKey]:
        """With the migration itself."""
        return _reachable(key, lambda one: self.children[one])

    def find(self, app: str, text: str) -> MigrationKey:
        """By its whole name or a unique beginning, `0002` or `0002_bra`.

        Raises UnknownMigration.
        """
        names = [name for _, name in self.of_app(app)]
        if not names:
            raise self.unknown_app(app)
        matching = [text] if text in names else [name for name in names if name.startswith(text)]
        if not matching:
            raise UnknownMigration(
                f"{app} has no migration that begins with {text}; it has {', '.join(names)}"
            )
        if len(matching) > 1:
            raise UnknownMigration(f"{text} could be {', '.join(matching)}; write more of the name")
        return app, matching[0]

    def unknown_app(self, app: str) -> UnknownMigration:
        return UnknownMigration(
            f"There is no app {app} with migrations; there is {', '.join(sorted(self.apps))}"
        )

    def state_at(self, applied: Collection[MigrationKey] | None = None) -> State:
        """What these migrations build up together, or all of them. Raises StateError."""
        state = State()
        for key in self.order:
            if applied is None or key in applied:
                state = self.migrations[key].state_after(state)
        return state

    def check_history(self, applied: Collection[MigrationKey]) -> None:
        """Raises InconsistentHistory when something was applied before what it builds on."""
        for key in self.order:
            missing = [
                parent for parent in self.migrations[key].dependencies if parent not in applied
            ]
            if key in applied and missing:
                raise InconsistentHistory(
                    f"{'.'.join(key)} is applied, but {'.'.join(missing[0])}, on which it builds,"
                    " is not"
                )

    def _ordered(self) -> list[MigrationKey]:
        """Parents first; otherwise as loaded."""
        ordered: dict[MigrationKey, None] = {}
        for start in self.migrations:
            self._visit(start, ordered, ())
        return list(ordered)

    def _visit(
        self, key: MigrationKey, ordered: dict[MigrationKey, None], path: tuple[MigrationKey, ...]
    ) -> None:
        if key in path:
            circle = " → ".join(".".join(one) for one in [*path[path.index(key) :], key])
            raise BadMigration(f"migrations depend on each other in a circle: {circle}")
        if key not in ordered:
            for parent in self.migrations[key].dependencies:
                self._visit(parent, ordered, (*path, key))
            ordered[key] = None


def _reachable(
    start: MigrationKey, neighbours: Callable[[MigrationKey], Iterable[MigrationKey]]
) -> set[MigrationKey]:
    found: set[MigrationKey] = set()
    waiting = [start]
    while waiting:
        key = waiting.pop()
        if key not in found:
            found.add(key)
            waiting.extend(neighbours(key))
    return found
