"""What can stop an archive from being written or restored. Each message is for a person."""

from __future__ import annotations

from storage.errors import StoreError


class ArchiveError(StoreError):
    """It cannot be done as asked."""


class ArchiveRefused(ArchiveError):
    """The folder is not an archive, or is one that was cut short or altered."""


class MigrationUnfinished(ArchiveError):
    """A migration is at work, or was interrupted: the items are of two states."""


class HalfDone(MigrationUnfinished):
    """It was interrupted, and nobody is at work on it."""


class MigratedMeanwhile(ArchiveError):
    """A migration began and ended while tables were read: the items are of two states."""


class OtherMigrations(ArchiveError):
    """The items of the archive are of another shape than those of the store should be."""


class TablesRefused(ArchiveError):
    """Tables that exist are not what the archive can be restored into; one sentence for each."""

    def __init__(self, reasons: list[str]) -> None:
        self.reasons = reasons
        super().__init__("\n".join(reasons))
