"""Whose an address is, and making it somebody's."""

from __future__ import annotations

import uuid

from accounts import repository
from accounts.entities import Membership, User
from accounts.errors import EmailTaken
from accounts.tables import AccountItem, email_marker, email_marker_key, organisation_of, user_of
from storage import markers
from storage.ephemeral import EphemeralItem, expiry
from storage.transactions import Transaction

# Read when an address is unknown, so that it asks the store as often as any other.
_NOBODY = ("ORG-nobody", "USER-nobody")


def is_taken(email_key: str) -> bool:
    """Also by somebody who was deleted. One request, strongly consistent."""
    return bool(repository.who_has([email_key]))


def holder_of(email_key: str) -> Membership | None:
    """None for an address that nobody has, or whose person is gone for good.

    Without the custom roles, so that it is two requests for everybody and for nobody.
    """
    key = email_marker_key(email_key)
    marker = AccountItem.find(key, key, consistent=True)
    org_id, user_id = _NOBODY if marker is None else (marker.org_id, marker.user_id)
    items = AccountItem.find_many([(org_id, user_id), (org_id, org_id)], consistent=True)
    found = {item.sort: item for item in items}
    if user_id not in found or org_id not in found:
        return None
    return Membership(user_of(found[user_id]), organisation_of(found[org_id]))


def write_for_nobody() -> None:
    """One write that means nothing, in place of the entry that an account gets."""
    transaction = Transaction()
    transaction.put(EphemeralItem(f"nobody#{uuid.uuid4()}", expires_at=expiry(0)))
    transaction.commit()


def move_address(transaction: Transaction, old: User, new: User) -> None:
    """`new` is `old` with another address, and maybe more.

    The commit raises EmailTaken, also for an address of deleted people; ChangedMeanwhile.
    """
    markers.move(transaction, email_marker(old), email_marker(new), taken=EmailTaken)
    repository.change_user(transaction, new)
