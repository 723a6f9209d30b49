"""Whether a store is open now, for people: in the store's own time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from babel.dates import format_datetime
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.stores.entities import Store
from accounts.stores.opening_hours import is_open, next_closing, next_opening


@dataclass(frozen=True, slots=True)
class OpeningState:
    """`is_open` is None where hours were never said. `local_time` is the clock in the store; `then`
    says when that changes, empty where it never does."""

    is_open: bool | None
    local_time: str
    then: str


def opening_state(store: Store, now: datetime) -> OpeningState:
    zone, hours = store.zone, store.opening_hours
    local = now.astimezone(zone)
    open_now = is_open(hours, zone, now)
    changes = (next_closing if open_now else next_opening)(hours, zone, now)
    then = ""
    if changes is not None:
        said = {"time": _said(changes.astimezone(zone), local)}
        then = (_("until %(time)s") if open_now else _("opens %(time)s")) % said
    return OpeningState(open_now, _said(local, local), then)


def _said(moment: datetime, today: datetime) -> str:
    """The time; with the weekday, or the date, where that is another day than today."""
    days = moment.date() - today.date()
    shape = "HH:mm"
    if days:
        shape = "EEEE HH:mm" if days < timedelta(days=7) else "d MMM y HH:mm"
    # Given as naive, for Babel would convert it.
    language = (get_language() or "en").replace("-", "_")
    return format_datetime(moment.replace(tzinfo=None), shape, locale=language)
