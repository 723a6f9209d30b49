"""How the secrets that sign calls are stored: encrypted, like those of second factors, with a key
of its own that is derived from SECOND_FACTOR_SECRET (HKDF). What an earlier one has sealed is
opened with SECOND_FACTOR_SECRET_FALLBACKS."""

from __future__ import annotations

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_KEY_BYTES = 32
_NONCE_BYTES = 12


def seal(secret: str, org_id: str) -> str:
    """AES-256-GCM, bound to the organisation: it opens nothing in the place of another's."""
    nonce = os.urandom(_NONCE_BYTES)
    cipher = AESGCM(_key(settings.SECOND_FACTOR_SECRET))
    return urlsafe_b64encode(
        nonce + cipher.encrypt(nonce, secret.encode(), org_id.encode())
    ).decode()


def opened(sealed: str, org_id: str) -> str | None:
    """None where no key that we have opens it, or it is damaged."""
    try:
        raw = urlsafe_b64decode(sealed.encode("ascii"))
    except ValueError:
        return None
    nonce, content = raw[:_NONCE_BYTES], raw[_NONCE_BYTES:]
    if len(nonce) < _NONCE_BYTES:
        return None
    for secret in (settings.SECOND_FACTOR_SECRET, *settings.SECOND_FACTOR_SECRET_FALLBACKS):
        try:
            return AESGCM(_key(secret)).decrypt(nonce, content, org_id.encode()).decode()
        except InvalidTag:
            continue
    return None


def _key(secret: str) -> bytes:
    kdf = HKDF(hashes.SHA256(), _KEY_BYTES, salt=None, info=b"backroom callbacks encryption")
    return kdf.derive(secret.encode())
