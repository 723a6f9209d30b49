"""Which migrations are applied, and which one a run was at when it was interrupted."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from storage.evolution.items import checkpoints
from storage.evolution.lease import Lease, moment_text
from storage.evolution.ledger_table import MigrationItem
from storage.evolution.migration import LoadedMigration, MigrationKey
from storage.table import Slice
from storage.transactions import Transaction

RUN = "#run"
# Recorded, but its checkpoints may be left.
LEFTOVER = "#leftover"
PAGE = 200


@dataclass(frozen=True, slots=True)
class Applied:
    """`at` is `YYYY-MM-DD HH:MM:SS` in UTC; `checksum` is of the file it was applied from.

    `summary` says how long it took, in seconds, and what each operation counted.
    """

    key: MigrationKey
    at: str
    by: str
    checksum: str
    summary: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Run:
    """A migration that was begun and is not recorded yet.

    `id` stays the same when an interrupted run is taken up again. `checksum` is of the file it
    was begun with. `summaries` are those of the operations that are done, `at_work` describes the
    one that was begun after them.
    """

    migration: LoadedMigration
    backwards: bool
    id: str
    checksum: str
    summaries: tuple[dict[str, Any], ...] = ()
    at_work: str = ""
    resumed: bool = False

    def job(self, number: int) -> str:
        """The name under which the operation with this number keeps its checkpoints."""
        return f"{self.migration.label}/{self.id}/{number:03}"

    def with_done(self, summary: dict[str, Any]) -> Run:
        return replace(self, summaries=(*self.summaries, summary), at_work="")

    @property
    def begun(self) -> list[str]:
        """Descriptions of the operations that are done or at work, in their order."""
        done = [summary["operation"] for summary in self.summaries]
        return [*done, self.at_work] if self.at_work else done


def applied_migrations(apps: Iterable[str]) -> dict[MigrationKey, Applied]:
    """Strongly consistent; one query per app and 200 migrations."""
    found = [_applied(item) for app in dict.fromkeys(apps) for item in _records(app)]
    return {one.key: one for one in found}


def begin(migration: LoadedMigration, lease: Lease, *, backwards: bool) -> Run:
    """A new run of this migration, or the one that was interrupted."""
    item = MigrationItem.find(RUN, migration.label, consistent=True)
    if item is not None and item.position["backwards"] == backwards:
        return _interrupted(migration, item)
    run = Run(migration, backwards, secrets.token_hex(6), migration.checksum)
    save(run, lease)
    return run


def interrupted_run(migration: LoadedMigration) -> Run | None:
    item = MigrationItem.find(RUN, migration.label, consistent=True)
    return None if item is None else _interrupted(migration, item)


def save(run: Run, lease: Lease) -> None:
    """Remembers which operations are done or at work. Raises LeaseLost."""
    transaction = Transaction()
    transaction.put(
        MigrationItem(
            RUN,
            run.migration.label,
            token=run.id,
            at=moment_text(time.time()),
            by=lease.holder,
            checksum=run.checksum,
            position={
                "backwards": run.backwards,
                "summaries": list(run.summaries),
                "at_work": run.at_work,
            },
        )
    )
    lease.stage_check(transaction)
    transaction.commit()


def record(
    migration: LoadedMigration,
    lease: Lease,
    *,
    backwards: bool,
    summary: dict[str, Any],
    run: Run | None,
) -> None:
    """Applied, or no longer; ends the run. Its checkpoints are left over until `sweep`."""
    transaction = Transaction()
    if backwards:
        transaction.delete(MigrationItem(*migration.key))
    else:
        transaction.put(
            MigrationItem(
                *migration.key,
                at=moment_text(time.time()),
                by=lease.holder,
                checksum=migration.checksum,
                summary=summary,
            )
        )
    if run is not None:
        transaction.delete(MigrationItem(RUN, migration.label))
        jobs = [run.job(number) for number in range(len(migration.operations))]
        transaction.put(MigrationItem(LEFTOVER, run.id, position={"jobs": jobs}))
    lease.stage_check(transaction)
    transaction.commit()


def accept_file(migration: LoadedMigration) -> None:
    """The migration counts as applied from the file as it is now."""
    MigrationItem.amend(
        *migration.key,
        actions=[MigrationItem.checksum.set(migration.checksum)],
        condition=MigrationItem.app.exists(),
    )


def sweep() -> None:
    """Deletes the checkpoints of runs that are recorded, also of runners that were killed then."""
    for item in _records(LEFTOVER):
        for job in item.position["jobs"]:
            checkpoints.forget(job)
        item.delete()


def unfinished_runs() -> dict[str, bool]:
    """Label of a migration that was begun and not recorded → whether it was being undone."""
    return {item.name: item.position["backwards"] for item in _records(RUN)}


def _records(app: str) -> list[MigrationItem]:
    items: list[MigrationItem] = []
    start_key = None
    while True:
        found: Slice[MigrationItem] = MigrationItem.slice(
            app, page_size=PAGE, start_key=start_key, consistent=True
        )
        items += found.items
        start_key = found.last_key
        if start_key is None:
            return items


def _interrupted(migration: LoadedMigration, item: MigrationItem) -> Run:
    return Run(
        migration,
        item.position["backwards"],
        item.token,
        item.checksum,
        tuple(item.position["summaries"]),
        item.position["at_work"],
        resumed=True,
    )


def _applied(item: MigrationItem) -> Applied:
    return Applied(
        key=(item.app, item.name),
        at=item.at or "",
        by=item.by or "",
        checksum=item.checksum or "",
        summary=item.summary or {},
    )
