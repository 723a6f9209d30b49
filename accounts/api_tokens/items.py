"""API tokens among the items of an organisation."""

from __future__ import annotations

from pynamodb.expressions.condition import Condition

from accounts.api_tokens.entities import ApiToken
from accounts.tables import (
    TOKEN,
    AccountItem,
    at_version,
    item_type,
    moment,
    moment_or_none,
    seconds,
)

_DIGITS = 12


def tokens_only() -> Condition:
    """As `tables.people_only`."""
    return AccountItem.sort.between(f"{TOKEN}-", f"{TOKEN}-\uffff")


def index_partition(user_id: str) -> str:
    """By the owner and not by the id, so that with several shards, too, it is one query."""
    return item_type(TOKEN, user_id)


def token_item(token: ApiToken) -> AccountItem:
    created = seconds(token.created_at)
    item = AccountItem(
        token.org_id,
        token.token_id,
        item_type=index_partition(token.user_id),
        id=f"{token.user_id}/{created:0{_DIGITS}}",
        org_id=token.org_id,
        token_id=token.token_id,
        user_id=token.user_id,
        name=token.name,
        permissions=set(token.scopes),
        digest=token.digest,
        created_at=created,
        expires_at=seconds(token.expires_at),
        last_used_at=seconds(token.last_used_at),
        deleted_at=seconds(token.deleted_at),
    )
    return at_version(item, token.version)


def token_of(item: AccountItem) -> ApiToken:
    return ApiToken(
        org_id=item.org_id,
        token_id=item.token_id,
        user_id=item.user_id,
        name=item.name,
        scopes=frozenset(item.permissions or ()),
        digest=item.digest,
        created_at=moment(item.created_at),
        expires_at=moment(item.expires_at),
        last_used_at=moment_or_none(item.last_used_at),
        deleted_at=moment_or_none(item.deleted_at),
        version=item.version,
    )
