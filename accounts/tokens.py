"""Access tokens for programs: signed (HS256), short-lived, and void once the password changes."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import jwt
from django.conf import settings

from accounts import selectors
from accounts.entities import Actor, User
from accounts.errors import InvalidToken

ALGORITHM = "HS256"
ISSUER = "backroom"
CLOCK_SKEW_SECONDS = 10
_REQUIRED = ["iss", "sub", "org", "iat", "exp", "jti", "cred"]
_DIGEST_LENGTH = 22
_LONGEST_TOKEN = 2048


@dataclass(frozen=True, slots=True)
class AccessToken:
    """`expires_in` is in seconds."""

    text: str
    expires_in: int


def issue_token(user: User, logged_in_at: datetime | None = None) -> AccessToken:
    """`logged_in_at` is when the person last proved who it is, now unless it is given."""
    now = int(time.time())
    lifetime: int = settings.ACCESS_TOKEN_SECONDS
    claims = {
        "iss": ISSUER,
        "sub": user.user_id,
        "org": user.org_id,
        "iat": now,
        "auth_time": now if logged_in_at is None else int(logged_in_at.timestamp()),
        "exp": now + lifetime,
        "jti": secrets.token_urlsafe(16),
        "cred": credential_digest(user),
        "roles": list(user.custom_roles),
    }
    return AccessToken(jwt.encode(claims, settings.ACCESS_TOKEN_SECRET, ALGORITHM), lifetime)


def actor_of_token(text: str) -> Actor:
    """Whom the token speaks for, read afresh: one request. Raises InvalidToken."""
    if len(text) > _LONGEST_TOKEN:
        raise InvalidToken
    try:
        claims = jwt.decode(
            text,
            settings.ACCESS_TOKEN_SECRET,
            algorithms=[ALGORITHM],
            issuer=ISSUER,
            leeway=CLOCK_SKEW_SECONDS,
            options={"require": _REQUIRED},
        )
    except jwt.InvalidTokenError as error:
        raise InvalidToken from error
    org_id, user_id, credential = claims["org"], claims["sub"], claims["cred"]
    if not all(value and isinstance(value, str) for value in (org_id, user_id, credential)):
        raise InvalidToken
    # Signed by us, so a list of ids; tokens from before there were custom roles have none.
    member = selectors.find_member(org_id=org_id, user_id=user_id, roles=claims.get("roles", ()))
    if member is None or not hmac.compare_digest(
        credential.encode("utf-8", "replace"), credential_digest(member.user).encode()
    ):
        raise InvalidToken
    logged_in_at = claims.get("auth_time", claims["iat"])
    return replace(member.actor, confirmed_at=datetime.fromtimestamp(logged_in_at, UTC))


def credential_digest(user: User) -> str:
    """Changes with the credential stamp and tells nothing about it."""
    secret: str = settings.ACCESS_TOKEN_SECRET
    message = f"credential\0{user.credential_stamp}".encode()
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()[:_DIGEST_LENGTH]
