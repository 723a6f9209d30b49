"""More people for Alice's Shop, and invitations: made, opened, accepted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from django.core import mail
from django.test import Client

from accounts import repository
from accounts.entities import Actor, User
from accounts.models import AuthUser
from accounts.people import invitations
from accounts.people.invitations import Sent
from accounts.permissions import CustomRole
from accounts.stores import services as stores
from accounts.tables import role_item
from storage.domain import DomainError
from storage.errors import StoreBusy
from storage.transactions import Transaction
from tests.accounts.actions import CLIENT
from tests.accounts.fixtures import PASSWORD, add_user

ADDRESS = "dora@example.com"
PLACE = "https://shop.example.com/accounts/invitation/"
ATTEMPTS = 64
Answer = TypeVar("Answer")


def member(beside: User, name: str, *roles: str, stores: Iterable[str] | None = None) -> User:
    """A colleague of `beside`, called name@example.com."""
    user = add_user(
        email=f"{name.lower()}@example.com", name=name, beside=beside, roles=("viewer",)
    )
    bounds = None if stores is None else frozenset(stores)
    transaction = Transaction()
    stored = repository.get_user(user.org_id, user.user_id)
    assert stored is not None
    repository.change_user(transaction, replace(stored, roles=roles, stores=bounds))
    transaction.commit()
    return fresh(user)


def fresh(user: User) -> User:
    found = repository.get_user(user.org_id, user.user_id)
    assert found is not None
    return found


def acting(user: User) -> Actor:
    """As after a login a moment ago."""
    membership = repository.get_membership(user.org_id, user.user_id)
    assert membership is not None
    return replace(membership.actor, confirmed_at=datetime.now(UTC))


def own_role(org_id: str, number: int, *codes: str, deleted: bool = False) -> CustomRole:
    now = datetime.now(UTC)
    role_id = f"ROLE-00000000-0000-4000-8000-{number:012}"
    gone = now if deleted else None
    role = CustomRole(org_id, role_id, f"Role {number}", frozenset(codes), now, now, "", gone)
    transaction = Transaction()
    transaction.put(role_item(role))
    transaction.commit()
    return role


def store_of(owner: User, name: str) -> str:
    """Its id."""
    said = {"name": name, "time_zone": "UTC"}
    return stores.create_store(actor=acting(owner), said=said).store.store_id


def invite(by: User, email: str = ADDRESS, *roles: str, stores: Any = None) -> Sent:
    return invitations.invite_person(
        actor=acting(by), email=email, roles=roles or ("viewer",), stores=stores, link_to=link_to
    )


def link_to(token: str) -> str:
    return f"{PLACE}{token}/"


def mailed_token(number: int = -1) -> str:
    """From the link in a mail, the last one unless said otherwise."""
    found = re.search(r"/accounts/invitation/([^/\s]+)/", str(mail.outbox[number].body))
    assert found
    return found[1]


def accept(token: str, name: str = "Dora", password: str = PASSWORD) -> User:
    return invitations.accept_invitation(
        token=token, name=name, password=password, client_address=CLIENT
    )


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(AuthUser.of(user))
    return client


def at_once(acts: Iterable[Callable[[], Answer]]) -> list[Answer | Exception]:
    """What each of them answered, or was refused with, all in threads of their own."""

    def outcome(act: Callable[[], Answer]) -> Answer | Exception:
        try:
            return act()
        except (DomainError, StoreBusy) as refusal:
            return refusal

    acts = list(acts)
    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(outcome, acts))
