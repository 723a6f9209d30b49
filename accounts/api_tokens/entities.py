"""What an API token is, how it is written, and what it permits. Pure: no framework, no store."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import uuid
from collections.abc import Container
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from accounts.entities import User

# What these permit asks for a confirmation of who one is, which a token never has.
NEVER_FOR_TOKENS = frozenset(
    {
        "accounts.delete_organisation",
        "accounts.transfer_organisation",
        "accounts.add_token",
    }
)
PREFIX = "brk_"
KIND = "TOKEN-"
MOST_TOKENS = 50
_SHOWN = 10
_UUID_BYTES = 16
_SECRET_BYTES = 32
_BYTES = 3 * _UUID_BYTES + _SECRET_BYTES
_LENGTH = len(PREFIX) + -(-_BYTES * 4 // 3)


@dataclass(frozen=True, slots=True)
class ApiToken:
    """`scopes` are permission codes; `digest` is that of the secret part of the text."""

    org_id: str
    token_id: str
    user_id: str
    name: str
    scopes: frozenset[str]
    digest: str = field(repr=False)
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = None
    deleted_at: datetime | None = None
    version: int | None = None

    @property
    def prefix(self) -> str:
        """How its text begins, by which people tell it in a configuration."""
        return _text(_uuid_bytes(self.token_id, KIND))[:_SHOWN]

    @property
    def has_expired(self) -> bool:
        return self.expires_at <= datetime.now(UTC)

    def has_ended_with(self, owner: User) -> bool:
        """Whether its owner was deactivated or deleted after it was made, for good or not."""
        ended = owner.tokens_ended_at
        return ended is not None and self.created_at <= ended

    def admits(self, secret: bytes) -> bool:
        """Whether it is open to who has this secret, in a time that tells nothing about it."""
        matches = hmac.compare_digest(self.digest, digest_of(secret))
        return matches and not self.has_expired and self.deleted_at is None


class TokenText(NamedTuple):
    """What the text of a token says: whose it is, and the secret that proves it."""

    token_id: str
    user_id: str
    org_id: str
    secret: bytes

    def __str__(self) -> str:
        ids = (
            _uuid_bytes(self.token_id, KIND),
            _uuid_bytes(self.user_id, "USER-"),
            _uuid_bytes(self.org_id, "ORG-"),
        )
        return _text(b"".join(ids) + self.secret)

    def __repr__(self) -> str:
        return f"TokenText({self.token_id})"


@dataclass(frozen=True, slots=True)
class Scoped:
    """What somebody holds, as far as the scopes reach: `code in scoped`."""

    held: Container[str]
    scopes: frozenset[str]

    def __contains__(self, code: object) -> bool:
        return code in self.scopes and code in self.held


def new_id() -> str:
    return f"{KIND}{uuid.uuid4()}"


def is_id(text: str) -> bool:
    """Whether it is the id of a token as `new_id` writes them."""
    try:
        return text == f"{KIND}{uuid.UUID(text.removeprefix(KIND))}"
    except ValueError:
        return False


def new_secret() -> bytes:
    return secrets.token_bytes(_SECRET_BYTES)


def digest_of(secret: bytes) -> str:
    """Without a key or a slow hash: the secret is random and long, so it cannot be guessed."""
    return hashlib.sha256(secret).hexdigest()


def is_api_token(text: str) -> bool:
    """And no other kind of token, whether or not it is a good one."""
    return text.startswith(PREFIX)


def read_text(text: str) -> TokenText | None:
    """None for what cannot be an API token, another spelling of one included."""
    if len(text) != _LENGTH or not is_api_token(text):
        return None
    try:
        raw = base64.b64decode(f"{text.removeprefix(PREFIX)}=", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(raw) != _BYTES or _text(raw) != text:
        return None
    ids = (str(uuid.UUID(bytes=raw[at : at + _UUID_BYTES])) for at in (0, 16, 32))
    token, user, organisation = ids
    return TokenText(
        f"{KIND}{token}", f"USER-{user}", f"ORG-{organisation}", raw[3 * _UUID_BYTES :]
    )


def _text(raw: bytes) -> str:
    return PREFIX + base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _uuid_bytes(id: str, kind: str) -> bytes:
    return uuid.UUID(id.removeprefix(kind)).bytes
