"""`manage.py import_stores FILE --organisation ID`: see docs/stores.md."""

from __future__ import annotations

import sys
from collections import deque
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from accounts.import_targets import STORES
from catalog.imports.checkpoint import Progress
from catalog.imports.mapping import load_mapping, pairs
from catalog.management.importing import (
    COULD_NOT_RUN,
    SOME_REFUSED,
    add_run_arguments,
    failures_explained,
    report_and_checkpoint,
    say_columns,
    stopped,
    summarise,
)
from catalog.management.owner import add_owner_arguments
from config import file_import
from config.file_import import Run
from storage.interruption import Interruption


class Command(BaseCommand):
    help = "Creates and changes stores from a CSV, JSON or NDJSON file, gzip too."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="The file to import.")
        add_owner_arguments(parser)
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="FIELD=COLUMN",
            help="Which column gives a field: number=branch, address=street/house (joined).",
        )
        parser.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="FIELD=VALUE",
            help="What a field is where no column gives it: country=US, time_zone=Europe/Madrid.",
        )
        parser.add_argument("--mapping", type=Path, metavar="FILE", help="Both, as a JSON file.")
        parser.add_argument(
            "--twelve-hour-clock", action="store_true", help="10-9 means 10 am to 9 pm."
        )
        parser.add_argument("--dry-run", action="store_true", help="Check only; write nothing.")
        add_run_arguments(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            with failures_explained(), path.open("rb") as file:
                self._import(file, path, options)
        except OSError as error:
            text = _("%(file)s cannot be used: %(reason)s.")
            said = {"file": error.filename or path, "reason": error.strerror or str(error)}
            raise CommandError(text % said, returncode=COULD_NOT_RUN) from error

    def _import(self, file: BinaryIO, path: Path, options: dict[str, Any]) -> None:
        columns, constants = load_mapping(options["mapping"]) if options["mapping"] else ({}, {})
        run = file_import.prepare(
            file,
            path.name,
            STORES,
            columns=columns | pairs(options["map"]),
            constants=constants | pairs(options["set"]),
            dry_run=options["dry_run"],
        )
        switches = {"twelve_hour_clock": options["twelve_hour_clock"]}
        writer = STORES.writer(
            org_id=options["organisation"],
            owner_email=options["owner"],
            dry_run=run.dry_run,
            options=switches,
        )
        self._say_what_was_understood(run)
        report, checkpoint = report_and_checkpoint(options, path, dry_run=run.dry_run)
        with Interruption() as interruption, closing(writer):
            steps = file_import.execute(
                run,
                file,
                writer,
                whose=f"{options['organisation'] or ''} {options['owner'] or ''} {switches}",
                report=report,
                checkpoint=checkpoint,
                fresh=options["fresh"],
                stop=interruption.was_asked_for,
            )
            begin = next(steps)
            if begin.rows:
                self.stdout.write(_("Going on after row %(rows)d.") % {"rows": begin.rows})
            progress: Progress = deque([begin, *steps], maxlen=1).pop()
        summarise(
            self.stdout,
            progress.counts,
            rows=progress.rows,
            dry_run=run.dry_run,
            report=report,
            nothing_changed=_("Nothing changed: all of this is there already."),
        )
        if interruption.was_asked_for():
            raise stopped(progress.rows)
        if progress.counts.refused:
            sys.exit(SOME_REFUSED)

    def _say_what_was_understood(self, run: Run) -> None:
        if run.source.encoding_was_guessed:
            self.stderr.write(_("The file is not UTF-8; it was read as Windows-1252."))
        say_columns(self.stdout, run.columns(), run.constants)
