from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from accounts.entities import Actor
from accounts.errors import UserNotFound
from accounts.management.removals import refusals
from accounts.personal_data.export import export_user
from storage.errors import StoreError
from storage.private_files import open_private


class Command(BaseCommand):
    help = "Writes everything that is kept about a person as JSON, to answer a request by letter."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "email", metavar="EMAIL", help="Whose data: the address of an account, deleted or not."
        )
        parser.add_argument(
            "--output",
            type=Path,
            metavar="FILE",
            help="A new file, which only you can read; without it the data goes to the terminal.",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        path: Path | None = options["output"]
        with refusals():
            document = _document(options["email"])
        try:
            if path is None:
                for piece in document:
                    self.stdout.write(piece.decode(), ending="")
            else:
                _write(path, document)
        except StoreError as error:
            text = _("The store did not answer: %(reason)s.")
            raise CommandError(text % {"reason": error}) from error
        except OSError as error:
            text = _("%(file)s cannot be written: %(reason)s.")
            raise CommandError(text % {"file": path, "reason": error.strerror}) from error
        if path is not None:
            self.stdout.write(_("Everything is in %(file)s.") % {"file": path})


def _document(email: str) -> Iterator[bytes]:
    try:
        return export_user(actor=Actor.system(org_id=""), email=email)
    except UserNotFound as error:
        text = _("Nobody with the address %(email)s has an account here.")
        raise CommandError(text % {"email": email}) from error


def _write(path: Path, document: Iterator[bytes]) -> None:
    """Nothing stays of a file that could not be completed."""
    if path.exists():
        text = _("%(file)s exists already: choose another name, or remove it.")
        raise CommandError(text % {"file": path})
    try:
        with open_private(path, "wb") as file:
            file.writelines(document)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
