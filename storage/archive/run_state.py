"""What the migration runner keeps in its table while it works: no part of an archive."""

from __future__ import annotations

import time

from storage.archive.errors import HalfDone, MigrationUnfinished
from storage.archive.shapes import existing
from storage.evolution.lease import KEY
from storage.evolution.ledger import unfinished_runs
from storage.evolution.ledger_table import RUN_STATE_PREFIX, MigrationItem
from storage.evolution.schema_calls import is_usable
from storage.typed import RawItem

LEDGER = MigrationItem.logical_name()


def is_run_state(logical_name: str, item: RawItem) -> bool:
    """A store with such items in it would look as if a runner were at work."""
    if logical_name != LEDGER:
        return False
    app: str = item.get("app", {}).get("S", "")
    return app.startswith(RUN_STATE_PREFIX)


def is_lease(logical_name: str, item: RawItem) -> bool:
    app, name = KEY
    return logical_name == LEDGER and (item.get("app"), item.get("name")) == (
        {"S": app},
        {"S": name},
    )


def has_ledger() -> bool:
    """Whether the table of the migrations is there and can be read."""
    return existing(LEDGER) is not None and is_usable(LEDGER)


def refuse_unfinished_migration() -> None:
    """Raises MigrationUnfinished while a migration is at work or waits to be taken up again."""
    refuse_runner_at_work()
    refuse_half_done()


def refuse_runner_at_work() -> None:
    """Raises MigrationUnfinished."""
    lease = MigrationItem.find(*KEY, consistent=True) if has_ledger() else None
    if lease is not None and lease.expires_at > time.time():
        raise MigrationUnfinished(
            f"A migration or a restore is at work: {lease.by}, since {lease.at} UTC."
        )


def refuse_half_done() -> None:
    """Raises HalfDone."""
    if has_ledger() and (labels := sorted(unfinished_runs())):
        raise HalfDone(f"The migration {labels[0]} was interrupted and is half done.")
