"""The history of a store in people's words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.organisation_history import Event, FieldChange
from accounts.selectors import shown_actor
from accounts.stores.forms import DAY_NAMES, StoreForm, day_in_words, exceptions_in_words
from accounts.stores.opening_hours import DAYS, OpeningHours
from storage.audit import AuditEntry

_FIRST = frozenset({"accounts.add_store"})


def event_of(entry: AuditEntry) -> Event:
    is_first = entry.action in _FIRST or _is_first_import(entry)
    fields = entry.changes if entry.action != "accounts.destroy_store" else {}
    return Event(
        what=_what(entry, is_first=is_first),
        who=shown_actor(entry),
        at=entry.at,
        fields=tuple(change for name, pair in fields.items() for change in _changes(name, *pair)),
        is_first=is_first,
    )


def _is_first_import(entry: AuditEntry) -> bool:
    old, _new = entry.changes.get("name", ("", None))
    return entry.action == "accounts.import_store" and old is None


def _what(entry: AuditEntry, *, is_first: bool) -> str:
    words = {
        "accounts.add_store": _("Opened"),
        "accounts.import_store": _("Imported") if is_first else _("Changed by an import"),
        "accounts.delete_store": pgettext("store", "Deleted"),
        "accounts.restore_store": _("Restored"),
        "accounts.destroy_store": _("Removed for good"),
    }
    return words.get(entry.action) or _("Changed")


def _changes(name: str, old: Any, new: Any) -> Iterable[FieldChange]:
    if name == "opening_hours":
        yield from _changes_of_hours(_hours(old), _hours(new))
    elif name in StoreForm.base_fields:
        label = str(StoreForm.base_fields[name].label)
        yield FieldChange(label, _said(old), _said(new))


def _changes_of_hours(old: OpeningHours | None, new: OpeningHours | None) -> Iterable[FieldChange]:
    for place, name in enumerate(DAYS):
        before = day_in_words(old.week[place]) if old is not None else ""
        after = day_in_words(new.week[place]) if new is not None else ""
        if before != after:
            yield FieldChange(str(DAY_NAMES[name]), before, after)
    before, after = exceptions_in_words(old), exceptions_in_words(new)
    if before != after:
        label = str(StoreForm.base_fields["exceptions"].label)
        yield FieldChange(label, before, after)


def _hours(said: Any) -> OpeningHours | None:
    return OpeningHours.from_json(said) if said is not None else None


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(value)
    return value or ""
