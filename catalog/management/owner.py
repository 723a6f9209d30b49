"""For whom a command works: `--owner EMAIL` or `--organisation ID`."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext_lazy as _

from accounts.entities import Actor
from accounts.errors import UserNotFound
from accounts.selectors import find_membership, get_own_organisation
from storage.domain import Invalid, NotFound

NOBODY = _("Nobody with the address %(email)s has an account here.")
NO_ORGANISATION = _("There is no organisation %(id)s.")
NEITHER = _("Say for whom: --owner EMAIL or --organisation ID.")


def add_owner_arguments(parser: CommandParser) -> None:
    whom = parser.add_mutually_exclusive_group()
    whom.add_argument("--owner", metavar="EMAIL", help="Work as this person.")
    whom.add_argument("--organisation", metavar="ID", help="Work for this organisation.")


def actor_for(options: dict[str, Any], *, include_deleted: bool = False) -> Actor:
    """Raises NotFound, Invalid; what the person may do is checked where it is done.

    `include_deleted` is for who only looks: what is written there would come into the catalogue.
    """
    if options["owner"]:
        membership = find_membership(email=options["owner"])
        if membership is None:
            raise NotFound(NOBODY % {"email": options["owner"]})
        return membership.actor
    if not options["organisation"]:
        raise Invalid(NEITHER)
    actor = Actor.system(org_id=options["organisation"])
    try:
        organisation = get_own_organisation(actor=actor)
    except UserNotFound:
        raise NotFound(NO_ORGANISATION % {"id": options["organisation"]}) from None
    if organisation.deleted_at is not None and not include_deleted:
        raise NotFound(NO_ORGANISATION % {"id": options["organisation"]})
    return actor
