"""Putting an archive into tables: those it names that do not exist, or exist and are empty."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import Enum

from storage.archive import shapes
from storage.archive.counting import counted
from storage.archive.errors import ArchiveError, MigrationUnfinished, TablesRefused
from storage.archive.history import refuse_misfit
from storage.archive.loading import put_all, remove_all
from storage.archive.manifest import TableEntry
from storage.archive.progress import Progress, Tell, untold
from storage.archive.reading import Archive
from storage.archive.run_state import LEDGER, is_lease, refuse_runner_at_work
from storage.archive.store_refusals import as_archive_errors
from storage.configuration import table_name
from storage.evolution.errors import LeaseHeld
from storage.evolution.lease import Lease
from storage.evolution.ledger_table import MigrationItem
from storage.evolution.models import table_state
from storage.evolution.schema_calls import is_usable
from storage.evolution.schema_operations import make_table
from storage.scanning import scan_pages


class Existing(Enum):
    """What becomes of tables that hold items, or are not as the archive says.

    REFUSE leaves everything as it is. EMPTY removes the items of tables that are as the archive
    says. RECREATE deletes the tables, whatever they are, and makes them anew from the archive;
    that of the migrations only if it is not as the archive says, because the lease is in it.
    """

    REFUSE = "refuse"
    EMPTY = "empty"
    RECREATE = "recreate"


@dataclass(frozen=True, slots=True)
class Step:
    """One table of a plan. `loses_items` where it holds some that will be gone."""

    entry: TableEntry
    exists: bool
    recreate: bool
    loses_items: bool

    @property
    def table(self) -> str:
        """The physical name."""
        return table_name(self.entry.name)


def plan_restore(
    archive: Archive,
    names: Collection[str] | None = None,
    *,
    existing: Existing = Existing.REFUSE,
    owns_tables: bool = True,
    other_migrations: bool = False,
) -> list[Step]:
    """What a restore of these tables (logical names; None for all) would do. Changes nothing.

    Raises TablesRefused with everything that is in the way, ArchiveError; MigrationUnfinished
    while a migration is at work. Where the record of the migrations is not restored along, also
    for one that is half done, and OtherMigrations when others are applied than in the archive,
    unless that is said to be right.
    """
    entries = _chosen(archive, names)
    with as_archive_errors():
        refuse_runner_at_work()
        steps = [_step(entry, existing) for entry in entries]
        if _ledger_step(steps) is None:
            refuse_misfit(archive.manifest, other_migrations=other_migrations)
        reasons = [reason for step in steps for reason in _obstacles(step, existing, owns_tables)]
        if _ledger_step(steps) is None and shapes.existing(LEDGER) is None and not owns_tables:
            reasons.append(_not_ours(table_name(LEDGER), "makes"))
    if reasons:
        raise TablesRefused(reasons)
    return steps


def restore(
    archive: Archive, steps: list[Step], tell: Tell = untold, *, other_migrations: bool = False
) -> dict[str, int]:
    """Does what was planned, and returns how many items each table (physical name) then holds.

    No migration can begin meanwhile. Verify the archive before. Raises ArchiveRefused for a file
    that was altered since then, ArchiveError, StoreUnavailable; what was written by then stays.
    Raises MigrationUnfinished and OtherMigrations, as the plan does, before anything is written.
    """
    done, total = 0, sum(step.entry.items for step in steps)
    with as_archive_errors(), _migrations_kept_out(steps) as lease:
        if _ledger_step(steps) is None:
            refuse_misfit(archive.manifest, other_migrations=other_migrations)
        for step in steps:
            _make_ready(step, lease, tell, total)
        for step in steps:
            sized = ((read.item, read.size) for read in archive.items(step.entry))
            for written in put_all(step.table, step.entry.shape.key_names, sized):
                lease.still_ours()
                done += written
                tell(Progress(step.entry.name, done, total))
        counts = {step.table: counted(archive, step.entry) for step in steps}
        lease.still_ours()
    return counts


def _chosen(archive: Archive, names: Collection[str] | None) -> list[TableEntry]:
    entries = {entry.name: entry for entry in archive.manifest.tables}
    if unknown := sorted(set(names or ()) - entries.keys()):
        raise ArchiveError(f"The archive has no table {unknown[0]}.")
    physical = [table_name(name) for name in entries]
    if len(set(physical)) != len(physical):
        raise ArchiveError("Two tables of the archive have the same name in this installation.")
    return [entry for name, entry in entries.items() if names is None or name in names]


def _step(entry: TableEntry, existing: Existing) -> Step:
    found = shapes.existing(entry.name)
    usable = found is not None and is_usable(entry.name)
    recreate = found is not None and existing is Existing.RECREATE
    if entry.name == LEDGER and found is not None and usable:
        recreate = recreate and bool(shapes.differences(found, entry.shape))
    return Step(
        entry=entry,
        exists=found is not None,
        recreate=recreate,
        loses_items=usable and _holds_items(entry.name),
    )


def _ledger_step(steps: list[Step]) -> Step | None:
    return next((step for step in steps if step.entry.name == LEDGER), None)


def _holds_items(name: str) -> bool:
    pages = scan_pages(table_name(name), page_size=1)
    return any(not is_lease(name, item) for page in pages for item in page.items)


def _obstacles(step: Step, existing: Existing, owns_tables: bool) -> Iterator[str]:
    found = shapes.existing(step.entry.name)
    if found is None or step.recreate:
        if not owns_tables:
            yield _not_ours(step.table, "deletes" if step.recreate else "makes")
        return
    if not is_usable(step.entry.name):
        yield f"Table {step.table} cannot be read: its creation was interrupted."
        return
    for difference in shapes.differences(found, step.entry.shape):
        yield f"Table {step.table} {difference}."
    if step.loses_items and existing is Existing.REFUSE:
        yield f"Table {step.table} is not empty."


def _not_ours(table: str, verb: str) -> str:
    return f"Table {table}: infrastructure code makes the tables, restore {verb} none."


@contextmanager
def _migrations_kept_out(steps: list[Step]) -> Iterator[Lease]:
    """Holds the lease of the migrations, whose table is there from now on."""
    step = _ledger_step(steps)
    if step is not None:
        _make_ledger(step)
    elif shapes.existing(LEDGER) is None:
        make_table(table_state(MigrationItem))
    with ExitStack() as stack:
        try:
            lease = stack.enter_context(Lease())
        except LeaseHeld as error:
            if step is not None and step.recreate:
                raise
            raise MigrationUnfinished(f"{error}.") from error
        yield lease


def _make_ledger(step: Step) -> None:
    if step.recreate:
        # A lease cannot outlive its table; whoever begins from here on finds out by that.
        refuse_runner_at_work()
    _make_table(step)


def _make_table(step: Step) -> None:
    if step.recreate:
        shapes.remove(step.entry.name)
    if step.recreate or not step.exists:
        shapes.create(step.entry.name, step.entry.shape, step.entry.time_to_live)


def _make_ready(step: Step, lease: Lease, tell: Tell, total: int) -> None:
    name = step.entry.name
    lease.still_ours()
    if name != LEDGER:
        _make_table(step)
    if step.exists and not step.recreate and step.loses_items:
        keys = step.entry.shape.key_names
        for _removed in remove_all(step.table, keys, keep=lambda item: is_lease(name, item)):
            lease.still_ours()
            tell(Progress(name, 0, total))
