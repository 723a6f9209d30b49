"""Why something about a store is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from storage.domain import Conflict, Invalid, LostRace, NotFound

if TYPE_CHECKING:
    from accounts.stores.entities import Store

REQUIRED = _("This field is required.")
TOO_LONG = _("Use at most %(limit)d characters.")
TOO_MANY_LINES = _("An address has %(limit)d lines at most.")
NO_TEXT = _("Expected a text.")
COUNTRY_UNKNOWN = _("Enter the two letters of a country, such as ES or US.")
HOURS_FORM = _("Write the hours like 09:00–13:00, 16:00–20:00, or “closed”.")
HOURS_OVERLAP = _("These hours overlap.")
TOO_MANY_HOURS = _("A day has at most %(limit)d times of opening.")
NO_SUCH_TIME = _("There is no such time. A day goes from 0:00 to 24:00.")
AMBIGUOUS_HOURS = _(
    "Is this morning or evening? For “%(typed)s” write %(meant)s, if you mean that."
)
WHOLE_DAY_MEANT = _("Do you mean the whole day by “%(typed)s”? Then write 24 h.")
UNKNOWN_DAY = _("Name the days like this: Mon-Fri: 9:00-17:00; Sat: 10:00-14:00.")
DAY_TWICE = _("A day comes twice.")
DATE_TWICE = _("A date comes twice.")
DATE_FORM = _("Begin every line with a date such as 2026-12-24, then the hours or “closed”.")
TOO_MANY_DATES = _("At most %(limit)d dates can differ.")
DUPLICATE_NUMBER = _("Row %(line)d has this number already.")
CITY_UNKNOWN = _(
    "We know only some cities, such as Madrid. Name a larger one, or leave this empty: the country "
    "often tells."
)
NO_TIME_ZONE = _("Country and region do not tell the time zone: name it, such as Europe/Madrid.")
DELETED_STORE = _("This store has been deleted here. An import does not restore it.")
INVALID_STORE = _("Please correct the marked fields.")


class HoursNotUnderstood(Invalid):
    code = "invalid_opening_hours"

    def __init__(self, message: object, field: str = "opening_hours") -> None:
        super().__init__(message, fields={field: [message]})


class StoreNotFound(NotFound):
    """Also for stores of other organisations, and those that the actor is not bound to."""

    code = "store_not_found"
    message = _("There is no such store.")


class NumberTaken(Conflict):
    """A deleted store keeps its number, so that it can be restored."""

    code = "store_number_taken"
    message = _("Another store has this number already. It may be a deleted one.")

    def __init__(self) -> None:
        super().__init__(fields={"number": [self.message]})


class StoreChanged(LostRace):
    code = "store_changed"
    message = _("Somebody, perhaps you in another window, changed this store in the meantime.")
    current: Store


class StoreDeleted(Conflict):
    code = "store_deleted"
    message = _("This store is deleted. Restore it first.")


class NoOrganisation(Invalid):
    code = "import_organisation"
    message = _("Say for whom: --owner EMAIL or --organisation ID.")


class StoreNotDeleted(Conflict):
    code = "store_not_deleted"
    message = _("Only what is deleted can be removed for good.")
