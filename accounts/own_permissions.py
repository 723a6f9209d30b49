"""The permissions that this app declares."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.permissions import EVERYBODY, NOBODY_ELSE, Permission, Role

_MANAGER = frozenset({Role.MANAGER})

ROLE_NAMES = {
    Role.OWNER: _("Owner"),
    Role.MANAGER: _("Manager"),
    Role.SUPERVISOR: _("Supervisor"),
    Role.STAFF: _("Staff"),
    Role.VIEWER: _("Viewer"),
}

PERMISSIONS = (
    Permission("accounts.view_user", _("See the people of the organisation"), EVERYBODY),
    Permission("accounts.add_user", _("Invite people"), _MANAGER),
    Permission("accounts.change_user", _("Change people, their roles and stores"), _MANAGER),
    Permission("accounts.delete_user", _("Delete and restore people"), _MANAGER),
    Permission("accounts.view_organisation", _("See the organisation"), EVERYBODY),
    Permission("accounts.change_organisation", _("Change the organisation"), NOBODY_ELSE),
    Permission("accounts.delete_organisation", _("Delete the organisation"), NOBODY_ELSE),
    Permission("accounts.transfer_organisation", _("Hand over the organisation"), NOBODY_ELSE),
    Permission("accounts.view_role", _("See roles and what they permit"), EVERYBODY),
    Permission("accounts.add_role", _("Make roles"), NOBODY_ELSE),
    Permission("accounts.change_role", _("Change roles"), NOBODY_ELSE),
    Permission("accounts.delete_role", _("Delete and restore roles"), NOBODY_ELSE),
    Permission("accounts.view_store", _("See stores"), EVERYBODY, of_store=True),
    Permission("accounts.add_store", _("Open stores"), _MANAGER),
    Permission("accounts.change_store", _("Change stores"), _MANAGER, of_store=True),
    Permission("accounts.delete_store", _("Delete stores"), _MANAGER, of_store=True),
    Permission(
        "accounts.add_token",
        _("Make tokens for one's own programs"),
        frozenset({Role.MANAGER, Role.SUPERVISOR, Role.STAFF}),
    ),
    Permission("accounts.view_token", _("See everybody's tokens"), _MANAGER),
    Permission("accounts.delete_token", _("Revoke everybody's tokens"), _MANAGER),
)
