"""Logins of programs: a short access token, and a refresh token that is good for one exchange.

The refresh tokens of one login are a family, of which the store has one item: what the latest of
them digests to. So an earlier one is known to be one, and whoever sends it, the program or
somebody who copied it, ends the family: which of the two it was cannot be told.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.conf import settings

from accounts import attempts, mail, refresh_repository, repository
from accounts.audit_trail import record
from accounts.devices import device_of
from accounts.entities import Membership, SessionLogin, User, split_reference
from accounts.errors import InvalidRefreshToken, MailNotSent
from accounts.refresh_repository import Family
from accounts.tokens import AccessToken, credential_digest, issue_token
from storage.transactions import Transaction

PREFIX = "brr_"
_ID_BYTES = 16
_SECRET_BYTES = 32
_PUBLIC_ID_BYTES = 12
_LENGTH = len(PREFIX) + (_ID_BYTES + _SECRET_BYTES) * 4 // 3


@dataclass(frozen=True, slots=True)
class Tokens:
    """`refresh_expires_in` is in seconds; refreshing does not prolong it."""

    access: AccessToken
    refresh: str = field(repr=False)
    refresh_expires_in: int


def start_family(*, user: User, user_agent: str) -> Tokens:
    """For who has just logged in. One write."""
    now = datetime.now(UTC).replace(microsecond=0)
    family_id, secret = secrets.token_bytes(_ID_BYTES), secrets.token_bytes(_SECRET_BYTES)
    login = SessionLogin(
        secrets.token_urlsafe(_PUBLIC_ID_BYTES), user.pk, now, device_of(user_agent)
    )
    expires_at = now + timedelta(seconds=settings.REFRESH_TOKEN_SECONDS)
    transaction = Transaction()
    refresh_repository.add_family(
        transaction,
        family_id,
        login,
        refresh_digest=_digest(secret),
        credential_digest=credential_digest(user),
        expires_at=expires_at,
    )
    transaction.commit()
    return _tokens(user, login.at, family_id, secret, expires_at)


def refresh(*, text: str, client_address: str) -> Tokens:
    """New tokens for a refresh token, which is used up by that.

    Counts as an attempt of the client until it succeeds. Of several exchanges of one token, also
    at the same moment, one succeeds at most, and the others end the family. Raises
    InvalidRefreshToken, TooManyAttempts.
    """
    family_id, secret = _parts(text)
    per_client, client_key = attempts.refreshes_per_client(), attempts.client_key(client_address)
    attempts.hit(per_client, client_key)
    family, member = _family_and_member(family_id)
    if not hmac.compare_digest(_digest(secret), family.refresh_digest):
        _end_reused(family, member.user)
        raise InvalidRefreshToken
    if not _is_open_to(family, member):
        raise InvalidRefreshToken

    renewed = secrets.token_bytes(_SECRET_BYTES)
    transaction = Transaction()
    refresh_repository.rotate(transaction, family, _digest(renewed), on_failure=_UsedMeanwhile)
    try:
        transaction.commit()
    except _UsedMeanwhile:
        _end_reused(family, member.user)
        raise InvalidRefreshToken from None
    per_client.forgive(client_key)
    login = family.session
    return _tokens(member.user, login.created_at, family_id, renewed, login.expires_at)


def end_family(*, text: str, client_address: str) -> None:
    """Logs the program out. Nothing happens where there is nothing to end any more.

    Counts like `refresh`. Raises TooManyAttempts.
    """
    with suppress(InvalidRefreshToken):
        family_id, _ = _parts(text)
        per_client, client_key = (
            attempts.refreshes_per_client(),
            attempts.client_key(client_address),
        )
        attempts.hit(per_client, client_key)
        family, member = _family_and_member(family_id)
        _end(family, member.user, "accounts.log_out")
        per_client.forgive(client_key)


class _UsedMeanwhile(Exception):
    pass


def _family_and_member(family_id: bytes) -> tuple[Family, Membership]:
    """Two requests, a third where the person has roles of the organisation's own."""
    family = refresh_repository.get_family(family_id)
    keys = split_reference(family.user_pk) if family is not None else None
    member = repository.get_membership(*keys) if keys is not None else None
    if family is None or member is None:
        raise InvalidRefreshToken
    return family, member


def _is_open_to(family: Family, member: Membership) -> bool:
    """Whoever was deactivated or has a new password is logged out for good; the people of a
    deleted organisation until it is restored."""
    unchanged = hmac.compare_digest(
        family.session.credential_digest, credential_digest(member.user)
    )
    if member.active and unchanged:
        return True
    if member.organisation.deleted_at is None:
        with suppress(InvalidRefreshToken):
            _end(family, member.user, "accounts.end_session")
    return False


def _end_reused(family: Family, user: User) -> None:
    with suppress(InvalidRefreshToken):
        _end(family, user, "accounts.reuse_refresh_token")
        with suppress(MailNotSent):
            mail.send(
                "refresh_token_reused",
                to=user.email,
                language=user.language,
                person=user.name,
                device=family.session.device,
                logged_in_at=family.session.created_at,
            )


def _end(family: Family, user: User, action: str) -> None:
    """Raises InvalidRefreshToken when somebody else has ended it meanwhile."""
    transaction = Transaction()
    refresh_repository.remove_family(transaction, family)
    record(
        transaction,
        user,
        user.audit_subject,
        action,
        {"device": (str(family.session.device), None)},
    )
    transaction.commit()


def _tokens(
    user: User, logged_in_at: datetime, family_id: bytes, secret: bytes, expires_at: datetime
) -> Tokens:
    left = int((expires_at - datetime.now(UTC)).total_seconds())
    text = _text(family_id + secret)
    return Tokens(issue_token(user, logged_in_at), text, max(0, left))


def _parts(text: str) -> tuple[bytes, bytes]:
    """Family id and secret. Raises InvalidRefreshToken for what cannot be a refresh token."""
    if len(text) != _LENGTH or not text.startswith(PREFIX):
        raise InvalidRefreshToken
    try:
        raw = base64.b64decode(text.removeprefix(PREFIX), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidRefreshToken from error
    if _text(raw) != text:
        raise InvalidRefreshToken
    return raw[:_ID_BYTES], raw[_ID_BYTES:]


def _text(raw: bytes) -> str:
    return PREFIX + base64.urlsafe_b64encode(raw).decode()


def _digest(secret: bytes) -> str:
    return hashlib.sha256(secret).hexdigest()
