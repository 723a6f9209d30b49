"""Which migrations are applied, and which one a run was at when it was interrupted."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from storage.evolution.lease import Lease, moment_text
from storage.evolution.ledger_table import MigrationItem
from storage.evolution.migration import LoadedMigration, MigrationKey
from storage.table import Slice
from storage.transactions import Transaction

RUN = "#run"
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
    was begun with. `summaries` are those of the operations that are done.
    """

    migration: LoadedMigration
    backwards: bool
    id: str
    checksum: str
    summaries: tuple[dict[str, Any], ...] = ()
    resumed: bool = False

    def job(self, number: int) -> str:
        """The name under which the operation with this number keeps its checkpoints."""
        return f"{self.migration.label}/{self.id}/{number:03}"

    def with_done(self, summary: dict[str, Any]) -> Run:
        return replace(self, summaries=(*self.summaries, summary))


def applied_migrations(apps: Iterable[str]) -> dict[MigrationKey, Applied]:
    """Strongly consistent; one query per app and 200 migrations."""
    found = [_applied(item) for app in dict.fromkeys(apps) for item in _records(app)]
    return {one.key: one for one in found}


def begin(migration: LoadedMigration, lease: Lease, *, backwards: bool) -> Run:
    """A new run of this migration, or the one that was interrupted."""
    item = MigrationItem.find(RUN, migration.label, consistent=True)
    if item is not None and item.position["backwards"] == backwards:
        done = tuple(item.position["summaries"])
        return Run(migration, backwards, item.token, item.checksum, done, resumed=True)
    run = Run(migration, backwards, secrets.token_hex(6), migration.checksum)
    save(run, lease)
    return run


def save(run: Run, lease: Lease) -> None:
    """Remembers how many operations are done. Raises LeaseLost."""
    transaction = Transaction()
    transaction.put(
        MigrationItem(
            RUN,
            run.migration.label,
            token=run.id,
            at=moment_text(time.time()),
            by=lease.holder,
            checksum=run.checksum,
            position={"backwards": run.backwards, "summaries": list(run.summaries)},
        )
    )
    lease.stage_check(transaction)
    transaction.commit()


def record_applied(migration: LoadedMigration, lease: Lease, summary: dict[str, Any]) -> None:
    transaction = Transaction()
    transaction.put(
        MigrationItem(
            *migration.key,
            at=moment_text(time.time()),
            by=lease.holder,
            checksum=migration.checksum,
            summary=summary,
        )
    )
    transaction.delete(MigrationItem(RUN, migration.label))
    lease.stage_check(transaction)
    transaction.commit()


def record_unapplied(migration: LoadedMigration, lease: Lease) -> None:
    transaction = Transaction()
    transaction.delete(MigrationItem(*migration.key))
    transaction.delete(MigrationItem(RUN, migration.label))
    lease.stage_check(transaction)
    transaction.commit()


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


def _applied(item: MigrationItem) -> Applied:
    return Applied(
        key=(item.app, item.name),
        at=item.at or "",
        by=item.by or "",
        checksum=item.checksum or "",
        summary=item.summary or {},
    )
