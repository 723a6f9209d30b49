"""Links with which an owner brings back the organisation, without logging in.

A link names organisation, owner and the moment of the deletion, signed. So it ends when the
organisation is restored, or destroyed, and does not work for a later deletion.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse

from accounts import repository
from accounts.entities import Organisation, User, split_reference
from accounts.removal.entities import RestoreLink, job_id
from accounts.removal.errors import InvalidRestoreLink

_SALT = "accounts.restore_link"
_LONGEST_TOKEN = 512


def issue_restore_link(organisation: Organisation, owner: User) -> RestoreLink:
    """Of a deleted organisation; valid for RESTORE_LINK_SECONDS from the deletion."""
    assert organisation.deleted_at is not None
    deleted = int(organisation.deleted_at.timestamp())
    expires = deleted + settings.RESTORE_LINK_SECONDS
    token = _signer().sign_object([owner.pk, deleted, expires])
    return RestoreLink(organisation, owner, datetime.fromtimestamp(expires, UTC), token)


def open_restore_link(token: str) -> RestoreLink:
    """One request, none for a link that nobody issued. Raises InvalidRestoreLink, whatever is
    wrong: forged, expired, used, or the owner is none any more."""
    try:
        claims = _signer().unsign_object(token) if len(token) <= _LONGEST_TOKEN else None
    except (BadSignature, ValueError):
        claims = None
    pk, deleted, expires = _parts(claims)
    keys = split_reference(pk)
    if keys is None or expires <= time.time():
        raise InvalidRestoreLink
    membership = repository.get_membership(*keys)
    if membership is None:
        raise InvalidRestoreLink
    organisation, user = membership.organisation, membership.user
    if (
        organisation.deleted_at is None
        or int(organisation.deleted_at.timestamp()) != deleted
        or not _owned_it(user)
    ):
        raise InvalidRestoreLink
    return RestoreLink(organisation, user, datetime.fromtimestamp(expires, UTC), token)


def days() -> int:
    """For how long a link works, in whole days."""
    return max(1, settings.RESTORE_LINK_SECONDS // (24 * 3600))


def path_of(token: str) -> str:
    return reverse("accounts:restore-organisation", args=[token])


def _owned_it(user: User) -> bool:
    """Whoever was deleted before the organisation has no say in it."""
    with_it = user.deleted_at is None or user.removed_with == job_id(user.org_id)
    return user.is_owner and user.deactivated_at is None and with_it


def _signer() -> Signer:
    # Not the usual colon: mail programs differ in whether it is part of an address.
    return Signer(salt=_SALT, sep=".")


def _parts(claims: Any) -> tuple[str, int, int]:
    """Nothing that works for what was not signed by us, or by an older version of us."""
    if not isinstance(claims, list) or len(claims) != 3:
        return "", 0, 0
    pk, deleted, expires = claims
    if not (isinstance(pk, str) and isinstance(deleted, int) and isinstance(expires, int)):
        return "", 0, 0
    return pk, deleted, expires
