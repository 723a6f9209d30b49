from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from accounts import services
from accounts.entities import clean_name
from accounts.errors import NameMissing
from accounts.management.answers import ask_for_password
from storage.domain import DomainError


class Command(BaseCommand):
    help = "Creates an organisation and its owner, unless the owner exists already."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="E-mail address of the owner.")
        parser.add_argument("organisation", help="Name of the organisation.")
        parser.add_argument(
            "--password-stdin",
            action="store_true",
            help="Read the password from the first line of standard input instead of asking.",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        email, organisation = options["email"], options["organisation"]
        try:
            # Before anybody types a password for nothing.
            if not clean_name(organisation, field="organisation"):
                raise NameMissing("organisation")
            user, created = services.find_owner(email=email, organisation_name=organisation), False
            if user is None:
                user, created = services.ensure_owner(
                    email=email,
                    password=_password(from_stdin=options["password_stdin"]),
                    organisation_name=organisation,
                )
        except DomainError as error:
            details = [str(text) for texts in error.fields.values() for text in texts]
            raise CommandError(" ".join(details) or str(error)) from error
        if created:
            text = _("Created %(name)s, owner of %(organisation)s.")
        else:
            text = _("%(name)s owns %(organisation)s already. The password was not changed.")
        self.stdout.write(text % {"name": user.name, "organisation": options["organisation"]})


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return ask_for_password(instead="--password-stdin")
