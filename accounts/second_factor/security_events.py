"""What became of somebody's account, in people's words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.entities import Actor
from accounts.selectors import shown_actor
from storage.audit import AuditEntry, history
from storage.pages import Page

PAGE = 20
_WORDS: dict[str, object] = {
    "accounts.sign_up": gettext_lazy("Account opened"),
    "accounts.import_user": gettext_lazy("Account moved here from another system"),
    "accounts.log_out": gettext_lazy("Logged out"),
    "accounts.change_password": gettext_lazy("Password changed"),
    "accounts.reset_password": gettext_lazy("Password set with a link"),
    "accounts.set_password": gettext_lazy("Password set by the operator"),
    "accounts.issue_reset_link": gettext_lazy("Link to set a password made"),
    "accounts.end_session": gettext_lazy("Session ended"),
    "accounts.reuse_refresh_token": gettext_lazy("Login of a program ended: token used twice"),
    "accounts.add_token": gettext_lazy("API token made"),
    "accounts.revoke_token": gettext_lazy("API token revoked"),
    "accounts.change_profile": gettext_lazy("Profile changed"),
    "accounts.request_email_change": gettext_lazy("Another e-mail address asked for"),
    "accounts.change_email": gettext_lazy("E-mail address changed"),
    "accounts.accept_invitation": gettext_lazy("Invitation accepted"),
    "accounts.change_user": gettext_lazy("Roles or stores changed"),
    "accounts.deactivate_user": gettext_lazy("Account deactivated"),
    "accounts.reactivate_user": gettext_lazy("Account reactivated"),
    "accounts.delete_user": gettext_lazy("Account deleted"),
    "accounts.restore_user": gettext_lazy("Account restored"),
    "accounts.transfer_organisation": gettext_lazy("Organisation handed over"),
    "accounts.export_user": gettext_lazy("Personal data downloaded"),
    "accounts.enable_second_factor": gettext_lazy("Second factor switched on"),
    "accounts.disable_second_factor": gettext_lazy("Second factor switched off"),
    "accounts.renew_recovery_codes": gettext_lazy("New recovery codes made"),
    "accounts.use_recovery_code": gettext_lazy("Recovery code used"),
    "accounts.lock_second_factor": gettext_lazy("Too many wrong codes of the second factor"),
    "accounts.unlock": gettext_lazy("Counted attempts forgotten by the operator"),
}


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
    return SecurityEvent(_what(entry), entry.at, _detail(entry), by)


def _what(entry: AuditEntry) -> str:
    if entry.action == "accounts.log_in":
        return _login(entry)
    words = _WORDS.get(entry.action)
    return (
        str(words)
        if words is not None
        else _("Something else: %(action)s") % {"action": entry.action}
    )


def _login(entry: AuditEntry) -> str:
    how = (_new(entry, "via"), _new(entry, "second_factor"))
    texts = {
        ("session", ""): _("Logged in with the password"),
        ("session", "code"): _("Logged in with password and code"),
        ("session", "recovery_code"): _("Logged in with password and recovery code"),
        ("token", ""): _("A program logged in with the password"),
        ("token", "code"): _("A program logged in with password and code"),
        ("token", "recovery_code"): _("A program logged in with password and recovery code"),
    }
    return texts.get(how, _("Logged in"))


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
