"""The user model that Django's authentication works with. It has no database table.

`AuthUser` lends Django its `_meta`; what an instance shows is the user read from DynamoDB.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.utils.crypto import salted_hmac

from accounts import passwords, repository
from accounts.entities import Actor, User, declared_permissions, split_pk

_SESSION_SALT = "accounts.models.AuthUser.session"


class AuthUserManager(models.Manager["AuthUser"]):
    """Only the look-ups that Django's authentication makes; each is a read of the store."""

    def get(self, *_args: Any, **lookup: Any) -> AuthUser:
        """By `pk` (or `id`). Raises AuthUser.DoesNotExist, also for deleted people."""
        keys = split_pk(str(lookup.get("pk", lookup.get("id", ""))))
        user = repository.get_user(*keys) if keys else None
        if user is None or user.deleted_at is not None:
            raise AuthUser.DoesNotExist
        return AuthUser.of(user)


class AuthUser(AbstractBaseUser):
    id = models.CharField(primary_key=True, max_length=90)
    email = models.EmailField(unique=True)
    password = None  # type: ignore[assignment]  # the hash stays in `account`
    last_login = None  # logins are audit entries

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = []

    objects = AuthUserManager()

    account: User

    class Meta:
        managed = False
        app_label = "accounts"

    @classmethod
    def of(cls, user: User) -> AuthUser:
        instance = cls(id=user.pk, email=user.email)
        instance.account = user
        return instance

    def __str__(self) -> str:
        return self.account.name

    @property
    def actor(self) -> Actor:
        return self.account.actor

    @property
    def is_active(self) -> bool:  # type: ignore[override]  # a plain class attribute there
        return self.account.deleted_at is None

    def get_full_name(self) -> str:
        return self.account.name

    def get_short_name(self) -> str:
        return self.account.name

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """`obj`, where given, must belong to the user's organisation by its `org_id`."""
        org_id = self.account.org_id if obj is None else getattr(obj, "org_id", "")
        return self.is_active and self.actor.may(perm, org_id)

    def has_perms(self, perm_list: Iterable[str], obj: object = None) -> bool:
        return all(self.has_perm(perm, obj) for perm in perm_list)

    def has_module_perms(self, app_label: str) -> bool:
        return any(code.startswith(f"{app_label}.") for code in self.get_all_permissions())

    def get_all_permissions(self, obj: object = None) -> set[str]:
        return {code for code in declared_permissions() if self.has_perm(code, obj)}

    def check_password(self, raw_password: str | None) -> bool:
        return raw_password is not None and passwords.matches(raw_password, self.account.password)

    def has_usable_password(self) -> bool:
        return passwords.is_usable(self.account.password)

    def get_session_auth_hash(self) -> str:
        """From the stamp and not from the hash: renewing the hash at login ends no session."""
        return self._session_digest(None)

    def get_session_auth_fallback_hash(self) -> Iterable[str]:
        for secret in settings.SECRET_KEY_FALLBACKS:
            yield self._session_digest(secret)

    def _session_digest(self, secret: str | bytes | None) -> str:
        stamp = self.account.credential_stamp
        return salted_hmac(_SESSION_SALT, stamp, secret, algorithm="sha256").hexdigest()

    def save(self, *_args: object, **_kwargs: object) -> NoReturn:
        raise TypeError("people are changed through accounts.services")

    def delete(self, *_args: object, **_kwargs: object) -> NoReturn:
        raise TypeError("people are changed through accounts.services")
