from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("People and organisation")

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_in

        from accounts import tables  # noqa: F401  # registers them
        from accounts.own_permissions import PERMISSIONS
        from accounts.permissions import declare
        from accounts.personal_data.keepers import keep_personal_data
        from accounts.personal_data.own_data import AccountsKeeper
        from accounts.sessions import remember_login

        declare(PERMISSIONS)
        keep_personal_data(AccountsKeeper())
        user_logged_in.connect(remember_login, dispatch_uid="accounts.remember_login")
