"""History in people's words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation

from babel.numbers import format_decimal
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.selectors import shown_actor
from catalog.entities import Status
from catalog.forms import FIELD_NAMES, Text, display
from storage.audit import AuditEntry

LONGEST_SHOWN = 240

STATUS_VERBS = {
    Status.PUBLIC: _("Published"),
    Status.ARCHIVED: _("Archived"),
    Status.DRAFT: _("Taken back to draft"),
}
ACTIONS = {
    "catalog.delete_product": _("Deleted"),
    "catalog.withhold_product": _("Withdrawn with the organisation"),
    "catalog.return_product": _("Back with the organisation"),
}


@dataclass(frozen=True, slots=True)
class FieldChange:
    label: Text
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of a product's history."""

    what: Text
    who: str
    at: datetime
    fields: tuple[FieldChange, ...]
    is_first: bool


def change_of(entry: AuditEntry) -> Change:
    changes = entry.changes
    is_first = bool(changes) and all(old is None for old, _new in changes.values())
    return Change(
        what=_what(entry, is_first),
        who=shown_actor(entry),
        at=entry.at,
        fields=tuple(
            FieldChange(label, _shown(name, changes[name][0]), _shown(name, changes[name][1]))
            for name, label in FIELD_NAMES.items()
            if name in changes and any(changes[name])
        ),
        is_first=is_first,
    )


def _what(entry: AuditEntry, is_first: bool) -> Text:
    if is_first:
        return _("Created")
    if entry.action in ACTIONS:
        return ACTIONS[entry.action]
    new = entry.changes.get("status", (None, None))[1]
    if set(entry.changes) == {"status"} and new in STATUS_VERBS:
        return STATUS_VERBS[new]
    return _("Changed")


def _shown(name: str, value: object) -> str:
    text = "" if value is None else str(value)
    if name == "price" and text:
        return _amount(text)
    shown = display(name, text)
    return shown if len(shown) <= LONGEST_SHOWN else shown[: LONGEST_SHOWN - 1] + "…"


def _amount(text: str) -> str:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return text
    return str(format_decimal(amount, format="#,##0.00##", locale=get_language() or "en"))
