"""Putting an archive into tables: those it names that do not exist, or exist and are empty."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import Enum

from storage.archive import shapes
from storage.archive.errors import ArchiveError, TablesRefused
from storage.archive.loading import put_all, remove_all
from storage.archive.manifest import TableEntry
from storage.archive.progress import Progress, Tell, untold
from storage.archive.reading import Archive
from storage.archive.run_state import refuse_runner_at_work
from storage.archive.store_refusals import as_archive_errors
from storage.configuration import table_name
from storage.evolution.schema_calls import is_usable
from storage.scanning import count_items, scan_pages


class Existing(Enum):
    """What becomes of tables that hold items, or are not as the archive says.

    REFUSE leaves everything as it is. EMPTY removes the items of tables that are as the archive
    says. RECREATE deletes the tables, whatever they are, and makes them anew from the archive.
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
) -> list[Step]:
    """What a restore of these tables (logical names; None for all) would do. Changes nothing.

    Raises TablesRefused with everything that is in the way, MigrationUnfinished while a migration
    is at work, ArchiveError.
    """
    entries = _chosen(archive, names)
    with as_archive_errors():
        refuse_runner_at_work()
        steps = [_step(entry, existing) for entry in entries]
        reasons = [reason for step in steps for reason in _obstacles(step, existing, owns_tables)]
    if reasons:
        raise TablesRefused(reasons)
    return steps


def restore(archive: Archive, steps: list[Step], tell: Tell = untold) -> dict[str, int]:
    """Does what was planned, and returns how many items each table (physical name) then holds.

    Verify the archive before. Raises ArchiveRefused for a file that was altered since then,
    ArchiveError, StoreUnavailable; what was written by then stays.
    """
    done, total = 0, sum(step.entry.items for step in steps)
    with as_archive_errors():
        for step in steps:
            _make_ready(step, tell, total)
        for step in steps:
            sized = ((read.item, read.size) for read in archive.items(step.entry))
            for written in put_all(step.table, step.entry.shape.key_names, sized):
                done += written
                tell(Progress(step.entry.name, done, total))
        return {step.table: _counted(step) for step in steps}


def _chosen(archive: Archive, names: Collection[str] | None) -> list[TableEntry]:
    entries = {entry.name: entry for entry in archive.manifest.tables}
    if unknown := sorted(set(names or ()) - entries.keys()):
        raise ArchiveError(f"The archive has no table {unknown[0]}.")
    physical = [table_name(name) for name in entries]
    if len(set(physical)) != len(physical):
        raise ArchiveError("Two tables of the archive have the same name in this installation.")
    return [entry for name, entry in entries.items() if names is None or name in names]


def _step(entry: TableEntry, existing: Existing) -> Step:
    exists = shapes.existing(entry.name) is not None
    return Step(
        entry=entry,
        exists=exists,
        recreate=exists and existing is Existing.RECREATE,
        loses_items=exists and is_usable(entry.name) and _holds_items(table_name(entry.name)),
    )


def _holds_items(table: str) -> bool:
    return any(page.items for page in scan_pages(table, page_size=1))


def _obstacles(step: Step, existing: Existing, owns_tables: bool) -> Iterator[str]:
    found = shapes.existing(step.entry.name)
    if found is None or step.recreate:
        if not owns_tables:
            verb = "deletes" if step.recreate else "makes"
            yield f"Table {step.table}: infrastructure code makes the tables, restore {verb} none."
        return
    if not is_usable(step.entry.name):
        yield f"Table {step.table} cannot be read: its creation was interrupted."
        return
    for difference in shapes.differences(found, step.entry.shape):
        yield f"Table {step.table} {difference}."
    if step.loses_items and existing is Existing.REFUSE:
        yield f"Table {step.table} is not empty."


def _make_ready(step: Step, tell: Tell, total: int) -> None:
    entry = step.entry
    if step.recreate:
        shapes.remove(entry.name)
    if step.recreate or not step.exists:
        shapes.create(entry.name, entry.shape, entry.time_to_live)
    elif step.loses_items:
        for _removed in remove_all(step.table, entry.shape.key_names):
            tell(Progress(entry.name, 0, total))


def _counted(step: Step) -> int:
    counted = count_items(step.table)
    if counted != step.entry.items:
        raise ArchiveError(
            f"Table {step.table} holds {counted} items, the archive {step.entry.items}:"
            " something else wrote to it meanwhile, or an item is in the archive twice."
        )
    return counted
