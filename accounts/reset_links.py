"""Links with which people choose a password without knowing the one before.

A link names the person and carries a digest of the credential stamp, signed. Choosing a password
renews the stamp: so a link works once, and any other change of the password ends it, too, as does
moving to another e-mail address.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.signing import BadSignature, Signer

from accounts import attempts, notices, passwords, repository
from accounts.audit_trail import record
from accounts.entities import Actor, User, split_reference
from accounts.errors import ChangedMeanwhile, InvalidResetLink, UserNotFound
from storage.transactions import MAX_ACTIONS, Transaction

LINKS_AT_ONCE = MAX_ACTIONS
_SALT = "accounts.reset_link"
_LONGEST_TOKEN = 512
_DIGEST_LENGTH = 22


@dataclass(frozen=True, slots=True)
class ResetLink:
    """`token` is what the address of the page ends with; whoever has it can set the password."""

    user: User
    token: str = field(repr=False)
    expires_at: datetime


def issue_reset_link(*, actor: Actor, user: User, seconds: int | None = None) -> ResetLink:
    """Valid for `seconds`, RESET_LINK_SECONDS if None; leaves an audit entry. Earlier links stay
    valid.

    Raises PermissionDenied, UserNotFound for who is deleted or deactivated.
    """
    (link,) = issue_reset_links(actor=actor, users=[user], seconds=seconds)
    return link


def issue_reset_links(
    *, actor: Actor, users: Sequence[User], seconds: int | None = None
) -> list[ResetLink]:
    """At most LINKS_AT_ONCE of the actor's organisation; one request, all or none."""
    expires = int(time.time()) + (settings.RESET_LINK_SECONDS if seconds is None else seconds)
    transaction = Transaction()
    links = []
    for user in users:
        actor.require("accounts.change_user", user.org_id)
        if not user.may_log_in:
            raise UserNotFound
        token = _signer().sign_object([user.pk, _credential_digest(user), expires])
        links.append(ResetLink(user, token, datetime.fromtimestamp(expires, UTC)))
        record(transaction, actor, user.audit_subject, "accounts.issue_reset_link")
    transaction.commit()
    return links


def open_reset_link(token: str) -> User:
    """Whose password the link sets. One request, none for a link that nobody issued.

    Raises InvalidResetLink, whatever is wrong: forged, expired, used, or the person is gone.
    """
    try:
        claims = _signer().unsign_object(token) if len(token) <= _LONGEST_TOKEN else None
    except (BadSignature, ValueError):
        claims = None
    pk, digest, expires = _parts(claims)
    keys = split_reference(pk)
    if keys is None or expires <= time.time():
        raise InvalidResetLink
    membership = repository.get_membership(*keys)
    if (
        membership is None
        or not membership.active
        or not hmac.compare_digest(digest, _credential_digest(membership.user))
    ):
        raise InvalidResetLink
    return membership.user


def set_password_with_link(*, token: str, new_password: str, client_address: str) -> User:
    """Uses the link up, ends all sessions and access tokens of the person, and logs nobody in.

    Counts as an attempt of the client until it succeeds; then failed logins are forgotten. Raises
    InvalidResetLink, WeakPassword (under `new_password`), TooManyAttempts, ChangedMeanwhile.
    """
    per_client, client_key = attempts.resets_per_client(), attempts.client_key(client_address)
    attempts.hit(per_client, client_key)
    user = open_reset_link(token)
    passwords.require_strong(new_password, user, field="new_password")
    password = passwords.hashed(new_password)
    try:
        user = _with_password(user, password)
    except ChangedMeanwhile:
        # By another use of the link, or in something else: the link itself knows.
        user = _with_password(open_reset_link(token), password)
    per_client.forgive(client_key)
    attempts.logins_per_address().clear(user.email_key)
    notices.tell_of_new_password(user)
    return user


def set_password(*, actor: Actor, user: User, new_password: str) -> User:
    """By whoever may change people; ends all sessions and access tokens of the person.

    Raises PermissionDenied, WeakPassword (under `new_password`), ChangedMeanwhile.
    """
    actor.require("accounts.change_user", user.org_id)
    passwords.require_strong(new_password, user, field="new_password")
    changed = _with_password(user, passwords.hashed(new_password), actor, "accounts.set_password")
    notices.tell_of_new_password(changed)
    return changed


def _with_password(
    user: User, password: str, actor: Actor | None = None, action: str = "accounts.reset_password"
) -> User:
    """By the person, unless `actor` is given."""
    changed = replace(user, password=password, credential_stamp=User.new_stamp())
    transaction = Transaction()
    repository.change_user(transaction, changed)
    record(transaction, actor or user, user.audit_subject, action)
    transaction.commit()
    return replace(changed, version=(user.version or 0) + 1)


def _signer() -> Signer:
    # Not the usual colon: mail programs differ in whether it is part of an address.
    return Signer(salt=_SALT, sep=".")


def _parts(claims: Any) -> tuple[str, str, int]:
    """Nothing that works for what was not signed by us, or by an older version of us."""
    if not isinstance(claims, list) or len(claims) != 3:
        return "", "", 0
    pk, digest, expires = claims
    if not (isinstance(pk, str) and isinstance(digest, str) and isinstance(expires, int)):
        return "", "", 0
    return pk, digest, expires


def _credential_digest(user: User) -> str:
    """Tells nothing about the stamp, which is random. A link ends with the address it went to."""
    message = f"{_SALT}\0{user.credential_stamp}\0{user.email_key}".encode()
    return hashlib.sha256(message).hexdigest()[:_DIGEST_LENGTH]
