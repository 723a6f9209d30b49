"""Runs a plan under the lease, one operation after the other, and records each migration."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from storage.evolution import ledger, planning
from storage.evolution.drift import Difference, store_differences
from storage.evolution.errors import (
    BadMigration,
    EditedMigration,
    MigrationError,
    TableDiffers,
)
from storage.evolution.graph import MigrationGraph
from storage.evolution.items import checkpoints
from storage.evolution.lease import Lease
from storage.evolution.ledger import Applied, Run
from storage.evolution.ledger_table import MigrationItem
from storage.evolution.loading import load_migrations
from storage.evolution.migration import MigrationKey
from storage.evolution.models import state_of_models, table_state
from storage.evolution.operation import Operation, Options, Reporter, SilentReporter, Work
from storage.evolution.planning import Step
from storage.evolution.schema_calls import description_of
from storage.evolution.schema_operations import make_table
from storage.evolution.state import State


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

    def plan(self, target: Target, applied: Mapping[MigrationKey, Applied]) -> list[Step]:
        conflicts = self.graph.conflicts()
        for app, names in conflicts.items():
            raise BadMigration(
                f"{app} has {len(names)} latest migrations, {' and '.join(names)}:"
                " join them with makemigrations --merge"
            )
        self.graph.state_at()
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
            if accept_edited:
                self._accept_edited(applied, lease)
            else:
                planning.check_unedited(self.graph, applied)
            planning.check_unfinished(steps, ledger.unfinished_runs())
            if confirm:
                confirm(steps)
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
            make_table(
                table_state(MigrationItem),
                self._reporter.waiting,
                mend_unusable=self._options.mend_unusable,
            )
            return
        found = self.differences()
        if found:
            listed = "; ".join(map(str, found))
            raise TableDiffers(f"The infrastructure has to be brought up to date first: {listed}")

    def _accept_edited(self, applied: Mapping[MigrationKey, Applied], lease: Lease) -> None:
        for key in planning.edited_migrations(self.graph, applied):
            ledger.record_applied(self.graph.migrations[key], lease, applied[key].summary)

    def _run_step(
        self, step: Step, before: State, lease: Lease, *, fake: bool, accept_edited: bool
    ) -> None:
        started = time.monotonic()
        summaries: tuple[dict[str, Any], ...] = ()
        run = None
        if not fake:
            run = ledger.begin(step.migration, lease, backwards=step.backwards)
            run = _same_file(run, accept_edited)
            self._listener.step_begins(step, resumed=run.resumed)
            run = self._run_operations(run, step, before, lease)
            summaries = run.summaries
        seconds = time.monotonic() - started
        if step.backwards:
            ledger.record_unapplied(step.migration, lease)
        else:
            summary = {"seconds": round(seconds, 3), "operations": list(summaries)}
            ledger.record_applied(step.migration, lease, summary | ({"fake": True} if fake else {}))
        if run is not None:
            for number in range(len(step.operations)):
                checkpoints.forget(run.job(number))
        self._listener.step_ends(step, seconds)

    def _run_operations(self, run: Run, step: Step, before: State, lease: Lease) -> Run:
        pairs = list(_with_states(step, before))
        for number, (operation, state, after) in enumerate(pairs):
            if number < len(run.summaries):
                continue
            self._listener.operation_begins(operation)
            lease.still_ours()
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
            )
            summary = operation.revert(work) if step.backwards else operation.apply(work)
            run = run.with_done({"operation": operation.describe(), **summary})
            ledger.save(run, lease)
        return run


def _with_states(step: Step, before: State) -> Iterator[tuple[Operation, State, State]]:
    """Each operation with the states before and after it, in the order of the step."""
    found = []
    for operation in step.migration.operations:
        after = operation.state_after(before, step.migration.app)
        found.append((operation, before, after))
        before = after
    return iter(found[::-1] if step.backwards else found)


def _same_file(run: Run, accept_edited: bool) -> Run:
    now = run.migration.checksum
    if run.checksum == now or not (run.checksum and now):
        return run
    if not accept_edited:
        raise EditedMigration(
            f"{run.migration.label} was changed after a run of it had been interrupted:"
            " restore the file, or go on with it as it is with --accept-edited"
        )
    if len(run.summaries) > len(run.migration.operations):
        raise MigrationError(f"{run.migration.label} has fewer operations than were done already")
    return replace(run, checksum=now)
