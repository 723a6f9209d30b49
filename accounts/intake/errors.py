"""Why a row of another system does not become a person or an organisation."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from accounts.errors import PermissionDenied
from storage.domain import Invalid, NotFound
from storage.errors import TransactionCancelled

REQUIRED = _("This field is required.")
NOT_A_TEXT = _("Expected a text.")
NOT_A_MOMENT = _("Expected a date with a time.")
IN_THE_FUTURE = _("This moment is in the future.")
UNKNOWN_CHOICE = _("Expected one of: %(choices)s.")
DUPLICATE_EMAIL = _("Row %(line)d has this e-mail address already.")
DUPLICATE_ORGANISATION = _("Row %(line)d is about this organisation already.")
NO_ORGANISATION_GIVEN = _(
    "The row names no organisation, and nothing else says which one is meant."
)
NO_SOURCE_GIVEN = _(
    "The row names an organisation of another system: say in the options of the mapping which"
    " system that is, as source."
)
UNKNOWN_ORGANISATION = _("This organisation has not been imported. Organisations come first.")
UNKNOWN_IN_DRY_RUN = _(
    "This organisation has not been imported. Organisations come first; a dry run imports none."
)
DELETED_ORGANISATION = _("This organisation has been deleted here. An import does not restore it.")
DELETED_PERSON = _("This person has been deleted here. An import restores nobody.")
BEYOND_OWN_PERMISSIONS = _(
    "You cannot give more than you may do yourself, nor manage people who may do more."
)
NOT_TO_DELETE = _("You are not allowed to delete people.")
LAST_OWNER = _("This is the only owner of the organisation: name another one first.")
CHANGED_MEANWHILE = _("Somebody else changed this at the same moment. Import it again.")
NOT_STORED = _("The store does not take this row: %(reason)s.")


def not_stored(cancelled: TransactionCancelled) -> str:
    """With the store's own words, which are English."""
    said = (reason.message or reason.code for reason in cancelled.reasons if reason)
    return str(NOT_STORED % {"reason": next(said, "TransactionCanceledException").rstrip(".")})


class SourceMissing(Invalid):
    code = "import_source"
    message = _(
        "Say in the options of the mapping which system the organisations come from:"
        ' source = "old-crm". Their ids here are derived from it.'
    )


class OnlyTheServer(PermissionDenied):
    code = "import_organisations"
    message = _(
        "Organisations are imported by the server itself: leave out --owner and --organisation."
    )


class UnknownOption(Invalid):
    code = "import_option"

    def __init__(self, name: str, known: Iterable[str]) -> None:
        said = {"name": name, "known": ", ".join(known)}
        super().__init__(_("There is no option “%(name)s” here, only: %(known)s.") % said)


class NoSwitch(Invalid):
    code = "import_option"

    def __init__(self, name: str) -> None:
        super().__init__(_("The option “%(name)s” is true or false.") % {"name": name})


class UnknownOwner(NotFound):
    code = "import_owner"
    message = _("Nobody with this address has an account here.")


class UnknownOrganisation(NotFound):
    code = "import_organisation"
    message = _("There is no such organisation.")
