"""What stands at the end of addresses that go out by mail: signed, expiring, stored nowhere."""

from __future__ import annotations

import json
import time
from typing import Any

from django.core.signing import BadSignature, Signer
from django.utils.translation import ngettext_lazy

from accounts.addresses.errors import InvalidLink

_LONGEST_TOKEN = 4096
_HOUR = 3600
_DAY = 24 * _HOUR


def seal(purpose: str, claims: list[str], *, seconds: int) -> str:
    """Readable for whoever has it, but not to be made or altered. Valid for `seconds`."""
    expires = int(time.time()) + seconds
    # Two long names in any script have to fit into one line of a mail program.
    return _signer(purpose).sign_object([*claims, expires], serializer=_Json, compress=True)


def open_sealed(purpose: str, token: str, *, count: int) -> list[str]:
    """The `count` claims. Raises InvalidLink: forged, of another purpose, or its time is over."""
    try:
        said = (
            _signer(purpose).unsign_object(token, serializer=_Json)
            if len(token) <= _LONGEST_TOKEN
            else None
        )
    except (BadSignature, ValueError):
        said = None
    if not isinstance(said, list) or len(said) != count + 1:
        raise InvalidLink
    *claims, expires = said
    if not all(isinstance(claim, str) for claim in claims) or not isinstance(expires, int):
        raise InvalidLink
    if expires <= time.time():
        raise InvalidLink
    return claims


def duration(seconds: int) -> object:
    """“7 days”, “24 hours”, “30 minutes”: in the language of whoever reads it."""
    if seconds % _DAY == 0 and seconds > _DAY:
        days = seconds // _DAY
        return ngettext_lazy("%(count)d day", "%(count)d days", days) % {"count": days}
    if seconds % _HOUR == 0:
        hours = seconds // _HOUR
        return ngettext_lazy("%(count)d hour", "%(count)d hours", hours) % {"count": hours}
    minutes = max(1, seconds // 60)
    return ngettext_lazy("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}


class _Json:
    """Names as they are: escapes would make them six times as long."""

    def dumps(self, claims: Any) -> bytes:
        return json.dumps(claims, ensure_ascii=False, separators=(",", ":")).encode()

    def loads(self, data: bytes) -> Any:
        return json.loads(data)


def _signer(purpose: str) -> Signer:
    # Not the usual colon: mail programs differ in whether it is part of an address.
    return Signer(salt=f"accounts.addresses.{purpose}", sep=".")
