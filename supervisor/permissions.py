"""The permissions that this app declares."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.permissions import EVERYBODY, Permission, Role

_ASKERS = frozenset({Role.MANAGER, Role.SUPERVISOR, Role.STAFF})
_SUPERVISORS = frozenset({Role.MANAGER, Role.SUPERVISOR})
_MANAGERS = frozenset({Role.MANAGER})

PERMISSIONS = (
    Permission("supervisor.view_request", _("See requests"), EVERYBODY, of_store=True),
    Permission("supervisor.view_caller", _("See callers' numbers"), _SUPERVISORS, of_store=True),
    Permission("supervisor.add_request", _("Ask supervisors"), _ASKERS, of_store=True),
    Permission("supervisor.answer_request", _("Answer requests"), _SUPERVISORS, of_store=True),
    Permission("supervisor.assign_request", _("Assign requests"), _SUPERVISORS, of_store=True),
    Permission("supervisor.view_article", _("Read articles"), EVERYBODY, of_store=True),
    Permission(
        "supervisor.change_article", _("Write and correct articles"), _SUPERVISORS, of_store=True
    ),
    Permission("supervisor.delete_article", _("Delete articles"), _MANAGERS, of_store=True),
    Permission(
        "supervisor.change_settings", _("Change the settings of requests"), _MANAGERS, of_store=True
    ),
)
