"""The history of an article in people's words: what it said before, and what it says since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from accounts.organisation_history import Event, FieldChange
from accounts.selectors import shown_actor
from storage.audit import AuditEntry
from supervisor.knowledge.forms import ArticleForm, said_place

_FIRST = "supervisor.add_article"


def stores_in(entries: Iterable[AuditEntry]) -> set[str]:
    """The ids of those that articles were moved from and to."""
    return {one for entry in entries for one in entry.changes.get("store", ()) if one}


def event_of(entry: AuditEntry, names: Mapping[str, str]) -> Event:
    """`names` are those of `stores_in` that there are."""
    what = {
        _FIRST: _("Written"),
        "supervisor.delete_article": _("Deleted"),
        "supervisor.restore_article": _("Restored"),
    }
    return Event(
        what=what.get(entry.action) or _("Corrected"),
        who=shown_actor(entry),
        at=entry.at,
        fields=tuple(_change(name, *pair, names) for name, pair in entry.changes.items()),
        is_first=entry.action == _FIRST,
    )


def _change(name: str, old: Any, new: Any, names: Mapping[str, str]) -> FieldChange:
    if name == "store":
        label = str(ArticleForm.base_fields["store_id"].label)
        return FieldChange(label, *(str(said_place(each or "", names)) for each in (old, new)))
    return FieldChange(str(ArticleForm.base_fields[name].label), _said(old), _said(new))


def _said(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else value or ""
