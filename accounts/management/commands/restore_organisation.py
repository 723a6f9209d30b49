from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts.entities import Actor
from accounts.management.removals import finish, refusals
from accounts.removal import services
from accounts.removal.errors import NotDeleted


class Command(BaseCommand):
    help = "Brings a deleted organisation back, as it was."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("organisation", metavar="ORG", help="Its id, ORG-…")

    def handle(self, *_args: Any, **options: Any) -> None:
        org_id = options["organisation"]
        # As where it is deleted twice: nothing is left to do.
        with refusals(), suppress(NotDeleted):
            services.restore_organisation(actor=Actor.system(org_id=org_id))
        finish(self, org_id)
