"""What the migration runner keeps in its table while it works: no part of an archive."""

from __future__ import annotations

import time

from storage.archive.errors import MigrationUnfinished
from storage.archive.shapes import existing
from storage.evolution.lease import KEY
from storage.evolution.ledger import unfinished_runs
from storage.evolution.ledger_table import RUN_STATE_PREFIX, MigrationItem
from storage.typed import RawItem


def is_run_state(logical_name: str, item: RawItem) -> bool:
    """A store with such items in it would look as if a runner were at work."""
    if logical_name != MigrationItem.logical_name():
        return False
    app: str = item["app"]["S"]
    return app.startswith(RUN_STATE_PREFIX)


def refuse_unfinished_migration() -> None:
    """Raises MigrationUnfinished while a migration is at work or waits to be taken up again."""
    refuse_runner_at_work()
    if existing(MigrationItem.logical_name()) is None:
        return
    if labels := sorted(unfinished_runs()):
        raise MigrationUnfinished(f"The migration {labels[0]} was interrupted and is half done.")


def refuse_runner_at_work() -> None:
    """Raises MigrationUnfinished."""
    if existing(MigrationItem.logical_name()) is None:
        return
    lease = MigrationItem.find(*KEY, consistent=True)
    if lease is not None and lease.expires_at > time.time():
        raise MigrationUnfinished(f"A migration is at work: {lease.by}, since {lease.at} UTC.")
