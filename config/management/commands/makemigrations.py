"""`manage.py makemigrations [APP …]`: writes what changed in the models; docs/migrations.md."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from config.migration_questions import AtTerminal
from config.own_apps import own_apps
from storage.evolution.authoring import autodetector as detection
from storage.evolution.authoring import merging, writer
from storage.evolution.authoring.merging import Branch
from storage.evolution.authoring.naming import next_name
from storage.evolution.authoring.proposal import Proposal
from storage.evolution.authoring.questions import NoInput, Questions, Unasked, Undecided
from storage.evolution.errors import MigrationError
from storage.evolution.graph import MigrationGraph
from storage.evolution.loading import load_migrations
from storage.evolution.models import state_of_models, values_of_models
from storage.evolution.operation import Operation
from storage.evolution.state import StateError

MISSING, NO_SUCH_APP, UNDECIDED = 1, 2, 3
SHOW_FILES = 3


class Command(BaseCommand):
    help = "Creates new migrations for changes of the tables in the models. Needs no store."
    # One of Django's checks wants to find the same in `migrate`.
    autodetector = detection

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("apps", nargs="*", metavar="app", help="Only these apps.")
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="Show what would be written, with -v 3 the whole files.",
        )
        parser.add_argument(
            "--check",
            action="store_true",
            help="Exit with 1 when a migration is missing; asks nothing and writes nothing.",
        )
        parser.add_argument(
            "--empty", action="store_true", help="A migration to write operations into by hand."
        )
        parser.add_argument(
            "--merge", action="store_true", help="Join branches of migrations in one app."
        )
        parser.add_argument("-n", "--name", help="Instead of a name made from the operations.")
        parser.add_argument(
            "--noinput",
            "--no-input",
            action="store_false",
            dest="interactive",
            help="Ask nothing; stop with 3 where only a person can decide.",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        name: str | None = options["name"]
        if name and not (name.isidentifier() and name.isascii()):
            text = _("The name of a migration must be an identifier of ASCII letters and digits.")
            raise CommandError(text)
        known = own_apps()
        apps: list[str] = list(dict.fromkeys(options["apps"]))
        for app in apps:
            if app not in known:
                text = _("There is no app %(app)s in this project.")
                raise CommandError(text % {"app": app}, returncode=NO_SUCH_APP)
        _import_tables(known)
        try:
            self._make(MigrationGraph(load_migrations(known)), known, apps, options)
        except Undecided as error:
            raise CommandError(f"{error}.", returncode=UNDECIDED) from error
        except (MigrationError, StateError) as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            self.stderr.write("\n" + _("Cancelled."))
            sys.exit(1)

    def _make(
        self,
        graph: MigrationGraph,
        known: Sequence[str],
        apps: Sequence[str],
        options: dict[str, Any],
    ) -> None:
        conflicts = {
            app: names for app, names in graph.conflicts().items() if app in apps or not apps
        }
        if options["merge"]:
            self._merge(graph, list(conflicts), self._questions(known, options), options)
            return
        if conflicts:
            _refuse_conflicts(conflicts)
        if options["empty"]:
            self._put(_empty(graph, apps, options["name"]), options)
            return
        questions = self._questions(known, options)
        changes = detection.detect(
            graph.state_at(), state_of_models(set(known)), questions, apps or None
        )
        if changes:
            self._put(detection.proposals(changes, graph, options["name"]), options)
            if options["check"]:
                sys.exit(MISSING)
        elif options["verbosity"]:
            self.stdout.write(_nothing_changed(apps))

    def _questions(self, known: Sequence[str], options: dict[str, Any]) -> Questions:
        if options["check"]:
            return Unasked()
        defaults = values_of_models(set(known))
        return AtTerminal(defaults, self._ask) if options["interactive"] else NoInput(defaults)

    def _ask(self, text: str, ending: str = "\n") -> None:
        self.stdout.write(text, ending=ending)
        self.stdout.flush()

    def _put(self, proposed: Sequence[Proposal], options: dict[str, Any]) -> None:
        """Shows the migrations, and writes them unless only asked what would be written."""
        verbosity = options["verbosity"]
        writes = not (options["dry_run"] or options["check"])
        for proposal in proposed:
            # Made before anything is written: a value without a written form stops all of it.
            writer.source_of(proposal)
        for proposal in proposed:
            if verbosity:
                self._show(proposal)
            if writes:
                made = writer.make_package(proposal.app)
                if made and verbosity:
                    text = _("    (%(path)s is new: this app had no migrations)")
                    self.stdout.write(text % {"path": _shown(made)})
                writer.write(proposal)
            elif verbosity >= SHOW_FILES:
                title = _("Full migrations file '%(name)s':") % {"name": f"{proposal.name}.py"}
                self.stdout.write(title, self.style.MIGRATE_HEADING)
                self.stdout.write(writer.source_of(proposal))

    def _show(self, proposal: Proposal) -> None:
        title = _("Migrations for '%(app)s':") % {"app": proposal.app}
        self.stdout.write(title, self.style.MIGRATE_HEADING)
        self.stdout.write(f"  {_shown(writer.path_of(proposal))}", self.style.MIGRATE_LABEL)
        for step in proposal.steps:
            self.stdout.write(f"    {line_of(step.operation)}")
            for remark in step.remarks:
                self.stdout.write(f"      {remark}", self.style.WARNING)

    def _merge(
        self,
        graph: MigrationGraph,
        apps: Sequence[str],
        questions: Questions,
        options: dict[str, Any],
    ) -> None:
        if not apps and options["verbosity"]:
            self.stdout.write(_("No conflicts detected to merge."))
        for app in apps:
            branches = merging.branches(graph, app)
            shared = merging.overlap(branches)
            if options["verbosity"]:
                self._show_branches(app, branches)
            if shared:
                text = _("More than one of these branches changes %(shared)s.")
                sentence = text % {"shared": ", ".join(shared)}
                if not options["interactive"]:
                    hint = _(
                        "Look whether both orders come to the same, and merge without --noinput."
                    )
                    raise CommandError(f"{sentence} {hint}", returncode=UNDECIDED)
                self.stdout.write(sentence, self.style.WARNING)
            if questions.confirm_merge(app):
                self._put([merging.merge(graph, app, branches, options["name"])], options)
            if options["check"]:
                sys.exit(MISSING)

    def _show_branches(self, app: str, branches: Sequence[Branch]) -> None:
        self.stdout.write(_("Merging %(app)s") % {"app": app}, self.style.MIGRATE_HEADING)
        for branch in branches:
            title = _("Branch %(name)s") % {"name": branch.name}
            self.stdout.write(f"  {title}", self.style.MIGRATE_LABEL)
            for operation in branch.operations:
                self.stdout.write(f"    {line_of(operation)}")


def line_of(operation: Operation) -> str:
    """`+ Add index …`, `- Remove …`, `~ Rename …`."""
    text = operation.describe()
    name = type(operation).__name__
    sign = "+" if name.startswith(("Add", "Create", "Adopt")) else "~"
    sign = "-" if name.startswith(("Remove", "Delete")) else sign
    return f"{sign} {text[:1].upper()}{text[1:]}"


def _import_tables(apps: Sequence[str]) -> None:
    """A new app that nothing imports yet would look as if it had no tables."""
    for app in apps:
        if find_spec(f"{app}.tables"):
            import_module(f"{app}.tables")


def _refuse_conflicts(conflicts: dict[str, list[str]]) -> NoReturn:
    listed = "; ".join(f"{', '.join(names)} in {app}" for app, names in conflicts.items())
    text = _(
        "Conflicting migrations detected; multiple leaf nodes in the migration graph: (%(list)s).\n"
        "To fix them run 'python manage.py makemigrations --merge'"
    )
    raise CommandError(text % {"list": listed})


def _empty(graph: MigrationGraph, apps: Sequence[str], name: str | None) -> list[Proposal]:
    if not apps:
        raise CommandError(_("You must supply at least one app label when using --empty."))
    found = []
    for app in apps:
        existing = [migration for _app, migration in graph.of_app(app)]
        found.append(Proposal(app, next_name(existing, (), name), tuple(graph.leaves(app))))
    return found


def _nothing_changed(apps: Sequence[str]) -> str:
    if not apps:
        return _("No changes detected")
    if len(apps) == 1:
        return _("No changes detected in app '%(app)s'") % {"app": apps[0]}
    return _("No changes detected in apps '%(apps)s'") % {"apps": "', '".join(apps)}


def _shown(path: Path) -> str:
    try:
        return path.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return str(path)
