"""`manage.py import_products FILE --owner EMAIL`: see docs/import.md."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from tqdm import tqdm

from catalog.imports import exports, runs
from catalog.imports.checkpoint import Progress
from catalog.imports.mapping import load_mapping, pairs
from catalog.imports.readers import Format
from catalog.imports.runs import Run
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
from catalog.management.owner import actor_for, add_owner_arguments
from storage.interruption import Interruption


class Command(BaseCommand):
    help = "Creates and changes products from a CSV, JSON or NDJSON file, gzip too."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="The file to import.")
        add_owner_arguments(parser)
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="FIELD=COLUMN",
            help="Which column gives a field: name=Title, category=theme/subtheme (joined),"
            " price=Price|RRP (the first that is not empty), sku={number}-{variant}.",
        )
        parser.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="FIELD=VALUE",
            help="What a field is where no column gives it: brand=Marlowick, currency=EUR.",
        )
        parser.add_argument("--mapping", type=Path, metavar="FILE", help="Both, as a JSON file.")
        parser.add_argument("--dry-run", action="store_true", help="Check only; write nothing.")
        parser.add_argument("--publish", action="store_true", help="New products become public.")
        add_run_arguments(parser)
        parser.add_argument("--quiet", action="store_true", help="No progress bar.")
        parser.add_argument("--template", choices=("csv", "json"), help="Print an example file.")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["template"]:
            made = {"csv": exports.template_csv, "json": exports.template_json}
            self.stdout.write(made[options["template"]](), ending="")
            return
        path: Path | None = options["file"]
        if path is None:
            raise CommandError(_("Name the file to import."), returncode=COULD_NOT_RUN)
        try:
            with failures_explained(), path.open("rb") as file:
                self._import(file, path, options)
        except OSError as error:
            text = _("%(file)s cannot be read: %(reason)s.")
            reason = error.strerror or str(error)
            raise CommandError(
                text % {"file": error.filename or path, "reason": reason}, returncode=COULD_NOT_RUN
            ) from error

    def _import(self, file: BinaryIO, path: Path, options: dict[str, Any]) -> None:
        actor = actor_for(options)
        columns, constants = load_mapping(options["mapping"]) if options["mapping"] else ({}, {})
        run = runs.prepare(
            file,
            path.name,
            columns=columns | pairs(options["map"]),
            constants=constants | pairs(options["set"]),
            publish=options["publish"],
            dry_run=options["dry_run"],
        )
        self._say_what_was_understood(run)
        report, checkpoint = report_and_checkpoint(options, path, dry_run=run.dry_run)
        with Interruption() as interruption:
            steps = runs.execute(
                run,
                file,
                actor=actor,
                report=report,
                checkpoint=checkpoint,
                fresh=options["fresh"],
                stop=interruption.was_asked_for,
            )
            started = time.monotonic()
            begin, progress = self._follow(steps, file, quiet=options["quiet"])
        seconds = time.monotonic() - started
        summarise(
            self.stdout,
            progress.counts,
            rows=progress.rows,
            dry_run=run.dry_run,
            report=report,
            nothing_changed=_("Nothing changed: the catalogue says all of this already."),
            rate=(progress.rows - begin) / max(seconds, 0.001),
        )
        if run.source.format is Format.CSV and not progress.rows:
            self.stdout.write(_("The file has no rows below its header."))
        if interruption.was_asked_for():
            raise stopped(progress.rows)
        if progress.counts.refused:
            sys.exit(SOME_REFUSED)

    def _say_what_was_understood(self, run: Run) -> None:
        if run.source.encoding_was_guessed:
            self.stderr.write(_("The file is not UTF-8; it was read as Windows-1252."))
        say_columns(self.stdout, run.mapping.as_texts(), run.mapping.constants)

    def _follow(self, steps: Any, file: BinaryIO, *, quiet: bool) -> tuple[int, Progress]:
        """(rows done before, where it ended). Time left comes from the place in the file."""
        progress: Progress = next(steps)
        begin = progress.rows
        if begin:
            self.stdout.write(_("Going on after row %(rows)d.") % {"rows": begin})
        size = Path(file.name).stat().st_size
        with tqdm(
            total=size,
            unit="B",
            unit_scale=True,
            disable=quiet or not sys.stderr.isatty(),
            bar_format="{percentage:3.0f}% |{bar}| {postfix} [{elapsed}<{remaining}]",
        ) as bar:
            started = time.monotonic()
            for progress in steps:
                rate = (progress.rows - begin) / max(time.monotonic() - started, 0.001)
                bar.set_postfix_str(
                    _("%(rows)d rows, %(rate)d a second") % {"rows": progress.rows, "rate": rate}
                )
                bar.update(min(file.tell(), size) - bar.n)
        return begin, progress
