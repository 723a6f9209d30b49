from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_in

        from accounts import tables  # noqa: F401  # registers them
        from accounts.own_permissions import PERMISSIONS
        from accounts.permissions import declare
        from accounts.sessions import remember_login

        declare(PERMISSIONS)
        user_logged_in.connect(remember_login, dispatch_uid="accounts.remember_login")
