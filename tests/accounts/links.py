"""Links to set a password, for tests: issued, used, spoilt."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse

from accounts import reset_links
from accounts.entities import Actor, User
from tests.accounts.actions import CLIENT, stored

NEW_PASSWORD = "a brand new password"


def token_for(user: User) -> str:
    actor = Actor.system(org_id=user.org_id)
    return reset_links.issue_reset_link(actor=actor, user=stored(user)).token


def use(token: str, password: str = NEW_PASSWORD, client: str = CLIENT) -> User:
    return reset_links.set_password_with_link(
        token=token, new_password=password, client_address=client
    )


def altered(token: str) -> str:
    return token[:-2] + ("AA" if token[-2:] != "AA" else "BB")


def address(token: str) -> str:
    return reverse("accounts:reset", args=[token])


def submit(client: Client, token: str, password: str = NEW_PASSWORD, again: str = "") -> Any:
    typed = {"new_password": password, "new_password_again": again or password}
    return client.post(address(token), typed)
