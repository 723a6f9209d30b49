"""What is stored about API tokens, one function for each question."""

from __future__ import annotations

from datetime import datetime

from accounts import repository as accounts
from accounts.api_tokens.entities import MOST_TOKENS, ApiToken, is_id
from accounts.api_tokens.errors import TokenMade, TokenNotFound, TooManyTokens
from accounts.api_tokens.items import index_partition, token_item, token_of, tokens_only
from accounts.entities import Membership
from accounts.errors import UserNotFound
from accounts.tables import BY_ITEM_TYPE, AccountItem
from storage.transactions import Transaction


def add_token(transaction: Transaction, token: ApiToken) -> None:
    """And counts it with its owner, so that of many at once no more pass than may. The commit
    raises TokenMade, OrganisationNotFound; TooManyTokens, also where the owner is out by now."""
    transaction.put(
        token_item(token), condition=AccountItem.partition.does_not_exist(), on_failure=TokenMade
    )
    count = AccountItem.token_count
    room = count.does_not_exist() | (count < MOST_TOKENS)
    there = AccountItem.deleted_at.does_not_exist() & AccountItem.deactivated_at.does_not_exist()
    transaction.amend(
        AccountItem(token.org_id, token.user_id),
        [count.add(1)],
        condition=AccountItem.partition.exists() & there & room,
        on_failure=TooManyTokens,
    )
    accounts.require_organisation(transaction, token.org_id)


def remove_tokens(transaction: Transaction, tokens: list[ApiToken], *, counted: bool) -> None:
    """Of one person. The commit raises TokenNotFound when somebody else has revoked one meanwhile,
    UserNotFound where their owner is not stored any more; `counted` is False then.
    """
    for token in tokens:
        transaction.delete(
            token_item(token), condition=AccountItem.partition.exists(), on_failure=TokenNotFound
        )
    if counted:
        transaction.amend(
            AccountItem(tokens[0].org_id, tokens[0].user_id),
            [AccountItem.token_count.add(-len(tokens))],
            condition=AccountItem.partition.exists(),
            on_failure=UserNotFound,
        )


def get_token(org_id: str, token_id: str) -> ApiToken | None:
    """One strongly consistent read."""
    item = AccountItem.find(org_id, token_id, consistent=True) if is_id(token_id) else None
    return None if item is None else token_of(item)


def get_token_and_owner(
    org_id: str, token_id: str, user_id: str
) -> tuple[ApiToken | None, Membership | None]:
    """One request, strongly consistent; a second one where the person has own roles."""
    found = accounts.in_organisation(org_id, (token_id, user_id, org_id))
    token = found.get(token_id)
    if token is None:
        return None, None
    return token_of(token), accounts.membership_in(found, org_id, user_id)


def tokens_of(org_id: str, user_id: str) -> list[ApiToken]:
    """Newest first: two requests.

    The index, which lags a moment behind, says which there are; what they are, and that they are
    still there, is read strongly consistent.
    """
    found = AccountItem.slice(
        index_partition(user_id),
        AccountItem.id.between(f"{user_id}/", f"{user_id}/\uffff"),
        index=BY_ITEM_TYPE,
        page_size=MOST_TOKENS,
        forward=False,
    )
    keys = [(item.partition, item.sort) for item in found.items if item.partition == org_id]
    tokens = map(token_of, AccountItem.find_many(keys, consistent=True)) if keys else ()
    return sorted(tokens, key=lambda token: (token.created_at, token.token_id), reverse=True)


def tokens_in(org_id: str, *, most: int, after: str | None) -> tuple[list[ApiToken], float]:
    """Those of an organisation by their ids, going on after one; and what reading took. One
    query, strongly consistent."""
    start_key = None
    if after is not None:
        start_key = {"hashKey": {"S": org_id}, "rangeKey": {"S": after}}
    found = AccountItem.slice(
        org_id, tokens_only(), page_size=most, start_key=start_key, consistent=True
    )
    return [token_of(item) for item in found.items], found.capacity


def note_use(token: ApiToken, now: datetime, *, not_since: datetime) -> None:
    """One write beside all others; it changes nothing where the token is gone, or was used after
    `not_since`."""
    last = AccountItem.last_used_at
    due = last.does_not_exist() | (last <= int(not_since.timestamp()))
    AccountItem.amend(
        token.org_id,
        token.token_id,
        actions=[last.set(int(now.timestamp()))],
        condition=AccountItem.partition.exists() & due,
    )
