"""The history of a person in people's words."""

from __future__ import annotations

from collections.abc import Mapping

from accounts.account_history import replaces_nothing, shown_fields, what_happened
from accounts.organisation_history import Event
from accounts.selectors import shown_actor
from storage.audit import AuditEntry


def event_of(entry: AuditEntry, role_names: Mapping[str, str]) -> Event:
    return Event(
        what=what_happened(entry),
        who=shown_actor(entry),
        at=entry.at,
        fields=shown_fields(entry, role_names),
        is_first=replaces_nothing(entry),
    )
