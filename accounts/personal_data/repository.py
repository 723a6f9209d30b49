"""What is stored about erasures, and of people who are erased: one function for each question."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pynamodb.expressions.condition import Condition

from accounts.entities import User
from accounts.errors import ChangedMeanwhile
from accounts.people.entities import Invitation
from accounts.people.items import (
    invitation_item,
    invitation_of,
    invited_marker,
    list_partition,
    list_prefix,
)
from accounts.personal_data.entities import Erasure
from accounts.personal_data.items import ERASED, ERASURE, erasure_item, erasure_key, erasure_of
from accounts.tables import (
    BY_ITEM_TYPE,
    INVITATION,
    AccountItem,
    SessionItem,
    UserIndex,
    email_marker,
    item_types,
    user_item,
)
from storage import markers
from storage.transactions import Transaction

_PAGE_SIZE = 100


def get_erasure(user_id: str) -> Erasure | None:
    """One strongly consistent read."""
    key = erasure_key(user_id)
    item = AccountItem.find(key, key, consistent=True)
    return None if item is None else erasure_of(item)


def begin_erasure(transaction: Transaction, user: User, erasure: Erasure) -> None:
    """The erasure in the place of the person, whose address is free; the commit raises
    ChangedMeanwhile when either is no longer as it was read."""
    transaction.delete(user_item(user), on_failure=ChangedMeanwhile)
    markers.release(transaction, email_marker(user))
    transaction.put(erasure_item(erasure), on_failure=ChangedMeanwhile)


def save_erasure(erasure: Erasure) -> Erasure:
    """Instead of the one that was read, or as a new one. Raises ChangedMeanwhile."""
    transaction = Transaction()
    transaction.put(erasure_item(erasure), on_failure=ChangedMeanwhile)
    transaction.commit()
    return replace(erasure, version=(erasure.version or 0) + 1)


def unfinished_erasures() -> Iterator[Erasure]:
    """One query for each hundred and shard, of the index, which lags a moment."""
    for partition in item_types(ERASURE):
        yield from map(erasure_of, _listed(partition))


def finished_erasures() -> Iterator[Erasure]:
    """As above."""
    for partition in item_types(ERASED):
        yield from map(erasure_of, _listed(partition))


def remove_sessions(user_pk: str) -> Iterator[None]:
    """Of browsers and programs: a query of the index and a write for each hundred."""
    start_key = None
    while True:
        found = SessionItem.slice(
            user_pk, index=UserIndex.Meta.index_name, page_size=_PAGE_SIZE, start_key=start_key
        )
        transaction = Transaction()
        for item in found.items:
            transaction.delete(SessionItem(item.session_key))
        transaction.commit()
        yield
        if found.last_key is None:
            return
        start_key = found.last_key


def invitation_to(org_id: str, email_key: str) -> list[Invitation]:
    """The open one of an organisation, if there is one: one query."""
    is_to = AccountItem.id == f"{list_prefix(org_id)}{email_key}"
    pages = _pages(list_partition(org_id), is_to)
    return [invitation_of(item) for items in pages for item in items]


def invitations_to(email_key: str) -> Iterator[list[Invitation]]:
    """Of all organisations: reads all that are open, by the hundred."""
    for partition in item_types(INVITATION):
        for items in _pages(partition):
            found = map(invitation_of, items)
            yield [invitation for invitation in found if invitation.email_key == email_key]


def withdraw(transaction: Transaction, invitation: Invitation) -> None:
    """The commit raises ChangedMeanwhile when it is no longer the one that was read."""
    transaction.delete(invitation_item(invitation), on_failure=ChangedMeanwhile)
    markers.release(transaction, invited_marker(invitation.org_id, invitation.email_key))


def invitations_by(org_id: str, user_id: str) -> Iterator[Invitation]:
    """The open ones of an organisation that this person sent last, by the hundred."""
    for items in _invitations_of(org_id, AccountItem.invited_by == user_id):
        yield from map(invitation_of, items)


def forget_inviter(org_id: str, user_id: str) -> Iterator[None]:
    """Takes the name of whoever sent them out of an organisation's open invitations."""
    named = (AccountItem.invited_by == user_id) & AccountItem.name.exists()
    for items in _invitations_of(org_id, named):
        transaction = Transaction()
        for item in items:
            transaction.update(item, [AccountItem.name.remove()], on_failure=ChangedMeanwhile)
        transaction.commit()
        yield


def _invitations_of(org_id: str, filter_condition: Condition) -> Iterator[list[AccountItem]]:
    prefix = list_prefix(org_id)
    of_organisation = AccountItem.id.between(prefix, f"{prefix}\uffff")
    return _pages(list_partition(org_id), of_organisation, filter_condition=filter_condition)


def _listed(partition: str) -> Iterator[AccountItem]:
    for items in _pages(partition):
        yield from items


def _pages(
    partition: str,
    condition: Condition | None = None,
    *,
    filter_condition: Condition | None = None,
) -> Iterator[list[AccountItem]]:
    start_key: dict[str, Any] | None = None
    while True:
        found = AccountItem.slice(
            partition,
            condition,
            index=BY_ITEM_TYPE,
            page_size=_PAGE_SIZE,
            start_key=start_key,
            filter_condition=filter_condition,
        )
        yield found.items
        if found.last_key is None:
            return
        start_key = found.last_key
