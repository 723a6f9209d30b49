"""The permissions that this app declares."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.permissions import EVERYBODY, Permission, Role

_STAFF = frozenset({Role.MANAGER, Role.STAFF})

PERMISSIONS = (
    Permission("catalog.view_product", _("See all products"), EVERYBODY),
    Permission("catalog.add_product", _("Add products"), _STAFF),
    Permission("catalog.change_product", _("Change products"), _STAFF),
    Permission("catalog.delete_product", _("Delete products"), frozenset({Role.MANAGER})),
)
