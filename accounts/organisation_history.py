"""The history of an organisation in people's words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.selectors import shown_actor
from storage.audit import AuditEntry

_WHAT = {
    "accounts.add_organisation": gettext_lazy("Founded"),
    "accounts.import_organisation": gettext_lazy("Imported"),
    "accounts.delete_organisation": pgettext_lazy("organisation", "Deleted"),
    "accounts.restore_organisation": pgettext_lazy("organisation", "Brought back"),
    "accounts.destroy_organisation": pgettext_lazy("organisation", "Destroyed"),
}


class FieldChange(NamedTuple):
    label: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the history, as components/history.html shows it."""

    what: str
    who: str
    at: datetime
    fields: tuple[FieldChange, ...]
    is_first: bool


def event_of(entry: AuditEntry) -> Event:
    old, new = entry.changes.get("name", (None, None))
    return Event(
        what=_what(entry),
        who=shown_actor(entry),
        at=entry.at,
        fields=(FieldChange(_("Name"), old or "", new),) if new else (),
        is_first=old is None,
    )


def _what(entry: AuditEntry) -> str:
    if entry.changes.get("name", (None, None))[0] is not None:
        return _("Renamed")
    if entry.action == "accounts.change_second_factor_requirement":
        required = entry.changes["second_factor_required"][1]
        return (
            _("Second factor asked of everybody")
            if required
            else _("Second factor not asked for any more")
        )
    return str(_WHAT.get(entry.action, _("Changed")))
