"""The history of a person in people's words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.organisation_history import Event, FieldChange
from accounts.selectors import shown_actor
from storage.audit import AuditEntry

_ACTIONS: dict[str, Any] = {
    "accounts.sign_up": gettext_lazy("Signed up"),
    "accounts.import_user": gettext_lazy("Imported"),
    "accounts.accept_invitation": gettext_lazy("Accepted the invitation"),
    "accounts.log_in": gettext_lazy("Logged in"),
    "accounts.log_out": gettext_lazy("Logged out"),
    "accounts.end_session": gettext_lazy("Ended a session"),
    "accounts.reuse_refresh_token": gettext_lazy("Login of a program ended: token used twice"),
    "accounts.add_token": gettext_lazy("Made an API token"),
    "accounts.revoke_token": gettext_lazy("Revoked an API token"),
    "accounts.change_password": gettext_lazy("Changed the password"),
    "accounts.reset_password": gettext_lazy("Set a password with a link"),
    "accounts.issue_reset_link": gettext_lazy("Issued a link to set a password"),
    "accounts.change_profile": gettext_lazy("Changed the profile"),
    "accounts.change_user": gettext_lazy("Changed roles and stores"),
    "accounts.deactivate_user": gettext_lazy("Deactivated"),
    "accounts.reactivate_user": gettext_lazy("Reactivated"),
    "accounts.delete_user": gettext_lazy("Deleted"),
    "accounts.export_user": gettext_lazy("Personal data exported"),
    "accounts.restore_user": gettext_lazy("Restored"),
    "accounts.transfer_organisation": gettext_lazy("Handed over the organisation"),
}
_FIELDS: dict[str, Any] = {
    "name": gettext_lazy("Name"),
    "language": gettext_lazy("Language"),
    "time_zone": gettext_lazy("Time zone"),
    "theme": gettext_lazy("Theme"),
    "roles": gettext_lazy("Roles"),
    "stores": gettext_lazy("Stores"),
    "device": gettext_lazy("Device"),
    "token": gettext_lazy("API token"),
    "scopes": gettext_lazy("What it may do"),
    "expires_at": gettext_lazy("Expires"),
}
# They follow from what happened.
_SILENT = frozenset({"deactivated_at", "deleted_at", "invited_by", "via"})


def event_of(entry: AuditEntry, role_names: Mapping[str, str]) -> Event:
    """What is not known here is shown by its code, so that nothing is hidden."""
    shown = (name for name in entry.changes if name not in _SILENT)
    fields = [_field(name, *entry.changes[name], role_names) for name in shown]
    return Event(
        what=str(_ACTIONS.get(entry.action, entry.action)),
        who=shown_actor(entry),
        at=entry.at,
        fields=tuple(fields),
        is_first=all(old is None for old, _new in entry.changes.values()),
    )


def _field(name: str, old: Any, new: Any, role_names: Mapping[str, str]) -> FieldChange:
    if name == "stores":
        return FieldChange(_("Stores"), _stores(old), _stores(new))
    label = str(_FIELDS.get(name, name))
    return FieldChange(label, _said(old, role_names), _said(new, role_names))


def _stores(stored: Any) -> str:
    """How many; which ones, the person's page says as it is now."""
    if stored is None:
        return _("All stores")
    return ngettext("%(count)d store", "%(count)d stores", len(stored)) % {"count": len(stored)}


def _said(value: Any, role_names: Mapping[str, str]) -> str:
    if isinstance(value, list):
        return ", ".join(role_names.get(each, str(each)) for each in value)
    if isinstance(value, datetime):
        return value.isoformat()
    return "" if value is None else str(value)
