"""How Django's `authenticate` and its session middleware find people."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest

from accounts import services
from accounts.errors import InvalidCredentials
from accounts.models import AuthUser

BACKEND = "accounts.backends.AccountsBackend"


class AccountsBackend(BaseBackend):
    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> AuthUser | None:
        """Counts as an attempt like every login. Raises TooManyAttempts."""
        email = username if username is not None else kwargs.get("email")
        if email is None or password is None:
            return None
        address = getattr(request, "client_address", "")
        try:
            user = services.authenticate(email=email, password=password, client_address=address)
        except InvalidCredentials:
            return None
        # A password alone does not let in who has a second factor: the login pages ask for it.
        return None if user.second_factor_since is not None else AuthUser.of(user)

    def get_user(self, user_id: str) -> AuthUser | None:
        try:
            return AuthUser.objects.get(pk=user_id)
        except AuthUser.DoesNotExist:
            return None
