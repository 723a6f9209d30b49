"""What became of somebody's account, in people's words: for the person, and for who manages it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from babel.dates import format_datetime
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from accounts.forms import shown_choice
from accounts.organisation_history import FieldChange
from accounts.permissions import declared
from storage.audit import AuditEntry

WORDS: dict[str, Any] = {
    "accounts.sign_up": gettext_lazy("Account opened"),
    "accounts.add_user": gettext_lazy("Account made"),
    "accounts.import_user": gettext_lazy("Account moved here from another system"),
    "accounts.log_in": gettext_lazy("Logged in"),
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
    "accounts.destroy_user": gettext_lazy("Account removed for good"),
    "accounts.erase_user": gettext_lazy("Personal data erased"),
    "accounts.transfer_organisation": gettext_lazy("Organisation handed over"),
    "accounts.export_user": gettext_lazy("Personal data downloaded"),
    "accounts.enable_second_factor": gettext_lazy("Second factor switched on"),
    "accounts.disable_second_factor": gettext_lazy("Second factor switched off"),
    "accounts.renew_recovery_codes": gettext_lazy("New recovery codes made"),
    "accounts.use_recovery_code": gettext_lazy("Recovery code used"),
    "accounts.lock_second_factor": gettext_lazy("Too many wrong codes of the second factor"),
    "accounts.unlock": gettext_lazy("Let in again after too many attempts"),
}
_FIELDS: dict[str, Any] = {
    "name": gettext_lazy("Name"),
    "email": gettext_lazy("E-mail address"),
    "language": gettext_lazy("Language"),
    "time_zone": gettext_lazy("Time zone"),
    "theme": gettext_lazy("Theme"),
    "roles": gettext_lazy("Roles"),
    "stores": gettext_lazy("Stores"),
    "device": gettext_lazy("Device"),
    "token": gettext_lazy("API token"),
    "scopes": gettext_lazy("What it may do"),
    "expires_at": gettext_lazy("Expires"),
    "recovery_codes_left": gettext_lazy("Recovery codes left"),
}
_CHOICES = frozenset({"language", "time_zone", "theme"})
# What something was done with: it does not become anything else.
_MEANS = frozenset({"device", "token"})


def what_happened(entry: AuditEntry) -> str:
    """What is not known here is said by its code, so that nothing is hidden."""
    if entry.action == "accounts.log_in":
        return _login(entry)
    words = WORDS.get(entry.action)
    if words is None:
        return _("Something else: %(action)s") % {"action": entry.action}
    return str(words)


def shown_fields(entry: AuditEntry, role_names: Mapping[str, str]) -> tuple[FieldChange, ...]:
    """Those that people have a name for; the others follow from what happened."""
    fields = []
    for name, label in _FIELDS.items():
        if name in entry.changes:
            old, new = (_said(name, value, role_names) for value in entry.changes[name])
            fields.append(FieldChange(str(label), old, (new or old) if name in _MEANS else new))
    return tuple(fields)


def replaces_nothing(entry: AuditEntry) -> bool:
    """Whether its fields have no earlier values worth showing."""
    return all(old is None or name in _MEANS for name, (old, _now) in entry.changes.items())


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
    return texts.get(how, str(WORDS[entry.action]))


def _new(entry: AuditEntry, field: str) -> str:
    value = entry.changes.get(field, (None, None))[1]
    return "" if value is None else str(value)


def _said(name: str, value: Any, role_names: Mapping[str, str]) -> str:
    if name == "stores":
        return _stores(value)
    if value is None:
        return ""
    if name == "scopes":
        labels = {permission.code: str(permission.label) for permission in declared()}
        return ", ".join(labels.get(code, code) for code in value)
    if name == "expires_at":
        return _moment(value)
    if name in _CHOICES:
        return str(shown_choice(name, str(value)))
    if isinstance(value, list):
        return ", ".join(role_names.get(each, str(each)) for each in value)
    return str(value)


def _stores(stored: Any) -> str:
    """How many; which ones, the person's page says as it is now."""
    if stored is None:
        return _("All stores")
    return ngettext("%(count)d store", "%(count)d stores", len(stored)) % {"count": len(stored)}


def _moment(text: str) -> str:
    """In the time zone of who reads it."""
    local = timezone.localtime(datetime.fromisoformat(text)).replace(tzinfo=None)
    language = (get_language() or "en").replace("-", "_")
    return format_datetime(local, "d MMM y HH:mm", locale=language)
