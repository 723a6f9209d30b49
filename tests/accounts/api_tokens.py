"""API tokens as tests make and use them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import Client

from accounts.api_tokens import services
from accounts.api_tokens.entities import ApiToken, new_id, new_secret
from accounts.api_tokens.items import token_item
from accounts.entities import Actor, User
from accounts.tables import AccountItem
from storage.transactions import Transaction
from tests.accounts.actions import change, stored

VIEW = "catalog.view_product"
ADD = "catalog.add_product"
CHANGE = "catalog.change_product"
VIEW_PEOPLE = "accounts.view_user"
PEOPLE = "/api/v1/organisation/people"
ME = "/api/v1/users/me"
OWN = "/api/v1/users/me/tokens"
ALL = "/api/v1/organisation/tokens"


def confirmed(user: User) -> Actor:
    """As after a login a moment ago."""
    return replace(user.actor, confirmed_at=datetime.now(UTC))


def make(
    user: User, *scopes: str, name: str = "Robot", actor: Actor | None = None, days: int = 30
) -> tuple[ApiToken, str]:
    return services.make_token(
        actor=actor or confirmed(user),
        owner=user,
        name=name,
        scopes=scopes or (VIEW_PEOPLE,),
        expires_at=datetime.now(UTC) + timedelta(days=days),
    )


def send(text: str, path: str = PEOPLE, method: str = "GET", body: Any = None) -> Any:
    return Client().generic(
        method,
        path,
        b"" if body is None else body,
        content_type="application/json",
        headers={"Authorization": f"Bearer {text}"},
    )


def works(text: str) -> bool:
    return bool(send(text).status_code == 200)


def amend(token: ApiToken, **values: Any) -> None:
    """As if time had passed, or something else had touched the item."""
    actions = [getattr(AccountItem, name).set(value) for name, value in values.items()]
    assert AccountItem.amend(token.org_id, token.token_id, actions=actions)


def count_of(user: User) -> int:
    item = AccountItem.find(user.org_id, user.user_id)
    assert item is not None
    return int(item.token_count or 0)


def fill(user: User, count: int) -> None:
    """As many tokens as if they had been made, written at once."""
    now = datetime.now(UTC).replace(microsecond=0)
    transaction = Transaction()
    for number in range(count):
        token = ApiToken(
            user.org_id,
            new_id(),
            user.user_id,
            f"Robot {number}",
            frozenset({VIEW}),
            new_secret().hex(),
            now - timedelta(minutes=number),
            now + timedelta(days=1),
        )
        transaction.put(token_item(token))
    transaction.amend(AccountItem(user.org_id, user.user_id), [AccountItem.token_count.set(count)])
    transaction.commit()


def with_roles(user: User, *roles: str) -> User:
    change(replace(stored(user), roles=roles))
    return stored(user)
