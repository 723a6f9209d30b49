"""The history of an organisation in people's words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.utils.translation import gettext as _

from storage.audit import AuditEntry


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
    is_first = old is None
    return Event(
        what=_what(entry, is_first),
        who=entry.actor_name or entry.actor_id,
        at=entry.at,
        fields=(FieldChange(_("Name"), old or "", new),) if new else (),
        is_first=is_first,
    )


def _what(entry: AuditEntry, is_first: bool) -> str:
    if not is_first:
        return _("Renamed")
    if entry.action == "accounts.import_organisation":
        return _("Imported")
    return _("Founded")
