"""Which migrations are applied: what the shape of the items in a store, or an archive, is."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from storage.archive.errors import MigratedMeanwhile, OtherMigrations
from storage.archive.manifest import Manifest
from storage.archive.run_state import (
    has_ledger,
    is_run_state,
    refuse_half_done,
    refuse_unfinished_migration,
)
from storage.evolution.ledger_table import MigrationItem
from storage.evolution.migration import MigrationKey
from storage.scanning import scan_pages
from storage.typed import RawItem

NAMED_AT_MOST = 3


def recorded() -> dict[MigrationKey, RawItem]:
    """Everything that is recorded of each applied migration, whether or not its file is here."""
    if not has_ledger():
        return {}
    return {
        (item["app"]["S"], item["name"]["S"]): item
        for page in scan_pages(MigrationItem.physical_name())
        for item in page.items
        if not is_run_state(MigrationItem.logical_name(), item)
    }


class Watch:
    """Notices a migration that is at work, is half done, or came and went since it was made."""

    def __init__(self) -> None:
        # Before the question who is at work: whoever begins after it has recorded nothing yet.
        self._before = recorded()
        refuse_unfinished_migration()

    @property
    def applied(self) -> Collection[MigrationKey]:
        return self._before.keys()

    def look(self) -> None:
        """Raises MigrationUnfinished, MigratedMeanwhile."""
        refuse_unfinished_migration()
        now = recorded()
        changed = [
            key for key in now.keys() | self._before.keys() if now.get(key) != self._before.get(key)
        ]
        if changed:
            raise MigratedMeanwhile(
                f"Migrations were applied or undone meanwhile: {_labels(changed)}."
                " The items read so far may be of two states; begin again."
            )


def refuse_misfit(manifest: Manifest, *, other_migrations: bool) -> None:
    """Whether items of the archive fit a store that keeps its own record of migrations.

    Raises HalfDone: checkpoints of the interrupted migration say of items that are not there any
    more that they are done. Raises OtherMigrations, unless `other_migrations`.
    """
    refuse_half_done()
    if other_migrations:
        return
    here = set(recorded())
    there = {(one.app, one.name) for one in manifest.applied}
    if here == there:
        return
    said = ["In the archive other migrations are applied than here."]
    if there - here:
        said.append(f"Only in the archive: {_labels(there - here)}.")
    if here - there:
        said.append(f"Only here: {_labels(here - there)}.")
    raise OtherMigrations(" ".join(said))


def _labels(keys: Iterable[MigrationKey]) -> str:
    labels = [f"{app}.{name}" for app, name in sorted(keys)]
    more = len(labels) - NAMED_AT_MOST
    named = ", ".join(labels[:NAMED_AT_MOST])
    return f"{named} and {more} more" if more > 0 else named
