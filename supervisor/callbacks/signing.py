"""Signatures, by which receivers know that a call comes from here and is not an old one."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime

TIMESTAMP = "Backroom-Timestamp"
SIGNATURE = "Backroom-Signature"
_SECRET_BYTES = 32


def new_secret() -> str:
    return f"whsec_{secrets.token_urlsafe(_SECRET_BYTES)}"


def signed_headers(body: bytes, secrets: Iterable[str], now: datetime) -> dict[str, str]:
    """A signature with each secret that is valid: while one replaces another there are two."""
    timestamp = str(int(now.timestamp()))
    signatures = (f"v1={_signature(secret, timestamp, body)}" for secret in secrets)
    return {TIMESTAMP: timestamp, SIGNATURE: ",".join(signatures)}


def _signature(secret: str, timestamp: str, body: bytes) -> str:
    message = timestamp.encode() + b"." + body
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
