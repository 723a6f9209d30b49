"""Typed readers of environment variables. A missing or malformed one stops the start loudly."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

from django.core.exceptions import ImproperlyConfigured

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})
MINIMUM_SECRET_LENGTH = 50


def text(name: str, default: str | None = None, *, choices: Sequence[str] = ()) -> str:
    """An empty variable counts as missing. Without a default the variable is required."""
    value = os.environ.get(name, "").strip()
    if not value:
        if default is None:
            raise ImproperlyConfigured(f"{name} is missing: set this environment variable.")
        return default
    if choices and value not in choices:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(choices)}.")
    return value


def optional(name: str) -> str | None:
    return os.environ.get(name, "").strip() or None


def boolean(name: str, default: bool) -> bool:
    value = os.environ.get(name, "").strip().lower()
    if not value:
        return default
    if value in TRUE:
        return True
    if value in FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be true or false.")


def integer(name: str, default: int, *, minimum: int = 0) -> int:
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number.") from None
    if number < minimum:
        raise ImproperlyConfigured(f"{name} must be at least {minimum}.")
    return number


def origin(name: str, default: str | None, *, https: bool) -> str:
    """Scheme and host such as https://shop.example.com, without a slash at the end."""
    value = text(name, default).rstrip("/")
    if value and not re.fullmatch(r"https?://[^/?#@\s]+", value):
        raise ImproperlyConfigured(f"{name} must be an address such as https://shop.example.com.")
    if value and https and not value.startswith("https://"):
        raise ImproperlyConfigured(f"{name} must begin with https://.")
    return value


def words(name: str, default: Sequence[str] | None = ()) -> list[str]:
    """Comma-separated. With `default=None` at least one entry is required."""
    entries = [entry.strip() for entry in os.environ.get(name, "").split(",")]
    found = [entry for entry in entries if entry]
    if found:
        return found
    if default is None:
        raise ImproperlyConfigured(
            f"{name} is missing: set this environment variable to a comma-separated list."
        )
    return list(default)


def secret(name: str, *, local_default: str | None) -> str:
    """Give `local_default` in the local stage only; elsewhere the variable is required."""
    value = text(name, local_default)
    if len(value) < MINIMUM_SECRET_LENGTH:
        raise ImproperlyConfigured(
            f"{name} must have at least {MINIMUM_SECRET_LENGTH} random characters."
        )
    return value
