"""What of a second factor may be stored: secrets encrypted, recovery codes as keyed digests.

The keys are derived from SECOND_FACTOR_SECRET (HKDF). What an earlier one has sealed is opened
with SECOND_FACTOR_SECRET_FALLBACKS.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from accounts.entities import User
from accounts.second_factor.entities import plain_recovery_code

SET_UP_SECONDS = 3600
_KEY_BYTES = 32
_NONCE_BYTES = 12
_LONGEST_SEALED = 1024


def seal_secret(secret: str, user: User) -> str:
    """AES-256-GCM, bound to the person: it opens nothing in the place of somebody else's."""
    return _seal(secret.encode(), f"secret\0{user.pk}")


def open_secret(sealed: str, user: User) -> str | None:
    """None where no key that we have opens it."""
    opened = _open(sealed, f"secret\0{user.pk}")
    return None if opened is None else opened.decode()


def seal_set_up(secret: str, user: User) -> str:
    content = {"secret": secret, "until": int(time.time()) + SET_UP_SECONDS}
    return _seal(json.dumps(content).encode(), _set_up_context(user))


def open_set_up(token: str, user: User) -> str | None:
    """The secret; None for a token that is forged, of somebody else, or too old."""
    opened = _open(token, _set_up_context(user))
    if opened is None:
        return None
    content = json.loads(opened)
    secret: str = content["secret"]
    return secret if content["until"] > time.time() else None


def digest_of(code: str, user: User) -> str:
    """With the current key, for storing."""
    return _digest(code, user, settings.SECOND_FACTOR_SECRET)


def digests_of(code: str, user: User) -> Iterator[str]:
    """With every key that may have been used, for comparing."""
    return (_digest(code, user, secret) for secret in _secrets())


def _set_up_context(user: User) -> str:
    # With the stamp, a changed password ends what was begun before it.
    return f"set-up\0{user.pk}\0{user.credential_stamp}"


def _digest(code: str, user: User, secret: str) -> str:
    message = f"{user.pk}\0{plain_recovery_code(code)}".encode()
    return hmac.new(_key(secret, b"recovery codes"), message, hashlib.sha256).hexdigest()


def _seal(content: bytes, context: str) -> str:
    nonce = os.urandom(_NONCE_BYTES)
    key = _key(settings.SECOND_FACTOR_SECRET, b"encryption")
    return urlsafe_b64encode(nonce + AESGCM(key).encrypt(nonce, content, context.encode())).decode()


def _open(sealed: str, context: str) -> bytes | None:
    if len(sealed) > _LONGEST_SEALED:
        return None
    try:
        raw = urlsafe_b64decode(sealed.encode("ascii"))
    except ValueError:
        return None
    nonce, content = raw[:_NONCE_BYTES], raw[_NONCE_BYTES:]
    if len(nonce) < _NONCE_BYTES:
        return None
    for secret in _secrets():
        try:
            return AESGCM(_key(secret, b"encryption")).decrypt(nonce, content, context.encode())
        except InvalidTag:
            continue
    return None


def _secrets() -> tuple[str, ...]:
    return (settings.SECOND_FACTOR_SECRET, *settings.SECOND_FACTOR_SECRET_FALLBACKS)


def _key(secret: str, purpose: bytes) -> bytes:
    kdf = HKDF(hashes.SHA256(), _KEY_BYTES, salt=None, info=b"backroom second factor " + purpose)
    return kdf.derive(secret.encode())
