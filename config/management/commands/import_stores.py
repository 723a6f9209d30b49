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
from catalog.management.owner import add_owner_arguments
from config import file_import
from config.file_import import Run
from storage.domain import DomainError
from storage.errors import StoreError, StoreUnavailable
from storage.explanations import STORE_FAILURES, explain
from storage.interruption import Interruption

SOME_REFUSED, COULD_NOT_RUN = 1, 2


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
        parser.add_argument(
            "--errors", type=Path, metavar="FILE", help="Report of what was refused (CSV)."
        )
        parser.add_argument("--checkpoint", type=Path, metavar="FILE", help="How far it came.")
        parser.add_argument("--fresh", action="store_true", help="Ignore an earlier checkpoint.")

    def handle(self, *_args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            with path.open("rb") as file:
                self._import(file, path, options)
        except OSError as error:
            text = _("%(file)s cannot be used: %(reason)s.")
            said = {"file": error.filename or path, "reason": error.strerror or str(error)}
            raise CommandError(text % said, returncode=COULD_NOT_RUN) from error
        except DomainError as error:
            raise CommandError(str(error), returncode=COULD_NOT_RUN) from error
        except StoreUnavailable as error:
            text = _("The store did not answer (%(reason)s). The same command goes on from there.")
            raise CommandError(text % {"reason": error}, returncode=COULD_NOT_RUN) from error
        except STORE_FAILURES as error:
            raise CommandError(explain(error), returncode=COULD_NOT_RUN) from error
        except StoreError as error:
            text = _("The store refused this (%(reason)s).")
            raise CommandError(text % {"reason": error}, returncode=COULD_NOT_RUN) from error

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
        # A name of its own, so that a real run that was stopped keeps its report.
        ending = ".dry-run.errors.csv" if run.dry_run else ".errors.csv"
        report: Path = options["errors"] or path.with_name(path.name + ending)
        with Interruption() as interruption, closing(writer):
            steps = file_import.execute(
                run,
                file,
                writer,
                whose=f"{options['organisation'] or ''} {options['owner'] or ''} {switches}",
                report=report,
                checkpoint=options["checkpoint"] or report.with_name(report.name + ".checkpoint"),
                fresh=options["fresh"],
                stop=interruption.was_asked_for,
            )
            begin = next(steps)
            if begin.rows:
                self.stdout.write(_("Going on after row %(rows)d.") % {"rows": begin.rows})
            progress: Progress = deque([begin, *steps], maxlen=1).pop()
        self._summarise(progress, run, report)
        if interruption.was_asked_for():
            text = _("Stopped. The same command goes on after row %(rows)d; --fresh begins anew.")
            raise CommandError(text % {"rows": progress.rows}, returncode=COULD_NOT_RUN)
        if progress.counts.refused:
            sys.exit(SOME_REFUSED)

    def _say_what_was_understood(self, run: Run) -> None:
        if run.source.encoding_was_guessed:
            self.stderr.write(_("The file is not UTF-8; it was read as Windows-1252."))
        said = [f"{name} ← {text}" for name, text in run.columns().items()]
        said += [f"{name} = {text}" for name, text in run.constants.items()]
        self.stdout.write(_("Columns: %(columns)s") % {"columns": "; ".join(said)})

    def _summarise(self, progress: Progress, run: Run, report: Path) -> None:
        counts = progress.counts
        text = (
            _(
                "%(created)d would be created, %(changed)d changed, %(unchanged)d are unchanged,"
                " %(refused)d would be refused."
            )
            if run.dry_run
            else _(
                "%(created)d created, %(changed)d changed, %(unchanged)d unchanged,"
                " %(refused)d refused."
            )
        )
        amounts = {
            "created": counts.created,
            "changed": counts.changed,
            "unchanged": counts.unchanged,
            "refused": counts.refused,
        }
        self.stdout.write(text % amounts)
        if progress.rows and counts.unchanged == progress.rows:
            self.stdout.write(_("Nothing changed: all of this is there already."))
        if counts.refused:
            self.stdout.write(_("What was refused and why: %(file)s") % {"file": report})
