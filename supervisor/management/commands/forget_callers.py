from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.entities import Actor
from accounts.errors import UserNotFound
from accounts.selectors import get_own_organisation
from storage.errors import StoreError
from supervisor.callers import forget_number
from supervisor.errors import InvalidRequest
from supervisor.forgetting import forget_callers


class Command(BaseCommand):
    help = (
        "Removes names and telephone numbers of callers from requests that were closed longer ago"
        " than their organisation keeps them; with --number those of one caller, at once. May be"
        " interrupted, and run again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--number",
            metavar="NUMBER",
            help="From every request that names this number, whatever its state.",
        )
        parser.add_argument(
            "--organisation", metavar="ID", help="With --number: whose requests they are."
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        number, org_id = options["number"], options["organisation"]
        if (number is None) != (org_id is None):
            raise CommandError(_("--number and --organisation go together."))
        count = forget_callers() if number is None else _forget_number(number, org_id)
        text = ngettext("%(count)d caller forgotten.", "%(count)d callers forgotten.", count)
        if number is not None:
            text = ngettext(
                "%(count)d request does not name its caller any more.",
                "%(count)d requests do not name their caller any more.",
                count,
            )
        self.stdout.write(text % {"count": count})


def _forget_number(number: str, org_id: str) -> int:
    actor = Actor.system(org_id=org_id)
    try:
        get_own_organisation(actor=actor)
        return forget_number(actor=actor, number=number).count
    except UserNotFound:
        raise CommandError(_("There is no organisation %(id)s.") % {"id": org_id}) from None
    except InvalidRequest as refusal:
        reasons = (str(reason) for texts in refusal.fields.values() for reason in texts)
        raise CommandError(" ".join(reasons)) from refusal
    except StoreError as error:
        raise CommandError(str(error)) from error
