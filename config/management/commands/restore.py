"""`manage.py restore FOLDER`: see docs/backup.md."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from config.management.archives import (
    ARCHIVE_REFUSED,
    COULD_NOT_RUN,
    Interrupted,
    add_choice_arguments,
    chosen,
    errors_in_words,
    progress_bar,
    summary,
)
from storage.archive.errors import (
    ArchiveRefused,
    HalfDone,
    MigrationUnfinished,
    OtherMigrations,
    TablesRefused,
)
from storage.archive.reading import Archive, open_archive, verify
from storage.archive.restoring import Existing, Step, plan_restore, restore
from storage.errors import StoreError


class Command(BaseCommand):
    help = "Checks an archive that dump wrote, then puts its items into the tables."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="What dump wrote.")
        add_choice_arguments(parser)
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--check", action="store_true", help="Check only; write nothing.")
        what.add_argument(
            "--replace",
            action="store_true",
            help="Remove the items of tables that hold some, after asking.",
        )
        what.add_argument(
            "--recreate",
            action="store_true",
            help="Delete tables that exist and make them as they were, after asking.",
        )
        parser.add_argument(
            "--other-migrations",
            action="store_true",
            help="Even when other migrations are applied here than in the archive.",
        )
        parser.add_argument("--yes", action="store_true", help="Do not ask.")

    def handle(self, *_args: Any, **options: Any) -> None:
        archive = self._checked(options)
        self.stdout.write(summary(archive.manifest, archive.digest))
        if options["check"]:
            self.stdout.write(_("The archive is whole."))
            return
        steps = self._planned(archive, options)
        lost = [step.table for step in steps if step.loses_items or step.recreate]
        if lost and not options["yes"]:
            self._ask(lost)
        self._restore(archive, steps, options)

    def _checked(self, options: dict[str, Any]) -> Archive:
        with errors_in_words(_("Stopped. Nothing was written.")):
            try:
                archive = open_archive(options["folder"])
                with progress_bar(quiet=options["quiet"]) as tell:
                    verify(archive, tell)
            except ArchiveRefused as error:
                text = _("The archive is refused, and nothing was written: %(reason)s")
                raise CommandError(text % {"reason": error}, returncode=ARCHIVE_REFUSED) from error
        return archive

    def _planned(self, archive: Archive, options: dict[str, Any]) -> list[Step]:
        known = [entry.name for entry in archive.manifest.tables]
        existing = Existing.REFUSE
        if options["replace"]:
            existing = Existing.EMPTY
        elif options["recreate"]:
            existing = Existing.RECREATE
        tables = chosen(known, options["tables"], options["exclude"])
        with errors_in_words(_("Stopped. Nothing was written.")), _ways_out():
            return plan_restore(
                archive,
                tables,
                existing=existing,
                owns_tables=settings.APPLICATION_OWNS_TABLES,
                other_migrations=options["other_migrations"],
            )

    def _ask(self, lost: list[str]) -> None:
        text = _("Everything in these tables will be gone: %(tables)s. Type yes: ")
        self.stdout.write(text % {"tables": ", ".join(lost)}, ending="")
        self.stdout.flush()
        if sys.stdin.readline().strip().lower() != "yes":
            raise CommandError(_("Nothing was written."), returncode=COULD_NOT_RUN)

    def _restore(self, archive: Archive, steps: list[Step], options: dict[str, Any]) -> None:
        half = _("The tables hold a part of the archive only; --replace begins anew.")
        try:
            with progress_bar(quiet=options["quiet"]) as tell, _ways_out():
                counts = restore(archive, steps, tell, other_migrations=options["other_migrations"])
        except (Interrupted, StoreError, OSError, KeyboardInterrupt) as error:
            reason = str(error) or _("Stopped.")
            raise CommandError(f"{reason}\n{half}", returncode=COULD_NOT_RUN) from error
        for table, count in counts.items():
            self.stdout.write(f"{count:>12,}  {table}")
        self.stdout.write(_("Restored; the counts are those of the archive."))


@contextmanager
def _ways_out() -> Iterator[None]:
    """What is refused before anything is written, with what can be done about it."""
    try:
        yield
    except TablesRefused as error:
        text = _(
            "%(reasons)s\nNothing was written. --replace removes what tables hold;"
            " --recreate also makes tables anew that are not as in the archive."
        )
        raise CommandError(text % {"reasons": error}, returncode=COULD_NOT_RUN) from error
    except (MigrationUnfinished, OtherMigrations) as error:
        text = _("%(reason)s\nNothing was written.")
        if isinstance(error, HalfDone):
            text = _(
                "%(reason)s\nNothing was written. Finish it first with migrate, or restore all"
                " tables: the record of it then goes."
            )
        elif isinstance(error, OtherMigrations):
            text = _(
                "%(reason)s\nNothing was written. Restore all tables, then run migrate;"
                " --other-migrations puts the items in as they are."
            )
        raise CommandError(text % {"reason": error}, returncode=COULD_NOT_RUN) from error
