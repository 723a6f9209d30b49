"""`manage.py import_sql MAPPING --url …`: see docs/import-sql.md."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from tqdm import tqdm

from catalog.management.importing import (
    COULD_NOT_RUN,
    add_run_arguments,
    failures_explained,
    report_and_checkpoint,
    stopped,
    summarise,
)
from catalog.management.owner import add_owner_arguments
from config.sql_import import errors
from storage.intake import TargetWriter
from storage.interruption import Interruption

if TYPE_CHECKING:
    from config.sql_import.run import Progress, Run

NOT_ALL = 1
ADDRESS = "SQL_URL"
PACKAGES = ("sqlalchemy", "psycopg", "pymysql")


class Command(BaseCommand):
    help = "Moves data from PostgreSQL, MySQL or SQLite into Backroom."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("mapping", nargs="?", type=Path, help="Which rows become what (TOML).")
        parser.add_argument(
            "--url",
            metavar="URL",
            help=f"The database, as postgresql://user:password@host/name; else from {ADDRESS}.",
        )
        add_owner_arguments(parser)
        parser.add_argument("--list", action="store_true", help="Say what the database holds.")
        parser.add_argument("--json", action="store_true", help="With --list: for programs.")
        parser.add_argument("--draft", metavar="TARGET", help="Write a first mapping for this.")
        parser.add_argument("--from", metavar="TABLE", help="With --draft, --list: this table.")
        parser.add_argument("--schema", metavar="NAME", help="With --draft, --list: this schema.")
        parser.add_argument("--dry-run", action="store_true", help="Check only; write nothing.")
        add_run_arguments(parser)
        parser.add_argument("--quiet", action="store_true", help="No progress bar.")

    def handle(self, *_args: Any, **options: Any) -> None:
        if not all(map(importlib.util.find_spec, PACKAGES)):
            raise CommandError(str(errors.PACKAGES_MISSING), returncode=COULD_NOT_RUN)
        try:
            with failures_explained():
                if options["list"]:
                    self._list(options)
                elif options["draft"]:
                    self._draft(options)
                else:
                    self._import(options)
        except BrokenPipeError:
            raise
        except OSError as error:
            text = _("%(file)s cannot be used: %(reason)s.")
            said = {"file": error.filename, "reason": error.strerror or str(error)}
            raise CommandError(text % said, returncode=COULD_NOT_RUN) from error

    def _list(self, options: dict[str, Any]) -> None:
        from config.sql_import import listing

        source = _source(options)
        found = listing.listed(source, schema=options["schema"], name=options["from"])
        if options["json"]:
            tables = [listing.as_document(one) for one in found]
            document = {"database": source.kind, "address": source.address, "tables": tables}
            self.stdout.write(json.dumps(document, indent=2, ensure_ascii=False))
            return
        count = 0
        for count, one in enumerate(found, 1):
            if count > 1:
                self.stdout.write("")
            for line in listing.as_lines(one):
                self.stdout.write(line)
        if not count:
            self.stdout.write(_("There are no tables."))

    def _draft(self, options: dict[str, Any]) -> None:
        from config.sql_import import draft
        from config.sql_import.targets import target_named

        if not options["from"]:
            raise CommandError(_("Say which table: --from TABLE."), returncode=COULD_NOT_RUN)
        target = target_named(options["draft"])
        text = draft.drafted(
            _source(options), target, table=options["from"], schema=options["schema"]
        )
        self.stdout.write(text, ending="")

    def _import(self, options: dict[str, Any]) -> None:
        from config.sql_import.mapping import load_mapping
        from config.sql_import.run import Run
        from config.sql_import.targets import target_named

        path: Path | None = options["mapping"]
        if path is None:
            text = _("Name the mapping, or say --list or --draft.")
            raise CommandError(text, returncode=COULD_NOT_RUN)
        mapping = load_mapping(path)
        target = target_named(mapping.target)
        run = Run(mapping, _source(options), target, dry_run=options["dry_run"])
        writer = target.writer(
            org_id=options["organisation"],
            owner_email=options["owner"],
            dry_run=run.dry_run,
            options=mapping.options,
        )
        try:
            self._run(run, writer, path, options)
        finally:
            writer.close()

    def _run(self, run: Run, writer: TargetWriter, path: Path, options: dict[str, Any]) -> None:
        from config.sql_import.run import execute

        if run.not_given:
            names = ", ".join(field.name for field in run.not_given)
            text = _("The mapping gives no %(fields)s: new ones will be refused.")
            self.stderr.write(text % {"fields": names})
        report, checkpoint = report_and_checkpoint(options, path, dry_run=run.dry_run)
        with Interruption() as interruption:
            steps = execute(
                run,
                writer,
                whose=f"{options['organisation'] or ''} {options['owner'] or ''}",
                report=report,
                checkpoint=checkpoint,
                fresh=options["fresh"],
                stop=interruption.was_asked_for,
            )
            started = time.monotonic()
            begin, progress = self._follow(steps, quiet=options["quiet"])
        seconds = max(time.monotonic() - started, 0.001)
        summarise(
            self.stdout,
            progress.counts,
            rows=progress.rows,
            dry_run=run.dry_run,
            report=report,
            nothing_changed=_("Nothing changed: all of this is there already."),
            rate=(progress.rows - begin) / seconds,
        )
        if interruption.was_asked_for() and progress.rows < progress.total:
            raise stopped(progress.rows)
        differ = self._compare(progress)
        if progress.counts.refused or differ:
            sys.exit(NOT_ALL)

    def _follow(self, steps: Iterator[Progress], *, quiet: bool) -> tuple[int, Progress]:
        """(rows done before, where it ended)."""
        progress = next(steps)
        begin = progress.rows
        if begin:
            self.stdout.write(_("Going on after row %(rows)d.") % {"rows": begin})
        if progress.begun_anew:
            self.stdout.write(_("Rows that were done have changed since; beginning anew."))
        with tqdm(
            total=progress.total,
            initial=begin,
            unit=" " + _("rows"),
            disable=quiet or not sys.stderr.isatty(),
        ) as bar:
            for progress in steps:
                bar.update(progress.rows - bar.n)
        return begin, progress

    def _compare(self, progress: Progress) -> bool:
        """Says the counts at the end, loudly where they differ."""
        said = {"source": progress.total, "done": progress.rows}
        self.stdout.write(_("Source: %(source)d rows, %(done)d dealt with.") % said)
        if progress.stored_after is not None:
            stored = {"before": progress.stored_before, "after": progress.stored_after}
            text = _("Target: %(before)d before, %(after)d now.")
            self.stdout.write(text % stored)
        for which, expected, found in progress.differences:
            text = (
                _("THE COUNTS DIFFER: the source has %(expected)d rows, %(found)d were dealt with.")
                if which == "source"
                else _(
                    "THE COUNTS DIFFER: the target should hold %(expected)d now and holds"
                    " %(found)d. Somebody else may have added or deleted some meanwhile."
                )
            )
            self.stderr.write(self.style.ERROR(text % {"expected": expected, "found": found}))
        return bool(progress.differences)


def _source(options: dict[str, Any]) -> Any:
    from config.sql_import.source import Source

    address = options["url"] or os.environ.get(ADDRESS, "")
    if not address:
        raise CommandError(str(errors.NO_ADDRESS), returncode=COULD_NOT_RUN)
    return Source(address)
