"""`manage.py unlock EMAIL [--client ADDRESS]`: see docs/operations.md."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from accounts import attempts, selectors, services
from accounts.entities import Actor, normalise_email
from storage.domain import DomainError
from storage.errors import StoreUnavailable


class Command(BaseCommand):
    help = "Forgets the attempts that were counted, so that a person can log in at once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="E-mail address of the person.")
        parser.add_argument(
            "--client",
            metavar="ADDRESS",
            help="Also those of this network address; of IPv6 its /64 network.",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        client = options["client"]
        if client and not _is_address(client):
            raise CommandError(_("%(client)s is no network address.") % {"client": client})
        try:
            email_key = normalise_email(options["email"])
            membership = selectors.find_membership(email=email_key)
            if membership is None:
                text = _("Nobody with the address %(email)s has an account here.")
                raise CommandError(text % {"email": options["email"]})
            user = membership.user
            services.unlock(actor=Actor.system(org_id=user.org_id), user=user)
            if client:
                attempts.forget_client(client)
        except (DomainError, StoreUnavailable) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(_("%(name)s can try again.") % {"name": user.name})


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
