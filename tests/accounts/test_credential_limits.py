"""Wherever somebody could guess, or have mails sent, attempts are limited."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from accounts import refresh
from accounts.entities import User
from accounts.tokens import issue_token
from tests.accounts.actions import stored
from tests.accounts.second_factors import (
    BEGIN,
    CODE,
    CONFIRM,
    LOGIN,
    SECOND_FACTOR,
    client_of,
    enter_password,
    switch_on,
)
from tests.permission_matrix.cells import LOGIN as NEEDS_LOGIN
from tests.permission_matrix.cells import POST, lines
from tests.permission_matrix.operations import OPERATIONS
from tests.permission_matrix.pages import PAGES
from tests.permission_matrix.world import World

LIMITS = (
    *("LOGIN_ATTEMPTS_PER_CLIENT", "LOGIN_ATTEMPTS_PER_ADDRESS", "SECOND_FACTOR_ATTEMPTS"),
    *("SIGN_UPS_PER_CLIENT", "LINKS_PER_CLIENT", "LINKS_PER_ADDRESS"),
)
USERS = "/api/v1/users"
WRONG = "wrong horse battery"
WEAK = "password1234"
Attempt = Callable[[], Any]


def page(address: str, **form: str) -> Callable[[World], Attempt]:
    return lambda _world: lambda: Client().post(address, form)


def link_page(address: str, of: Callable[[World], str], **form: str) -> Callable[[World], Attempt]:
    def attempt(world: World) -> Attempt:
        here = address.format(of(world))
        return lambda: Client().post(here, form)

    return attempt


def own_page(address: str, **form: str) -> Callable[[World], Attempt]:
    def attempt(world: World) -> Attempt:
        client = client_of(world.alice)
        return lambda: client.post(address, form)

    return attempt


def operation(path: str, **body: str) -> Callable[[World], Attempt]:
    return lambda _world: lambda: _send(Client(), path, body)


def own_operation(path: str, method: str = "post", **body: str) -> Callable[[World], Attempt]:
    def attempt(world: World) -> Attempt:
        client = _program(world.alice)
        return lambda: _send(client, path, body, method)

    return attempt


def _send(client: Client, path: str, body: dict[str, str], method: str = "post") -> Any:
    return getattr(client, method)(USERS + path, body, content_type="application/json")


def _program(user: User) -> Client:
    return Client(headers={"Authorization": f"Bearer {issue_token(stored(user)).text}"})


def login_code(world: World) -> Attempt:
    switch_on(world.alice)
    client = Client()
    enter_password(client, world.alice)
    return lambda: client.post(CODE, {"code": "000000"})


def second_factor(world: World) -> Attempt:
    client = client_of(world.alice)
    client.post(BEGIN)
    return lambda: client.post(SECOND_FACTOR, {"code": "000000"})


def enable_second_factor(world: World) -> Attempt:
    client = _program(world.alice)
    token = _send(client, "/me/second-factor/begin", {}).json()["set_up"]
    body = {"set_up": token, "code": "000000"}
    return lambda: _send(client, "/me/second-factor/enable", body)


ALICE = "alice@example.com"
# Whole, so that it is looked for.
OF_NOBODY = refresh.PREFIX + "A" * 64
NEW = {"new_password": WEAK, "new_password_again": WEAK}
PAGE_ATTEMPTS: dict[str, Callable[[World], Attempt]] = {
    "accounts:login": page(LOGIN, email=ALICE, password=WRONG),
    "accounts:login-code": login_code,
    "accounts:signup": page("/accounts/signup/", email="new@example.com", password="a brand new 1"),
    "accounts:signup-confirm": link_page(
        "/accounts/signup/{}/", World.sign_up_link, password=WEAK, name="N", organisation="N"
    ),
    "accounts:forgot": page("/accounts/forgot/", email=ALICE),
    "accounts:reset": link_page("/accounts/reset/{}/", World.reset_link, **NEW),
    "accounts:invitation": link_page(
        "/accounts/invitation/{}/", World.invitation_link, name="N", password=WEAK
    ),
    "accounts:password": own_page(
        "/accounts/password/", current_password=WRONG, new_password="a brand new 1"
    ),
    "accounts:confirm": own_page(CONFIRM, **{"confirm-password": WRONG}),
    "accounts:second-factor": second_factor,
    "accounts:email": own_page("/accounts/email/", email="another@example.com"),
}
OPERATION_ATTEMPTS: dict[str, Callable[[World], Attempt]] = {
    "log_in": operation("/login", email=ALICE, password=WRONG),
    "sign_up": operation("/signup", email="new@example.com", password="a brand new 1"),
    "confirm_sign_up": operation("/signup/confirm", token="x", password=WEAK),
    "request_password_reset": operation("/password-reset", email=ALICE),
    "reset_password": operation("/password-reset/confirm", token="x", new_password=WEAK),
    "accept_invitation": operation("/invitations/accept", token="x", name="N", password=WEAK),
    "refresh_tokens": operation("/refresh", refresh_token=OF_NOBODY),
    "log_out": operation("/logout", refresh_token=OF_NOBODY),
    "enable_second_factor": enable_second_factor,
    "change_own_password": own_operation(
        "/me/password", current_password=WRONG, new_password="a brand new 1"
    ),
    "request_email_change": own_operation("/me/email", email="another@example.com"),
    "confirm_email_change": own_operation("/me/email/confirm", token="x"),
}
# Ends a login that is known already; and a link that is signed and has nothing to choose.
NOTHING_TO_GUESS = {"accounts:logout", "accounts:restore-organisation"}


@pytest.fixture
def world(alice: User, charlie: User) -> World:
    return World(alice, charlie)


@pytest.mark.parametrize("name", sorted(PAGE_ATTEMPTS | OPERATION_ATTEMPTS))
def test_attempts_are_limited(world: World, settings: Settings, name: str) -> None:
    attempt = (PAGE_ATTEMPTS | OPERATION_ATTEMPTS)[name](world)
    for limit in LIMITS:
        setattr(settings, limit, 1)
    answers = [attempt() for _ in range(3)]
    assert answers[0].status_code != 429
    assert answers[2].status_code == 429
    assert int(answers[2].headers["Retry-After"]) > 0


def test_nothing_that_strangers_can_send_is_left_out() -> None:
    pages = {
        line.route
        for line in lines(PAGES, methods=True)
        if line.route.startswith("accounts:")
        and line.method == POST
        and line.cells["anonymous"] != NEEDS_LOGIN
    }
    assert pages - PAGE_ATTEMPTS.keys() - NOTHING_TO_GUESS == set()
    operations = {
        line.route for line in lines(OPERATIONS, methods=False) if line.cells["anonymous"] == "422"
    }
    assert operations - OPERATION_ATTEMPTS.keys() == set()
