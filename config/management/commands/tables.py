"""`manage.py tables`: the connection, the tables, and how they differ from the models."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from config import table_reports
from config.table_reports import Line
from storage.configuration import table_name
from storage.evolution.models import state_of_models
from storage.evolution.state import State
from storage.inspection import Inspection, inspect
from storage.meter import measure

DIFFERENT, COULD_NOT_TELL = 1, 2


class Command(BaseCommand):
    help = (
        "Shows the connection and the tables: status, items, size, billing, keys, and how they"
        " differ from the models. Exit code 0: all as it should be, 1: something is missing,"
        " different or not active, 2: the store could not be asked."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "names", nargs="*", metavar="NAME", help="Only these tables, with all details."
        )
        parser.add_argument("--json", action="store_true", help="As JSON, see docs/operations.md.")
        parser.add_argument(
            "--check", action="store_true", help="Only what is wrong; nothing when all is well."
        )
        parser.add_argument(
            "--exact",
            action="store_true",
            help="Counts the items by reading all of them, which costs read capacity.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        state = state_of_models()
        names = _known(options["names"], state)
        if options["exact"]:
            self.stderr.write(_("Counting reads every item; a large table takes its time."))
        with measure() as spent:
            inspection = inspect(state, names, count=options["exact"])
        if options["json"]:
            self.stdout.write(_json(inspection))
        elif not inspection.error:
            self._show(inspection, options, detailed=bool(names) or options["verbosity"] > 1)
        if inspection.error:
            raise CommandError(inspection.error, returncode=COULD_NOT_TELL)
        if options["exact"]:
            units = {"units": f"{spent.capacity:g}"}
            self.stderr.write(_("Read units used: %(units)s.") % units)
        if not inspection.is_well:
            sys.exit(DIFFERENT)

    def _show(self, inspection: Inspection, options: dict[str, Any], *, detailed: bool) -> None:
        if options["check"]:
            if not inspection.is_well:
                self._write(table_reports.verdict(inspection))
            return
        self.stdout.write(table_reports.connection_line(inspection.connection))
        self.stdout.write()
        self._write(table_reports.overview(inspection.tables))
        for table in inspection.tables if detailed else ():
            self.stdout.write()
            self._write(table_reports.details(table))
        self.stdout.write()
        if inspection.connection.counts_lag and not options["exact"]:
            self.stdout.write(_("Items and sizes are as of the store's last count, hours ago."))
        if inspection.unknown and not options["names"]:
            self._write(table_reports.unknown(inspection.unknown))
        self._write(table_reports.verdict(inspection))

    def _write(self, lines: Iterable[Line]) -> None:
        for line in lines:
            paint = getattr(self.style, line.style) if line.style else str
            self.stdout.write(paint(line.text))


def _known(names: list[str], state: State) -> set[str]:
    """Logical names; physical ones are understood too."""
    by_name = {name: name for name in state.tables} | {
        table_name(name): name for name in state.tables
    }
    if strange := [name for name in names if name not in by_name]:
        text = _("No model has a table %(name)s. There are: %(names)s.")
        raise CommandError(
            text % {"name": strange[0], "names": ", ".join(sorted(state.tables))},
            returncode=COULD_NOT_TELL,
        )
    return {by_name[name] for name in names}


def _json(inspection: Inspection) -> str:
    document = {"ok": inspection.is_well, **asdict(inspection)}
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z).decode()
