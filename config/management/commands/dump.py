"""`manage.py dump FOLDER`: see docs/backup.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from config.management.archives import (
    COULD_NOT_RUN,
    add_choice_arguments,
    chosen,
    errors_in_words,
    progress_bar,
    summary,
)
from storage.archive.errors import MigrationUnfinished
from storage.archive.manifest import digest_of
from storage.archive.writing import write_archive
from storage.table import registered_tables


class Command(BaseCommand):
    help = "Writes all tables into a folder, from which restore makes them again."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="Must not exist, or be empty.")
        add_choice_arguments(parser)
        parser.add_argument(
            "--unfinished",
            action="store_true",
            help="Even while a migration is at work or half done.",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        known = [table.logical_name() for table in registered_tables()]
        tables = chosen(known, options["tables"], options["exclude"])
        with (
            errors_in_words(_("Stopped. Nothing was left behind.")),
            progress_bar(quiet=options["quiet"]) as tell,
        ):
            try:
                manifest = write_archive(
                    options["folder"], tables, unfinished=options["unfinished"], tell=tell
                )
            except MigrationUnfinished as error:
                text = _("%(reason)s Finish it first, or take the data as they are: --unfinished.")
                raise CommandError(text % {"reason": error}, returncode=COULD_NOT_RUN) from error
        self.stdout.write(summary(manifest, digest_of(manifest.text())))
