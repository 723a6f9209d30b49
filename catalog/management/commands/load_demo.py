"""`manage.py load_demo`: people, stores, requests and a shop full of products to look at."""

from __future__ import annotations

import os
import tempfile
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from accounts.entities import Actor
from accounts.management.demo import (
    COLLEAGUES,
    add_colleagues,
    add_contributions,
    add_stores,
)
from accounts.selectors import find_membership
from accounts.services import ensure_owner
from catalog.imports import runs
from catalog.imports.checkpoint import Progress
from catalog.selectors import list_public_products
from storage.domain import DomainError
from storage.ephemeral import EphemeralItem, expiry, living
from storage.transactions import Transaction

PRODUCTS = Path(__file__).resolve().parents[2] / "demo" / "products.ndjson"
EMAIL = "owner@example.com"
NAME = "Ana Ferrer"
ORGANISATION = "Harbour & Pine General Store"
# Known to everybody who reads this, and so refused outside local stages.
PASSWORD = "only on this machine"  # noqa: S105
UNFINISHED = "demo#unfinished"
UNFINISHED_SECONDS = 30 * 24 * 3600
COULD_NOT_RUN = 2


class Command(BaseCommand):
    help = "Makes a demonstration shop with people and stores; changes nothing that is there."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--if-empty", action="store_true", help="Only where there are no public products yet."
        )
        parser.add_argument("--force", action="store_true", help="In every stage.")

    def handle(self, *_args: Any, **options: Any) -> None:
        if settings.PRODUCTION and not options["force"]:
            raise CommandError(
                _("Demonstration data belongs on a local stage; --force loads it here too."),
                returncode=COULD_NOT_RUN,
            )
        password = os.environ.get("DEMO_PASSWORD") or PASSWORD
        is_empty = not list_public_products(limit=1).cards
        if options["if_empty"] and not is_empty and not living(UNFINISHED):
            self.stdout.write(_("There are products already; nothing was loaded."))
            if find_membership(email=EMAIL) is not None:
                self._say_how_to_log_in(password)
            return
        try:
            user, _created = ensure_owner(
                email=EMAIL, password=password, name=NAME, organisation_name=ORGANISATION
            )
            with _marked_unfinished():
                add_stores(user.actor)
                add_colleagues(user, password)
                add_contributions(user.actor)
                progress = _import_products(user.actor)
        except DomainError as error:
            raise CommandError(str(error), returncode=COULD_NOT_RUN) from error
        counts = progress.counts
        if counts.unchanged == progress.rows:
            self.stdout.write(_("The demonstration shop is complete; nothing changed."))
        else:
            text = _("The demonstration shop has %(rows)d products; %(new)d are new.")
            self.stdout.write(text % {"rows": progress.rows, "new": counts.created})
        self._say_how_to_log_in(password)

    def _say_how_to_log_in(self, password: str) -> None:
        text = _("Log in as %(email)s with the password “%(password)s”, unless you changed it.")
        self.stdout.write(text % {"email": EMAIL, "password": password})
        # A shop from before there were colleagues has none.
        there = [email for email in COLLEAGUES if find_membership(email=email) is not None]
        if there:
            text = _("The same password is that of %(people)s, who may do less.")
            self.stdout.write(text % {"people": ", ".join(there)})


@contextmanager
def _marked_unfinished() -> Iterator[None]:
    """So that --if-empty completes a shop whose loading was killed half way."""
    mark = EphemeralItem(UNFINISHED, expires_at=expiry(UNFINISHED_SECONDS))
    before, after = Transaction(), Transaction()
    before.put(mark)
    before.commit()
    yield
    after.delete(mark)
    after.commit()


def _import_products(actor: Actor) -> Progress:
    with tempfile.TemporaryDirectory() as name, PRODUCTS.open("rb") as file:
        folder = Path(name)
        run = runs.prepare(file, PRODUCTS.name, columns={}, constants={})
        steps = runs.execute(
            run, file, actor=actor, report=folder / "report", checkpoint=folder / "checkpoint"
        )
        return deque(steps, maxlen=1).pop()
