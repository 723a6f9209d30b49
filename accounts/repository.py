"""What is stored about accounts, one function for each question."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from accounts.entities import Membership, Organisation, SessionRecord, User
from accounts.errors import ChangedMeanwhile, EmailTaken
from accounts.tables import (
    AccountItem,
    SessionItem,
    email_marker,
    email_marker_key,
    organisation_item,
    organisation_of,
    session_of,
    stored_session_key,
    user_item,
    user_of,
)
from storage import markers
from storage.transactions import Transaction

# Read when an address is unknown, so that its login asks the store as often as any other.
_NOBODY = ("ORG-nobody", "USER-nobody")


def add_organisation(transaction: Transaction, organisation: Organisation) -> None:
    transaction.put(
        organisation_item(organisation), condition=AccountItem.partition.does_not_exist()
    )


def add_user(transaction: Transaction, user: User) -> None:
    """The commit raises EmailTaken when somebody has the address, deleted people included."""
    markers.claim(transaction, email_marker(user), taken=EmailTaken)
    transaction.put(user_item(user), condition=AccountItem.partition.does_not_exist())


def change_organisation(transaction: Transaction, organisation: Organisation) -> None:
    """Replaces the organisation that was read; the commit raises ChangedMeanwhile."""
    changed = replace(organisation, updated_at=datetime.now(UTC))
    transaction.put(organisation_item(changed), on_failure=ChangedMeanwhile)


def change_user(transaction: Transaction, user: User) -> None:
    """Replaces the user that was read, except the address; the commit raises ChangedMeanwhile."""
    changed = replace(user, updated_at=datetime.now(UTC))
    transaction.put(user_item(changed), on_failure=ChangedMeanwhile)


def get_user(org_id: str, user_id: str) -> User | None:
    """One strongly consistent read: a role taken away or a changed password counts at once."""
    item = AccountItem.find(org_id, user_id, consistent=True)
    return None if item is None else user_of(item)


def get_organisation(org_id: str) -> Organisation | None:
    item = AccountItem.find(org_id, org_id)
    return None if item is None else organisation_of(item)


def get_membership(org_id: str, user_id: str) -> Membership | None:
    """A person and the organisation, in one strongly consistent request."""
    items = AccountItem.find_many([(org_id, user_id), (org_id, org_id)], consistent=True)
    found = {item.sort: item for item in items}
    if user_id not in found or org_id not in found:
        return None
    return Membership(user_of(found[user_id]), organisation_of(found[org_id]))


def membership_by_email(email_key: str) -> Membership | None:
    """By the marker and not by the index, which lags: two requests, whether or not it is known."""
    key = email_marker_key(email_key)
    marker = AccountItem.find(key, key, consistent=True)
    return get_membership(*(_NOBODY if marker is None else (marker.org_id, marker.user_id)))


def get_session(session_key: str) -> SessionRecord | None:
    """Strongly consistent, for the read that follows a login comes at once. May be expired."""
    item = SessionItem.find(stored_session_key(session_key), consistent=True)
    return None if item is None else session_of(item)


def save_session(session_key: str, record: SessionRecord, *, create: bool) -> bool:
    """False when the key exists already (`create`) or no longer (a logout meanwhile)."""
    stored = SessionItem.session_key
    return SessionItem.amend(
        stored_session_key(session_key),
        actions=[
            SessionItem.session_data.set(record.data),
            SessionItem.expires_at.set(record.expires_at),
        ],
        condition=stored.does_not_exist() if create else stored.exists(),
    )


def delete_session(session_key: str) -> None:
    SessionItem(stored_session_key(session_key)).delete()
