"""What can stop a migration. Each message is one sentence for the person who started it."""

from __future__ import annotations

from storage.errors import StoreError


class MigrationError(StoreError):
    """The run cannot start or go on; what was done so far is recorded."""


class BadMigration(MigrationError):
    """A migration file cannot be used, or the files do not fit together."""


class UnknownMigration(MigrationError):
    """No migration, or more than one, has the name that was asked for."""


class EditedMigration(MigrationError):
    """A migration file was changed after it had been applied."""


class InconsistentHistory(MigrationError):
    """What is recorded as applied cannot have been applied in any order of the files."""


class IrreversibleMigration(MigrationError):
    """A migration that would have to be undone has an operation without a reverse."""


class TableDiffers(MigrationError):
    """A table is not as it should be."""


class UnusableTable(MigrationError):
    """A table that is listed but cannot be read: its creation was interrupted."""


class LeaseHeld(MigrationError):
    """Another runner is at work."""


class LeaseLost(MigrationError):
    """Another runner has taken over, because this one was silent for too long."""
