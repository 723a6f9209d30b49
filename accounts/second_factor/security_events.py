"""What became of somebody's account, in people's words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import ngettext

from accounts.account_history import what_happened
from accounts.entities import Actor
from accounts.selectors import shown_actor
from storage.audit import AuditEntry, history
from storage.pages import Page

PAGE = 20


@dataclass(frozen=True, slots=True)
class SecurityEvent:
    """`by` is who did it, where that was somebody else; `detail` may be empty."""

    what: str
    at: datetime
    detail: str = ""
    by: str = ""


def list_own_security_events(*, actor: Actor, cursor: str | None = None) -> Page[SecurityEvent]:
    """Newest first: one query. Raises InvalidCursor."""
    page = history(f"user#{actor.user_id}", limit=PAGE, cursor=cursor)
    return page.map(lambda entry: _event(entry, actor))


def _event(entry: AuditEntry, actor: Actor) -> SecurityEvent:
    by = "" if entry.actor_id == actor.user_id else shown_actor(entry)
    return SecurityEvent(what_happened(entry), entry.at, _detail(entry), by)


def _detail(entry: AuditEntry) -> str:
    if entry.action == "accounts.use_recovery_code":
        left = int(_new(entry, "recovery_codes_left") or 0)
        return ngettext("%(left)d is left", "%(left)d are left", left) % {"left": left}
    for field in ("device", "token", "email"):
        values = [str(value) for value in entry.changes.get(field, ()) if value]
        if values:
            return " → ".join(values)
    return ""


def _new(entry: AuditEntry, field: str) -> str:
    value = entry.changes.get(field, (None, None))[1]
    return "" if value is None else str(value)
