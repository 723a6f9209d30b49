"""Signed pagination cursors: opaque to a client, and useless for any other list or owner."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

import orjson

from storage.configuration import configuration
from storage.errors import InvalidCursor

LONGEST = 4096
_SIGNATURE_BYTES = 16


def seal(payload: Mapping[str, Any], *, purpose: str) -> str:
    """URL-safe text that only `open_sealed` with the same purpose turns back into `payload`.

    The purpose names everything the cursor must not be carried over to: the list, its
    partition, filter, order and owner.
    """
    body = orjson.dumps(dict(payload))
    return _text(_sign(body, purpose) + body)


def open_sealed(text: str, *, purpose: str) -> dict[str, Any]:
    """Raises InvalidCursor for anything that `seal` did not make for this purpose."""
    if len(text) > LONGEST:
        raise InvalidCursor("too long")
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidCursor("not base64") from error
    if _text(raw) != text:
        raise InvalidCursor("another spelling")
    signature, body = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
    if not hmac.compare_digest(signature, _sign(body, purpose)):
        raise InvalidCursor("wrong signature")
    payload = orjson.loads(body)
    if not isinstance(payload, dict):
        raise InvalidCursor("not an object")
    return payload


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _sign(body: bytes, purpose: str) -> bytes:
    secret = configuration().cursor_secret
    if not secret:
        raise RuntimeError("cursor_secret is not configured")
    message = purpose.encode() + b"\0" + body
    return hmac.new(secret, message, hashlib.sha256).digest()[:_SIGNATURE_BYTES]
