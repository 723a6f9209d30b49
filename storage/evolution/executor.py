"""Runs a plan under the lease, one operation after the other, and records each migration."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

from storage.evolution import ledger, planning
from storage.evolution.drift import Difference, store_differences
from storage.evolution.errors import (
    BadMigration,
    EditedMigration,
    TableDiffers,
)
from storage.evolution.graph import MigrationGraph, is_relative
from storage.evolution.items.data_operations import RebuildItems
from storage.evolution.items.item_operations import ItemOperation
from storage.evolution.lease import Lease, holder_at_work
from storage.evolution.ledger import Applied, Run
from storage.evolution.ledger_table import MigrationItem
from storage.evolution.loading import load_migrations
from storage.evolution.migration import MigrationKey
from storage.evolution.models import state_of_models, table_state
from storage.evolution.operation import Operation, Options, Reporter, SilentReporter, Work
from storage.evolution.planning import Step
from storage.evolution.schema_calls import description_of, is_usable, settled
from storage.evolution.schema_operations import CreateTable, make_table
from storage.evolution.state import State
from storage.table import registered_tables


class Listener:
    """Hears which step and which operation a run is at. Does nothing by itself."""

    def step_begins(self, step: Step, *, resumed: bool) -> None:
        pass

    def operation_begins(self, operation: Operation) -> None:
        pass

    def step_ends(self, step: Step, seconds: float) -> None:
        pass


@dataclass(frozen=True, slots=True)
class Target:
    """Where to go, as `planning.plan` takes it."""

    app: str | None = None
    name: str | None = None


class Migrator:
    """Plans and runs the migrations of some apps, given in the order in which they build on
    each other.

    Raises MigrationError in its kinds, StoreUnavailable, and StateError for files that do not
    fit together.
    """

    def __init__(
        self,
        apps: Sequence[str],
        *,
        options: Options | None = None,
        reporter: Reporter | None = None,
        listener: Listener | None = None,
    ) -> None:
        self.apps = tuple(apps)
        self.graph = MigrationGraph(load_migrations(apps))
        self._latest = State()
        self._options = options or Options()
        self._reporter = reporter or SilentReporter()
        self._listener = listener or Listener()

    def applied(self) -> Mapping[MigrationKey, Applied]:
        """Nothing where the table of the migrations does not exist yet."""
        if description_of(MigrationItem.logical_name()) is None:
            return {}
        return ledger.applied_migrations(self.apps)

    def unfinished(self) -> Mapping[str, bool]:
        """As `ledger.unfinished_runs`."""
        if description_of(MigrationItem.logical_name()) is None:
            return {}
        return ledger.unfinished_runs()

    def at_work(self) -> str:
        """Who holds the lease now; empty for nobody."""
        if description_of(MigrationItem.logical_name()) is None:
            return ""
        return holder_at_work()

    def plan(self, target: Target, applied: Mapping[MigrationKey, Applied]) -> list[Step]:
        conflicts = self.graph.conflicts()
        for app, names in conflicts.items():
            raise BadMigration(
                f"{app} has {len(names)} latest migrations, {' and '.join(names)}:"
                " join them with makemigrations --merge"
            )
        # Also finds files that do not fit together, before anything happens.
        self._latest = self.graph.state_at()
        known = {key for key in applied if key in self.graph.migrations}
        self.graph.check_history(known)
        return planning.plan(self.graph, known, target.app, target.name)

    def run(
        self,
        target: Target,
        *,
        fake: bool = False,
        accept_edited: bool = False,
        wait_seconds: float = 0,
        confirm: Callable[[list[Step]], None] | None = None,
    ) -> list[Step]:
        """The steps that were done.

        `fake` only records them. `confirm` sees the plan before anything happens and may raise.
        """
        self._prepare()
        with Lease(wait_seconds=wait_seconds) as lease:
            applied = self.applied()
            steps = self.plan(target, applied)
            unfinished = ledger.unfinished_runs()
            asked = target.app if target.app and not is_relative(target.app) else None
            planning.check_unfinished(self.graph, steps, unfinished, asked)
            if not accept_edited:
                planning.check_unedited(self.graph, applied)
            if confirm:
                confirm(steps)
            if accept_edited:
                for key in planning.edited_migrations(self.graph, applied):
                    ledger.accept_file(self.graph.migrations[key])
            ledger.sweep()
            done = set(applied)
            for step in steps:
                before = self.graph.state_at(done - {step.migration.key})
                self._run_step(step, before, lease, fake=fake, accept_edited=accept_edited)
                done ^= {step.migration.key}
            return steps

    def differences(self) -> list[Difference]:
        """In what the tables differ from the models of the apps."""
        return store_differences(state_of_models(set(self.apps)))

    def _prepare(self) -> None:
        """Makes the table of the migrations itself, or sees that all tables are right."""
        if self._options.owns_tables:
            self._make_ledger()
            return
        found = self.differences()
        if found:
            listed = "; ".join(map(str, found))
            raise TableDiffers(f"The infrastructure has to be brought up to date first: {listed}")

    def _make_ledger(self) -> None:
        """As its first migration says: what it became since is for the others to do."""
        name = MigrationItem.logical_name()
        if settled(name, self._reporter.waiting) and is_usable(name):
            return
        first = next(
            (
                operation.table
                for key in self.graph.order
                for operation in self.graph.migrations[key].operations
                if isinstance(operation, CreateTable) and operation.is_ledger
            ),
            table_state(MigrationItem),
        )
        make_table(first, self._reporter.waiting, mend_unusable=self._options.mend_unusable)

    def _run_step(
        self, step: Step, before: State, lease: Lease, *, fake: bool, accept_edited: bool
    ) -> None:
        started = time.monotonic()
        if fake:
            run = ledger.interrupted_run(step.migration)
        else:
            begun = ledger.begin(step.migration, lease, backwards=step.backwards)
            run = _same_file(begun, step, accept_edited)
            self._listener.step_begins(step, resumed=run.resumed)
            run = self._run_operations(run, step, before, lease)
        seconds = time.monotonic() - started
        summary: dict[str, Any] = {"seconds": round(seconds, 3)}
        summary |= {"fake": True} if fake or run is None else {"operations": list(run.summaries)}
        ledger.record(step.migration, lease, backwards=step.backwards, summary=summary, run=run)
        ledger.sweep()
        self._listener.step_ends(step, seconds)

    def _run_operations(self, run: Run, step: Step, before: State, lease: Lease) -> Run:
        for number, (operation, state, after) in enumerate(_with_states(step, before)):
            if number < len(run.summaries):
                continue
            self._listener.operation_begins(operation)
            run = replace(run, at_work=operation.describe())
            ledger.save(run, lease)
            work = Work(
                app=step.migration.app,
                before=state,
                after=after,
                job=run.job(number),
                token=lease.token,
                options=self._options,
                reporter=self._reporter,
                still_ours=lease.still_ours,
                backwards=step.backwards,
                latest=self._latest,
            )
            run = run.with_done({"operation": operation.describe(), **self._done(operation, work)})
            ledger.save(run, lease)
        return run

    def _done(self, operation: Operation, work: Work) -> dict[str, Any]:
        """The summary of the operation, done in the direction of the work."""
        missing = [] if self._options.owns_tables else _tables_gone(operation)
        if missing:
            # Of a table that a later migration deleted: here it was never made.
            return {"skipped": f"there is no table {missing[0]}"}
        return operation.revert(work) if work.backwards else operation.apply(work)


def _tables_gone(operation: Operation) -> list[str]:
    """Tables of an item operation that neither the models nor the store know."""
    if not isinstance(operation, ItemOperation):
        return []
    names = [operation.table]
    if isinstance(operation, RebuildItems):
        names.append(operation.source)
    known = {table.logical_name() for table in registered_tables()}
    return [name for name in names if name not in known and description_of(name) is None]


def _with_states(step: Step, before: State) -> Iterator[tuple[Operation, State, State]]:
    """Each operation with the states before and after it, in the order of the step."""
    found = []
    for operation in step.migration.operations:
        after = operation.state_after(before, step.migration.app)
        found.append((operation, before, after))
        before = after
    return iter(found[::-1] if step.backwards else found)


def _same_file(run: Run, step: Step, accept_edited: bool) -> Run:
    """Raises EditedMigration unless the file is the one that the run was begun with, or is
    accepted and begins with the same operations."""
    now = run.migration.checksum
    if run.checksum == now or not (run.checksum and now):
        return run
    label = run.migration.label
    if not accept_edited:
        raise EditedMigration(
            f"{label} was changed after a run of it had been interrupted:"
            " restore the file, or go on with it as it is with --accept-edited"
        )
    described = [operation.describe() for operation in step.operations]
    for begun, found in zip_longest(run.begun, described[: len(run.begun)]):
        if begun != found:
            raise EditedMigration(
                f"{label} cannot go on: “{begun}” was begun, and now"
                f" “{found or 'nothing'}” stands there"
            )
    return replace(run, checksum=now)
