"""`manage.py migrate [APP [NAME]]`: brings tables and items to a migration; docs/migrations.md."""

from __future__ import annotations

import os
import signal
import sys
from argparse import ArgumentTypeError
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.local_store import EMBEDDED_VARIABLE
from config.migration_progress import ConsoleListener, ConsoleReporter
from config.own_apps import own_apps
from storage.errors import StoreError
from storage.evolution.authoring import autodetector as detection
from storage.evolution.authoring.questions import Unasked
from storage.evolution.executor import Migrator, Target
from storage.evolution.inventory import items_in
from storage.evolution.items.checkpoints import MOST_SEGMENTS
from storage.evolution.models import state_of_models
from storage.evolution.operation import Options
from storage.evolution.planning import Step
from storage.evolution.state import StateError
from storage.explanations import STORE_FAILURES, explain

UNAPPLIED, COULD_NOT_RUN = 1, 2


class Command(BaseCommand):
    help = "Brings the tables and their items to a migration, forwards or backwards."
    requires_system_checks: list[str] = []
    # One of Django's checks wants to find the same in `makemigrations`.
    autodetector = detection

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "app", nargs="?", help="An app, or a number of steps over all apps such as +1 and -2."
        )
        parser.add_argument(
            "name",
            nargs="?",
            help="A migration, the beginning of its name, `zero`, or steps such as +1 and -2.",
        )
        parser.add_argument("--plan", action="store_true", help="Say what would be done.")
        parser.add_argument(
            "--check", action="store_true", help="Exit with 1 when something is not applied."
        )
        parser.add_argument("--fake", action="store_true", help="Record only, do nothing.")
        parser.add_argument(
            "--accept-edited",
            action="store_true",
            help="Take files that were changed after they had been applied as they are now.",
        )
        parser.add_argument(
            "--noinput",
            "--no-input",
            action="store_false",
            dest="interactive",
            help="Ask nothing; refuse where stored data would be deleted, unless --destroy.",
        )
        parser.add_argument(
            "--destroy", action="store_true", help="Delete stored data without asking."
        )
        parser.add_argument(
            "--wait",
            type=_above_zero,
            default=0,
            metavar="SECONDS",
            help="How long to wait for another run to end.",
        )
        parser.add_argument(
            "--segments",
            type=_segments,
            default=4,
            help=f"Parts of a table read at once: 4, at most {MOST_SEGMENTS}.",
        )
        parser.add_argument(
            "--capacity",
            type=_above_zero,
            metavar="UNITS",
            help="Read and write units a second that changing items may use; no limit.",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        target = Target(options["app"], options["name"])
        reporter = ConsoleReporter(self.stdout, self.stderr)
        try:
            migrator = Migrator(
                own_apps(),
                options=Options(
                    owns_tables=settings.APPLICATION_OWNS_TABLES,
                    mend_unusable=EMBEDDED_VARIABLE in os.environ,
                    segments=options["segments"],
                    capacity=options["capacity"],
                ),
                reporter=reporter,
                listener=ConsoleListener(self.stdout, self.style, options["verbosity"]),
            )
            if options["plan"] or options["check"]:
                self._show_plan(migrator, target, check=options["check"])
            else:
                self._migrate(migrator, target, options)
        except STORE_FAILURES as error:
            raise CommandError(explain(error), returncode=COULD_NOT_RUN) from error
        except (StoreError, StateError) as error:
            raise CommandError(f"{error}.", returncode=COULD_NOT_RUN) from error
        except KeyboardInterrupt:
            text = _("Interrupted. What was done is recorded; the same command goes on from there.")
            raise CommandError(text, returncode=130) from None
        finally:
            reporter.close()

    def _show_plan(self, migrator: Migrator, target: Target, *, check: bool) -> None:
        steps = migrator.plan(target, migrator.applied())
        unfinished = migrator.unfinished()
        for label, backwards in unfinished.items():
            text = _("%(name)s is half undone.") if backwards else _("%(name)s is half applied.")
            self.stdout.write(text % {"name": label}, self.style.WARNING)
        if not steps and not unfinished:
            self.stdout.write(_("Nothing to do."))
        elif steps:
            self.stdout.write(_("Planned operations:"))
        for step in steps:
            title = _("Undo %(name)s") if step.backwards else "%(name)s"
            self.stdout.write(title % {"name": step.migration.label}, self.style.MIGRATE_HEADING)
            for operation in step.operations:
                undo = _("Undo: ") if step.backwards else ""
                items = _(" (reads all items)") if step.touches_items(operation) else ""
                self.stdout.write(f"    {undo}{operation.describe()}{items}")
        if check and (steps or unfinished):
            sys.exit(UNAPPLIED)

    def _migrate(self, migrator: Migrator, target: Target, options: dict[str, Any]) -> None:
        def confirm(steps: list[Step]) -> None:
            if not (options["fake"] or options["destroy"]):
                self._confirm_destruction(steps, interactive=options["interactive"])

        with _ended_like_ctrl_c():
            steps = migrator.run(
                target,
                fake=options["fake"],
                accept_edited=options["accept_edited"],
                wait_seconds=options["wait"],
                confirm=confirm,
            )
        if not steps and options["verbosity"]:
            self.stdout.write(_("Nothing to do: all of it is applied."))
        if target == Target():
            self._tell_changed_models(migrator)
            self._tell_differences(migrator)

    def _confirm_destruction(self, steps: list[Step], *, interactive: bool) -> None:
        """Raises CommandError unless the person says yes, or nothing would be lost."""
        doomed = [*_doomed_tables(steps), *(one for step in steps for one in step.destroys())]
        if not doomed:
            return
        self.stdout.write(_("This deletes stored data for good:"), self.style.WARNING)
        for text in doomed:
            self.stdout.write(f"  {text}")
        if not interactive:
            text = _("Nothing was done. With --destroy the data is deleted without asking.")
            raise CommandError(text, returncode=COULD_NOT_RUN)
        try:
            answer = input(_("Type delete to go on: "))
        except EOFError:
            answer = ""
        if answer.strip() != "delete":
            raise CommandError(_("Nothing was done."), returncode=COULD_NOT_RUN)

    def _tell_changed_models(self, migrator: Migrator) -> None:
        models = state_of_models(set(migrator.apps))
        if detection.detect(migrator.graph.state_at(), models, Unasked()):
            text = _("The models have changes without a migration: run makemigrations.")
            self.stderr.write(text)

    def _tell_differences(self, migrator: Migrator) -> None:
        found = migrator.differences()
        if found:
            text = _("The tables are not as the models say; makemigrations, or see `tables`:")
            self.stderr.write(text)
        for difference in found:
            self.stderr.write(f"  {difference}")


def _doomed_tables(steps: list[Step]) -> list[str]:
    """Tables with items that would be deleted, in words."""
    if not settings.APPLICATION_OWNS_TABLES:
        return []
    names = (name for step in steps for name in step.tables_deleted())
    counts = {name: items_in(name) for name in names}
    return [
        ngettext(
            "the table %(name)s with about %(count)d item",
            "the table %(name)s with about %(count)d items",
            count,
        )
        % {"name": name, "count": count}
        for name, count in counts.items()
        if count
    ]


def _segments(text: str) -> int:
    if not (text.isdecimal() and 1 <= int(text) <= MOST_SEGMENTS):
        message = _("a whole number from 1 to %(most)d, not %(text)s")
        raise ArgumentTypeError(message % {"most": MOST_SEGMENTS, "text": text})
    return int(text)


def _above_zero(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise ArgumentTypeError(_("a number above 0, not %(text)s") % {"text": text})
    return number


@contextmanager
def _ended_like_ctrl_c() -> Iterator[None]:
    """A SIGTERM lets the transaction at hand end and the lease be given back, too."""

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
