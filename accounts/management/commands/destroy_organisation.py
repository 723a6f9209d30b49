from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts.entities import Actor
from accounts.management.removals import confirmed_name, finish, refusals
from accounts.removal import services


class Command(BaseCommand):
    help = "Removes a deleted organisation and all that is its for good. Its history stays."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("organisation", metavar="ORG", help="Its id, ORG-…")
        parser.add_argument("--confirm", metavar="NAME", help="Its name, instead of being asked.")
        parser.add_argument(
            "--force", action="store_true", help="Also when it is not deleted: deletes it first."
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        org_id = options["organisation"]
        with refusals():
            name = confirmed_name(org_id, options["confirm"])
            services.destroy_organisation(
                actor=Actor.system(org_id=org_id), name=name, force=options["force"]
            )
        finish(self, org_id, to_the_end=True)
