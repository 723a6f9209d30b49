"""Which migrations to apply or to undo, in which order."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from storage.evolution.errors import (
    EditedMigration,
    IrreversibleMigration,
    MigrationError,
    UnknownMigration,
)
from storage.evolution.graph import ZERO, MigrationGraph, is_relative
from storage.evolution.ledger import Applied
from storage.evolution.migration import LoadedMigration, MigrationKey
from storage.evolution.operation import Operation
from storage.evolution.schema_operations import CreateTable, DeleteTable
from storage.evolution.state import State


@dataclass(frozen=True, slots=True)
class Step:
    migration: LoadedMigration
    backwards: bool = False

    @property
    def operations(self) -> tuple[Operation, ...]:
        """In the order in which they run."""
        operations = self.migration.operations
        return operations[::-1] if self.backwards else operations

    def touches_items(self, operation: Operation) -> bool:
        """Whether this operation, in the direction of the step, reads and writes items."""
        return operation.undoing_touches_items if self.backwards else operation.touches_items

    def destroys(self) -> list[str]:
        """What undoing takes from stored items, in words. Going forwards, the author of the
        migration has decided that already."""
        if not self.backwards:
            return []
        return [text for one in self.operations if (text := one.destroys(backwards=True))]

    def tables_deleted(self) -> list[str]:
        """Logical names of the tables that are gone after this step, with their items."""
        if self.backwards:
            return [
                one.name
                for one in self.operations
                if isinstance(one, CreateTable) and not one.is_ledger
            ]
        return [one.name for one in self.operations if isinstance(one, DeleteTable)]


def plan(
    graph: MigrationGraph,
    applied: Collection[MigrationKey],
    app: str | None = None,
    name: str | None = None,
) -> list[Step]:
    """The steps that lead to a migration.

    Without `app` everything is applied, without `name` everything of the app. `name` is a name,
    the beginning of one, `zero`, or a number of steps such as `+1` and `-2`; as `app` the latter
    counts over all apps. Raises UnknownMigration, IrreversibleMigration.
    """
    known = [key for key in graph.order if key in applied]
    if app is None:
        return _forwards(graph, applied, graph.order)
    if name is None and is_relative(app):
        return _relative(graph, applied, graph.order, int(app))
    in_app = graph.of_app(app)
    if not in_app:
        raise graph.unknown_app(app)
    if name is None:
        return _forwards(graph, applied, in_app)
    if is_relative(name):
        return _relative(graph, applied, in_app, int(name))
    if name == ZERO:
        return _backwards(graph, applied, [key for key in known if key[0] == app])
    target = graph.find(app, name)
    if target not in applied:
        return _forwards(graph, applied, [target])
    next_in_app = [child for child in graph.children[target] if child[0] == app]
    return _backwards(graph, applied, next_in_app)


def check_unedited(graph: MigrationGraph, applied: Mapping[MigrationKey, Applied]) -> None:
    """Raises EditedMigration for the first file that is not as it was when it was applied."""
    for key in edited_migrations(graph, applied):
        record = applied[key]
        raise EditedMigration(
            f"{'.'.join(key)} was changed after it had been applied on {record.at} UTC:"
            " restore the file and make a new migration for the change,"
            " or accept it as it is with --accept-edited"
        )


def edited_migrations(
    graph: MigrationGraph, applied: Mapping[MigrationKey, Applied]
) -> list[MigrationKey]:
    return [
        key
        for key, migration in graph.migrations.items()
        if key in applied
        and applied[key].checksum
        and migration.checksum
        and applied[key].checksum != migration.checksum
    ]


def check_unfinished(
    graph: MigrationGraph,
    steps: Sequence[Step],
    unfinished: Mapping[str, bool],
    app: str | None = None,
) -> None:
    """Raises MigrationError when an interrupted run would be left as it is, or turned round.

    Of migrations that have to do with the steps, or with the `app` that was asked for (None: all).
    Those whose file is gone, on another branch, wait until it is back.
    """
    planned = {step.migration.label: step.backwards for step in steps}
    for label, backwards in unfinished.items():
        of_app, _, name = label.partition(".")
        key = (of_app, name)
        if planned.get(label) == backwards or key not in graph.migrations:
            continue
        related = graph.ancestors(key) | graph.descendants(key) | set(graph.of_app(of_app))
        if app in (None, of_app) or any(step.migration.key in related for step in steps):
            how = f"migrate {of_app} -1" if backwards else f"migrate {of_app} {name}"
            done = "undone" if backwards else "applied"
            raise MigrationError(
                f"{label} is half {done}, for a run of it was interrupted or failed:"
                f" finish it first with `{how}`"
            )


def _forwards(
    graph: MigrationGraph, applied: Collection[MigrationKey], targets: Iterable[MigrationKey]
) -> list[Step]:
    wanted = {one for target in targets for one in graph.ancestors(target)}
    return [
        Step(graph.migrations[key]) for key in graph.order if key in wanted and key not in applied
    ]


def _backwards(
    graph: MigrationGraph, applied: Collection[MigrationKey], targets: Iterable[MigrationKey]
) -> list[Step]:
    doomed = {one for target in targets for one in graph.descendants(target)}
    steps = [
        Step(graph.migrations[key], backwards=True)
        for key in reversed(graph.order)
        if key in doomed and key in applied
    ]
    for step in steps:
        applied = [key for key in applied if key != step.migration.key]
        before = graph.state_at(applied)
        _check_reversible(step, before)
    return steps


def _check_reversible(step: Step, before: State) -> None:
    for operation in step.migration.operations:
        reason = operation.irreversible_because(before)
        if reason:
            raise IrreversibleMigration(
                f"{step.migration.label} cannot be undone: {operation.describe()}: {reason}"
            )
        before = operation.state_after(before, step.migration.app)


def _relative(
    graph: MigrationGraph,
    applied: Collection[MigrationKey],
    among: list[MigrationKey],
    count: int,
) -> list[Step]:
    forwards = count > 0
    there = [key for key in among if (key in applied) != forwards]
    if not 0 < abs(count) <= len(there):
        state = "not applied" if forwards else "applied"
        many = "1 migration is" if len(there) == 1 else f"{len(there)} migrations are"
        raise UnknownMigration(f"{count:+} is not possible: {many} {state}")
    return (
        _forwards(graph, applied, there[:count])
        if forwards
        else _backwards(graph, applied, there[count:])
    )
