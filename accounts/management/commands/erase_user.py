"""`manage.py erase_user`: see docs/personal-data.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from accounts import repository
from accounts.entities import Actor, User, normalise_email
from accounts.management.answers import ask
from accounts.management.removals import refusals
from accounts.personal_data import erasure
from accounts.personal_data.entities import Erasure
from accounts.personal_data.errors import WrongAddress
from storage.domain import DomainError
from storage.errors import StoreError


class Command(BaseCommand):
    help = "Erases a person: profile, sessions and tokens go, the history forgets the name."

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("email", nargs="?", metavar="EMAIL", help="Whom to erase.")
        what.add_argument(
            "--id",
            nargs="+",
            metavar="ID",
            help="Erase these once more, as --list names them: after a backup was restored.",
        )
        what.add_argument(
            "--ids-from", type=Path, metavar="FILE", help="As --id, from a file with one a line."
        )
        what.add_argument(
            "--unfinished",
            action="store_true",
            help="Finish what was interrupted; `finish_removals` does so, too.",
        )
        what.add_argument(
            "--list", action="store_true", help="The ids of everybody who was erased, one a line."
        )
        parser.add_argument("--yes", action="store_true", help="Do not ask.")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            if options["list"]:
                for pk in erasure.erased():
                    self.stdout.write(pk)
            elif options["unfinished"]:
                for one in erasure.due_erasures():
                    erasure.finish(one)
                    self._say(one)
            elif options["email"] is not None:
                with refusals():
                    self._erase(options["email"], sure=options["yes"])
            else:
                self._erase_again(options["id"] or _lines(options["ids_from"]))
        except StoreError as error:
            text = _("The store did not answer (%(reason)s). The same command goes on from there.")
            raise CommandError(text % {"reason": error}) from error

    def _erase(self, email: str, *, sure: bool) -> None:
        membership = repository.membership_by_email(normalise_email(email))
        if membership is not None:
            user = membership.user
            if not sure:
                _confirm(user, membership.organisation.name)
            begun = erasure.begin(actor=Actor.system(org_id=user.org_id), user=user)
        else:
            unfinished = erasure.unfinished_of(email)
            if unfinished is None:
                removed = erasure.withdraw_invitations_to(email)
                text = _("Nobody with the address %(email)s has an account here.")
                if removed:
                    text = _("%(email)s has no account here; it is not invited any more either.")
                raise CommandError(text % {"email": email})
            begun = unfinished
        erasure.work_on(begun)
        self._say(begun)

    def _erase_again(self, pks: Iterable[str]) -> None:
        failed = []
        for pk in pks:
            try:
                begun = erasure.begin_again(pk=pk)
                erasure.work_on(begun)
            except DomainError as error:
                self.stderr.write(f"{pk}  {error}")
                failed.append(pk)
            else:
                self._say(begun)
        if failed:
            raise CommandError(_("Not erased: %(ids)s.") % {"ids": ", ".join(failed)})

    def _say(self, erased: Erasure) -> None:
        self.stdout.write(_("%(id)s  Erased.") % {"id": erased.pk})


def _confirm(user: User, organisation: str) -> None:
    """Raises WrongAddress."""
    question = _("%(name)s of “%(organisation)s” is erased for good. Type the e-mail address: ")
    question %= {"name": user.name, "organisation": organisation}
    typed = ask(question, instead="--yes")
    if not erasure.is_address_of(user, typed):
        raise WrongAddress


def _lines(path: Path) -> Iterator[str]:
    try:
        with path.open(encoding="utf-8") as file:
            yield from (line.strip() for line in file if line.strip())
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}.") from error
