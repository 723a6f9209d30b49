"""What is stored about invitations and those around them, one function for each question."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from accounts.entities import Organisation, User
from accounts.errors import ChangedMeanwhile
from accounts.people.entities import Invitation, is_id
from accounts.people.errors import AlreadyInvited, InvitationNotFound
from accounts.people.items import (
    invitation_item,
    invitation_of,
    invited_marker,
    list_end,
    list_partition,
    list_prefix,
)
from accounts.permissions import CustomRole
from accounts.tables import (
    BY_ITEM_TYPE,
    INVITATION,
    AccountItem,
    email_marker_key,
    item_types,
    organisation_of,
    role_of,
    user_of,
)
from storage import markers
from storage.cursors import open_sealed, seal
from storage.pages import Page, page_of
from storage.transactions import Transaction


class Surroundings(NamedTuple):
    """`roles` are those that exist, by id. `holder` is (organisation id, user id) of whoever has
    the address that was asked for."""

    organisation: Organisation | None
    people: dict[str, User]
    roles: dict[str, CustomRole]
    holder: tuple[str, str] | None


def look_around(
    org_id: str, *, roles: Iterable[str] = (), people: Iterable[str] = (), email_key: str = ""
) -> Surroundings:
    """An organisation, these of its own roles and people, and who has the address: one strongly
    consistent request."""
    roles, people = tuple(roles), tuple(people)
    keys = [(org_id, key) for key in (org_id, *roles, *people)]
    marker = email_marker_key(email_key)
    if email_key:
        keys.append((marker, marker))
    items = {item.sort: item for item in AccountItem.find_many(keys, consistent=True)}
    found = {key: item for key, item in items.items() if item.partition == org_id}
    own = (role_of(found[key]) for key in roles if key in found)
    holder = items.get(marker)
    return Surroundings(
        organisation_of(found[org_id]) if org_id in found else None,
        {key: user_of(found[key]) for key in people if key in found},
        {role.role_id: role for role in own if role.deleted_at is None},
        (holder.org_id, holder.user_id) if holder is not None else None,
    )


def add_invitation(transaction: Transaction, invitation: Invitation) -> None:
    """The commit raises AlreadyInvited where the address has an invitation."""
    markers.claim(transaction, _marker(invitation), taken=AlreadyInvited)
    transaction.put(invitation_item(invitation), condition=AccountItem.partition.does_not_exist())


def renew_invitation(transaction: Transaction, invitation: Invitation) -> Invitation:
    """Replaces the one that was read; the commit raises ChangedMeanwhile. Returns what is stored
    after it."""
    transaction.put(invitation_item(invitation), on_failure=ChangedMeanwhile)
    return replace(invitation, version=(invitation.version or 0) + 1)


def remove_invitation(transaction: Transaction, invitation: Invitation) -> None:
    """The commit raises InvitationNotFound when it is no longer the one that was read."""
    transaction.delete(invitation_item(invitation), on_failure=InvitationNotFound)
    markers.release(transaction, _marker(invitation))


def get_invitation(org_id: str, invitation_id: str) -> Invitation | None:
    """One strongly consistent read."""
    if not is_id(INVITATION, invitation_id):
        return None
    item = AccountItem.find(org_id, invitation_id, consistent=True)
    return None if item is None else invitation_of(item)


def invitation_to(org_id: str, email_key: str) -> str:
    """The id of the one that this address has, or nothing: one strongly consistent read."""
    hash_key, sort = invited_marker(org_id, email_key).primary_key()
    marker = AccountItem.find(hash_key, sort, consistent=True)
    return "" if marker is None else marker.invitation_id


def invitations_of(org_id: str, *, limit: int, cursor: str | None = None) -> Page[Invitation]:
    """By address: one query of the index, which lags a moment. Raises InvalidCursor."""
    purpose = f"invitations:{org_id}"
    prefix = list_prefix(org_id)
    start_key = open_sealed(cursor, purpose=purpose)["key"] if cursor else None
    found = AccountItem.slice(
        list_partition(org_id),
        AccountItem.id.between(prefix, list_end(org_id)),
        index=BY_ITEM_TYPE,
        page_size=limit + 1,
        start_key=start_key,
    )

    def cursor_after(item: AccountItem) -> str:
        key = {"hashKey": item.partition, "rangeKey": item.sort}
        key |= {"itemType": item.item_type, "id": item.id}
        return seal({"key": {name: {"S": text} for name, text in key.items()}}, purpose=purpose)

    return page_of(found.items, limit, cursor_after, found.capacity).map(invitation_of)


def expired_invitations(before: datetime, *, around: str, most: int) -> Iterator[Invitation]:
    """Of all organisations, those that ended before this: among `most` in the order of their ids
    that follow `around`, and `most` from the beginning on. Two queries of the index for each shard.
    """
    expired = AccountItem.expires_at < int(before.timestamp())
    for partition in item_types(INVITATION):
        for place in (AccountItem.id > around, AccountItem.id <= around):
            found = AccountItem.slice(
                partition, place, index=BY_ITEM_TYPE, page_size=most, filter_condition=expired
            )
            yield from map(invitation_of, found.items)


def _marker(invitation: Invitation) -> AccountItem:
    return invited_marker(invitation.org_id, invitation.email_key, invitation.invitation_id)
