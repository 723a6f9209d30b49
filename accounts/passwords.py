"""Password hashing. The algorithm is Django's setting PASSWORD_HASHERS: argon2."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import NamedTuple

from django.contrib.auth import hashers, password_validation
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.entities import User
from accounts.errors import WeakPassword

LONGEST_PASSWORD = 1024


def hashed(password: str) -> str:
    return hashers.make_password(_composed(password))


def unusable() -> str:
    """In place of a hash, for somebody who has no password yet: none matches it."""
    return hashers.make_password(None)


def matches(password: str, encoded: str, renew: Callable[[str], None] | None = None) -> bool:
    """`renew` gets the password when it is right but was hashed with outdated parameters."""
    return hashers.check_password(_composed(password), encoded, renew)


def is_usable(encoded: str) -> bool:
    return hashers.is_password_usable(encoded)


def spend_the_time_of_a_check(password: str) -> None:
    """Hashes for nothing, so that an unknown address takes as long as a wrong password."""
    hashers.make_password(_composed(password))


def require_strong(password: str, user: User, *, field: str = "password") -> None:
    """Raises WeakPassword with what is wrong under `field`."""
    try:
        password_validation.validate_password(password, _Described(user))  # type: ignore[arg-type]
    except ValidationError as error:
        raise WeakPassword(fields={field: error.messages}) from error


def _composed(password: str) -> str:
    """Keyboards differ in whether they send ñ as one character or as two (NIST SP 800-63B)."""
    return unicodedata.normalize("NFKC", password)


class _Described:
    """What Django's similarity check compares a password with, and how it calls that."""

    def __init__(self, user: User) -> None:
        self.name = user.name
        self.email = user.email
        self._meta = _Fields()


class _Field(NamedTuple):
    verbose_name: object


class _Fields:
    def get_field(self, name: str) -> _Field:
        return _Field({"name": _("name"), "email": _("e-mail address")}[name])
