"""`manage.py showmigrations [APP …]`: which migrations are applied, when and by whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from config.own_apps import own_apps
from storage.errors import StoreError
from storage.evolution.executor import Migrator
from storage.evolution.ledger import Applied
from storage.evolution.migration import MigrationKey
from storage.evolution.planning import edited_migrations
from storage.evolution.state import StateError
from storage.explanations import STORE_FAILURES, explain


class Command(BaseCommand):
    help = "Lists the migrations of the apps; applied ones are marked with an X."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("apps", nargs="*", help="Only these apps.")
        parser.add_argument(
            "--plan",
            "-p",
            action="store_true",
            help="In the order in which they are applied; with -v 2 also what each builds on.",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            migrator = Migrator(own_apps())
            applied = migrator.applied()
            unfinished = migrator.unfinished()
            at_work = migrator.at_work()
        except STORE_FAILURES as error:
            raise CommandError(explain(error)) from error
        except (StoreError, StateError) as error:
            raise CommandError(f"{error}.") from error
        wanted = options["apps"] or migrator.graph.apps
        for app in wanted:
            if app not in migrator.graph.apps:
                raise CommandError(_("There is no app %(app)s with migrations.") % {"app": app})
        marks = _Marks(migrator, applied, unfinished, at_work, verbose=options["verbosity"] > 1)
        self._show(migrator, marks, wanted, options)

    def _show(
        self, migrator: Migrator, marks: _Marks, wanted: list[str], options: dict[str, Any]
    ) -> None:
        if options["plan"]:
            for key in migrator.graph.order:
                if key[0] in wanted:
                    parents = migrator.graph.migrations[key].dependencies
                    builds_on = ", ".join(".".join(parent) for parent in parents)
                    tail = f"  ... ({builds_on})" if builds_on and marks.verbose else ""
                    self.stdout.write(marks.line(key, ".".join(key)) + tail)
            return
        for app in wanted:
            self.stdout.write(app, self.style.MIGRATE_LABEL)
            for key in migrator.graph.of_app(app):
                self.stdout.write(" " + marks.line(key, key[1]))
            for key in marks.without_file(app):
                self.stdout.write(" " + marks.line(key, key[1]))


class _Marks:
    def __init__(
        self,
        migrator: Migrator,
        applied: Mapping[MigrationKey, Applied],
        unfinished: Mapping[str, bool],
        at_work: str,
        *,
        verbose: bool,
    ) -> None:
        self.verbose = verbose
        self._at_work = at_work
        self._known = migrator.graph.migrations
        self._applied = applied
        self._unfinished = unfinished
        self._edited = set(edited_migrations(migrator.graph, applied))

    def without_file(self, app: str) -> list[MigrationKey]:
        """What the store knows and the files do not."""
        begun = {(label.partition(".")[0], label.partition(".")[2]) for label in self._unfinished}
        return sorted(
            key for key in {*self._applied, *begun} if key[0] == app and key not in self._known
        )

    def line(self, key: MigrationKey, name: str) -> str:
        notes = []
        record = self._applied.get(key)
        if key not in self._known:
            notes.append(_("its file is missing"))
        if key in self._edited:
            notes.append(_("changed after it had been applied"))
        if ".".join(key) in self._unfinished:
            at_work = _("at work: %(who)s") % {"who": self._at_work}
            notes.append(at_work if self._at_work else _("half done"))
        if record and record.summary.get("fake"):
            notes.append(_("recorded only"))
        if record and self.verbose:
            text = _("applied %(at)s UTC by %(by)s")
            notes.append(text % {"at": record.at, "by": record.by})
        tail = f" ({'; '.join(notes)})" if notes else ""
        return f"[{'X' if record else ' '}] {name}{tail}"
