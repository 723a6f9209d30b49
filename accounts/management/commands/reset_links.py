"""`manage.py reset_links --without-password --base-url URL --output FILE`: see docs/accounts.md."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.http.request import split_domain_port, validate_host
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import reset_links, selectors
from accounts.entities import Actor, User
from accounts.errors import UserNotFound
from accounts.reset_links import LINKS_AT_ONCE, ResetLink
from storage.domain import DomainError
from storage.errors import StoreUnavailable
from storage.intake_report import escaped

OWNER_ONLY = 0o600
COLUMNS = ("email", "organisation_id", "language", "link", "expires_at")


class Command(BaseCommand):
    help = "Writes links with which people set a password, for you to mail."

    def add_arguments(self, parser: CommandParser) -> None:
        whom = parser.add_mutually_exclusive_group(required=True)
        whom.add_argument(
            "--without-password",
            action="store_true",
            help="For everybody who has none yet, such as people who were imported.",
        )
        whom.add_argument("--email", nargs="+", metavar="EMAIL", help="For these people.")
        parser.add_argument(
            "--organisation", metavar="ID", help="With --without-password: only of this one."
        )
        parser.add_argument(
            "--base-url",
            required=True,
            metavar="URL",
            help="Where people reach Backroom, such as https://shop.example.com.",
        )
        parser.add_argument(
            "--output",
            required=True,
            type=Path,
            metavar="FILE",
            help="A new CSV file, which only you will be able to read.",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        base = _base_url(options["base_url"])
        output: Path = options["output"]
        try:
            people = _people(options)
            written = _write(output, base, people)
        except FileExistsError as error:
            text = _("%(file)s exists already: choose another name, or remove it.")
            raise CommandError(text % {"file": output}) from error
        except OSError as error:
            text = _("%(file)s cannot be written: %(reason)s.")
            raise CommandError(text % {"file": output, "reason": error.strerror}) from error
        except (DomainError, StoreUnavailable) as error:
            raise CommandError(str(error)) from error
        if not written:
            self.stdout.write(_("Everybody there has a password already."))
            return
        text = ngettext(
            "%(count)d link is in %(file)s. Whoever has it can set the password: mail it, then"
            " remove the file.",
            "%(count)d links are in %(file)s. Whoever has one can set the password: mail them, then"
            " remove the file.",
            written,
        )
        self.stdout.write(text % {"count": written, "file": output})


def _base_url(text: str) -> str:
    """Without a slash at the end. Raises CommandError for what would give links that fail."""
    address = re.fullmatch(r"(https?)://([^/?#]+)(/[^?#]*)?", text)
    host = split_domain_port(address[2])[0] if address else ""
    if address is None or not host:
        raise CommandError(
            _("Say where people reach Backroom: --base-url https://shop.example.com")
        )
    if settings.HTTPS_ONLY and address[1] != "https":
        raise CommandError(_("The address must begin with https://, for the links are secrets."))
    if not validate_host(host, settings.ALLOWED_HOSTS):
        reason = _("%(host)s is none of the names that Backroom answers to (ALLOWED_HOSTS).")
        raise CommandError(reason % {"host": host})
    return text.rstrip("/")


def _people(options: dict[str, Any]) -> Iterable[User]:
    if not options["email"]:
        org_id: str | None = options["organisation"]
        if org_id is not None:
            _require_organisation(org_id)
        return selectors.people_without_password(org_id=org_id)
    if options["organisation"]:
        raise CommandError(_("--organisation goes with --without-password only."))
    return [_person(email) for email in options["email"]]


def _require_organisation(org_id: str) -> None:
    try:
        selectors.get_own_organisation(actor=Actor.system(org_id=org_id))
    except UserNotFound:
        raise CommandError(_("There is no organisation %(id)s.") % {"id": org_id}) from None


def _person(email: str) -> User:
    membership = selectors.find_membership(email=email)
    if membership is None:
        text = _("Nobody with the address %(email)s has an account here.")
        raise UserNotFound(text % {"email": email})
    return membership.user


def _write(output: Path, base: str, people: Iterable[User]) -> int:
    """How many links. Nothing stays of a file that is empty or could not be completed."""
    written = 0
    # Exclusive, for an old file would keep its old permissions.
    descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as out:
            rows = csv.writer(out)
            rows.writerow(COLUMNS)
            for link in _links(people):
                rows.writerow(_row(base, link))
                written += 1
    except BaseException:
        output.unlink()
        raise
    if not written:
        output.unlink()
    return written


def _links(people: Iterable[User]) -> Iterator[ResetLink]:
    for org_id, group in groupby(people, key=lambda user: user.org_id):
        actor = Actor.system(org_id=org_id)
        while users := list(islice(group, LINKS_AT_ONCE)):
            yield from reset_links.issue_reset_links(actor=actor, users=users)


def _row(base: str, link: ResetLink) -> tuple[str, ...]:
    user = link.user
    return (
        escaped(user.email),
        user.org_id,
        user.language or settings.LANGUAGE_CODE,
        base + reverse("accounts:reset", args=[link.token]),
        link.expires_at.isoformat(),
    )
