"""People with a second factor, for tests."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pyotp
from django.test import Client

from accounts import repository
from accounts.entities import Actor, User
from accounts.models import AuthUser
from accounts.second_factor import services
from accounts.second_factor.repository import get_second_factor
from accounts.second_factor.sealing import open_secret
from accounts.tables import AccountItem
from tests.accounts.actions import CLIENT, stored
from tests.accounts.fixtures import PASSWORD

LOGIN, CODE = "/accounts/login/", "/accounts/login/code/"
CONFIRM = "/accounts/confirm/"
SECURITY, SECOND_FACTOR = "/accounts/security/", "/accounts/security/second-factor/"
BEGIN, OFF = f"{SECOND_FACTOR}begin/", f"{SECOND_FACTOR}off/"
RECOVERY_CODES = "/accounts/security/recovery-codes/"
REQUIREMENT = "/staff/organisation/second-factor/"
STEP = 30


def confirmed(user: User) -> Actor:
    """As after a login a moment ago, with what is stored of the organisation."""
    membership = repository.get_membership(user.org_id, user.user_id)
    assert membership is not None
    return replace(membership.actor, confirmed_at=datetime.now(UTC))


def code_of(secret: str, steps: int = 0) -> str:
    """What an app shows, `steps` half minutes from now."""
    left = STEP - time.time() % STEP
    if steps < 0 and left < 2:
        # Before the test uses it, it would be one step older.
        time.sleep(left)
    return pyotp.TOTP(secret).at(time.time() + steps * STEP)


def switch_on(user: User) -> tuple[str, tuple[str, ...]]:
    """The secret, whose code of this moment can still be used, and the recovery codes."""
    begun = services.begin_set_up(actor=confirmed(user))
    codes = services.switch_on(actor=confirmed(user), token=begun.token, code=code_of(begun.secret))
    forget_step(user)
    return begun.secret, codes


def forget_step(user: User) -> None:
    """As if no code had been used yet, so that no test has to wait for the next one."""
    AccountItem.amend(user.org_id, user.user_id, actions=[AccountItem.totp_step.remove()])


def secret_of(user: User) -> str:
    factor = get_second_factor(user.org_id, user.user_id)
    secret = open_secret(factor.sealed, factor.user)
    assert secret is not None
    return secret


def prove(user: User, code: str = "", recovery_code: str = "", client: str = CLIENT) -> Any:
    return services.prove(
        user=stored(user), client_address=client, code=code, recovery_code=recovery_code
    )


def client_of(user: User) -> Client:
    """Logged in a moment ago, whatever the second factor."""
    client = Client()
    client.force_login(AuthUser.of(stored(user)))
    return client


def enter_password(client: Client, user: User, query: str = "") -> Any:
    return client.post(LOGIN + query, {"email": user.email, "password": PASSWORD})


def grow_old(client: Client) -> None:
    """As if the login had been long ago: the next dangerous thing asks to confirm."""
    session = client.session
    session["confirmed"] = int(time.time()) - 3600
    session.save()


def shown_secret(response: Any) -> str:
    found = re.search(r'class="app-secret">([A-Z2-7 ]+)<', response.content.decode())
    assert found
    return found[1].replace(" ", "")


def shown_codes(response: Any) -> list[str]:
    return re.findall(r"<li><code>([0-9a-z]{5}-[0-9a-z]{5})</code>", response.content.decode())
