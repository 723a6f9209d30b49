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
from accounts.entities import Actor, Membership, Organisation, User, split_reference
from accounts.permissions import CustomRole, declared_codes

_SESSION_SALT = "accounts.models.AuthUser.session"


class AuthUserManager(models.Manager["AuthUser"]):
    """Only the look-ups that Django's authentication makes; each is a read of the store."""

    def get(self, *_args: Any, **lookup: Any) -> AuthUser:
        """By `pk` (or `id`), which is `User.reference` or `User.pk`.

        Raises AuthUser.DoesNotExist, also for who may not log in any more.
        """
        keys = split_reference(str(lookup.get("pk", lookup.get("id", ""))))
        membership = repository.get_membership(*keys) if keys else None
        if membership is None or not membership.active:
            raise AuthUser.DoesNotExist
        return AuthUser.of_member(membership)


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
    actor: Actor
    organisation: Organisation | None = None
    custom_roles: tuple[CustomRole, ...] = ()
    must_set_up_second_factor = False

    class Meta:
        managed = False
        app_label = "accounts"

    @classmethod
    def of(cls, user: User) -> AuthUser:
        """With what the built-in roles permit: enough to start a session."""
        instance = cls(id=user.reference, email=user.email)
        instance.account = user
        instance.actor = user.actor
        return instance

    @classmethod
    def of_member(cls, membership: Membership) -> AuthUser:
        instance = cls.of(membership.user)
        instance.actor = membership.actor
        instance.custom_roles = membership.custom_roles
        instance.organisation = membership.organisation
        instance.must_set_up_second_factor = membership.must_set_up_second_factor
        return instance

    def __str__(self) -> str:
        return self.account.name

    @property
    def is_active(self) -> bool:  # type: ignore[override]  # a plain class attribute there
        return self.account.may_log_in

    def get_full_name(self) -> str:
        return self.account.name

    def get_short_name(self) -> str:
        return self.account.name

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """`obj`, where given, must be of the user's organisation by its `org_id`, and of one of the
        user's stores where it has a `store_id`."""
        org_id = self.account.org_id if obj is None else getattr(obj, "org_id", "")
        return self.is_active and self.actor.may(perm, org_id, getattr(obj, "store_id", ""))

    def has_perms(self, perm_list: Iterable[str], obj: object = None) -> bool:
        return all(self.has_perm(perm, obj) for perm in perm_list)

    def has_module_perms(self, app_label: str) -> bool:
        return any(code.startswith(f"{app_label}.") for code in self.get_all_permissions())

    def get_all_permissions(self, obj: object = None) -> set[str]:
        return {code for code in declared_codes() if self.has_perm(code, obj)}

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
