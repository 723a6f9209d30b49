"""Versions as HTTP compares them (RFC 9110, section 13): the id of a thing and its version."""

from __future__ import annotations

import re

from django.utils.translation import gettext_lazy as _

from storage.domain import PreconditionRequired

NO_VERSION = -1
VERSION_MISSING = _("Name the version that you saw: send its ETag in the header If-Match.")
_VERSION_DIGITS = 15


def tag(id: str, version: int | None, state: str = "") -> str:
    """`state` is what else is shown that changes without a new version: small letters, `_`, `-`."""
    return f'"{id}-{version}-{state}"' if state else f'"{id}-{version}"'


def matches(if_none_match: str | None, etag: str) -> bool:
    """Whether the client has this version already. Weak and strong tags compare alike here."""
    if not if_none_match:
        return False
    return if_none_match.strip() == "*" or etag in if_none_match


def version_in(if_match: str | None, id: str) -> int:
    """The version of the thing `id` that the header names: the latest if it names several.

    NO_VERSION for a tag that is not of this thing: that one is never current. A `W/` in front is
    overlooked, because proxies add it when they compress and the version stays exact. Raises
    PreconditionRequired without the header and for `*`, which would overwrite whatever is there.
    """
    if not if_match or if_match.strip() == "*":
        raise PreconditionRequired(VERSION_MISSING)
    pattern = rf'"{re.escape(id)}-([0-9]{{1,{_VERSION_DIGITS}}})(?:-[a-z_-]+)?"'
    return max(map(int, re.findall(pattern, if_match)), default=NO_VERSION)
