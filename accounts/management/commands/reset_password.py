"""`manage.py reset_password EMAIL`: see docs/operations.md."""

from __future__ import annotations

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import mail, reset_links, selectors
from accounts.addresses.links import duration
from accounts.entities import Actor, User
from accounts.second_factor.services import remove_second_factor
from storage.domain import DomainError
from storage.errors import StoreUnavailable


class Command(BaseCommand):
    help = "Prints a link with which a person sets a password, or sets it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="E-mail address of the person.")
        parser.add_argument(
            "--password-stdin",
            action="store_true",
            help="Set the password that is the first line of standard input; print no link.",
        )
        parser.add_argument(
            "--remove-second-factor",
            action="store_true",
            help="For who lost phone and recovery codes: asks to type the address again, then "
            "switches the second factor off as well.",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            user = _person(options["email"])
            actor = Actor.system(org_id=user.org_id)
            password = sys.stdin.readline().rstrip("\r\n") if options["password_stdin"] else None
            if options["remove_second_factor"]:
                self._require_typed(user)
            if password is not None:
                # First, for it may be refused.
                user = reset_links.set_password(actor=actor, user=user, new_password=password)
                text = _("The password is set. %(name)s is logged out everywhere.")
                self.stdout.write(text % {"name": user.name})
            if options["remove_second_factor"]:
                remove_second_factor(actor=actor, user=user)
                self.stdout.write(_("The second factor is switched off."))
            if password is None:
                self._print_link(actor, _person(options["email"]))
        except DomainError as error:
            details = [str(text) for texts in error.fields.values() for text in texts]
            raise CommandError(" ".join(details) or str(error)) from error
        except StoreUnavailable as error:
            raise CommandError(str(error)) from error

    def _print_link(self, actor: Actor, user: User) -> None:
        link = reset_links.issue_reset_link(actor=actor, user=user)
        text = _("For %(duration)s, whoever has this link can set the password, once:")
        self.stdout.write(text % {"duration": duration(settings.RESET_LINK_SECONDS)})
        self.stdout.write(mail.absolute(None, reverse("accounts:reset", args=[link.token])))

    def _require_typed(self, user: User) -> None:
        """Whoever asks for this on the telephone may be somebody else: a moment to think."""
        if user.second_factor_since is None:
            raise CommandError(_("%(name)s has no second factor.") % {"name": user.name})
        self.stdout.write(
            _("Make sure that it is %(name)s who asks. Type the address to go on: ")
            % {"name": user.name},
            ending="",
        )
        self.stdout.flush()
        if sys.stdin.readline().strip().casefold() != user.email.casefold():
            raise CommandError(_("That is another address. Nothing was changed."))


def _person(email: str) -> User:
    membership = selectors.find_membership(email=email)
    if membership is None:
        text = _("Nobody with the address %(email)s has an account here.")
        raise CommandError(text % {"email": email})
    return membership.user
