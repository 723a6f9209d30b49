"""`unlock` and `reset_password`, for operators on the server; and every limit that there is."""

from __future__ import annotations

import inspect
from io import StringIO
from typing import Any

import pytest
from django.core import mail
from django.core.management.base import CommandError
from django.test import Client
from pytest_django import Settings

from accounts import attempts, reset_links, services
from accounts.entities import Actor, User
from accounts.errors import InvalidCredentials, TooManyAttempts, WeakPassword
from storage.audit import history
from storage.throttle import Throttle
from tests.accounts.actions import CLIENT, log_in, sign_up, stored
from tests.accounts.fixtures import PASSWORD
from tests.accounts.links import token_for, use
from tests.accounts.second_factors import client_of, prove, switch_on
from tests.commands import run

NEW_PASSWORD = "a brand new password"
WEAK = {
    "short": "at least 12",
    "password1234": "common",
    "918273645546": "numeric",
    "alice@example.com": "similar",
}


def typed(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    monkeypatch.setattr("sys.stdin", StringIO("".join(f"{line}\n" for line in lines)))


def throttles(ending: str) -> list[Throttle]:
    makers = inspect.getmembers(attempts, inspect.isfunction)
    return [maker() for name, maker in makers if name.endswith(ending)]


def test_unlock_forgets_every_limit_of_a_person_and_of_a_client(alice: User) -> None:
    of_person = throttles("_per_person") + throttles("_per_address")
    of_client = throttles("_per_client")
    assert len(of_person) >= 4
    assert len(of_client) >= 6

    def is_used_up(throttle: Throttle, key: str) -> bool:
        try:
            Throttle(throttle.name, 1, throttle.window_seconds).hit(key)
        except Exception:  # noqa: BLE001  # whatever says no
            return True
        return False

    for throttle in of_person:
        throttle.hit(alice.email_key)
    for throttle in of_client:
        throttle.hit(attempts.client_key(CLIENT))
    assert "Alice can try again." in run("unlock", "ALICE@example.com")
    assert [throttle.name for throttle in of_person if is_used_up(throttle, alice.email_key)] == []
    assert all(is_used_up(throttle, CLIENT) for throttle in of_client)
    with pytest.raises(CommandError, match="no network address"):
        run("unlock", "alice@example.com", "--client", "shop")
    run("unlock", "alice@example.com", "--client", CLIENT)
    assert [throttle.name for throttle in of_client if is_used_up(throttle, CLIENT)] == []
    entry = history(alice.audit_subject).items[0]
    assert (entry.action, entry.actor_name) == ("accounts.unlock", "system")


def test_unlock_lets_in_who_was_locked_out(alice: User, settings: Settings) -> None:
    settings.LOGIN_ATTEMPTS_PER_ADDRESS = 1
    for refusal in (InvalidCredentials, TooManyAttempts):
        with pytest.raises(refusal):
            log_in(password="wrong horse battery")
    with pytest.raises(TooManyAttempts):
        log_in()
    run("unlock", "alice@example.com")
    log_in()


@pytest.mark.parametrize("command", ["unlock", "reset_password"])
@pytest.mark.parametrize("email", ["nobody@example.com", "no address"])
def test_the_commands_say_when_there_is_nobody(store: None, command: str, email: str) -> None:
    with pytest.raises(CommandError, match=r"has an account here|such as name@"):
        run(command, email)


def test_reset_password_prints_a_link_that_works(alice: User) -> None:
    how_long, link = run("reset_password", "alice@example.com").splitlines()
    assert how_long.startswith("For 7 days, ")
    assert link.startswith("http")
    use(link.rstrip("/").rpartition("/")[2], NEW_PASSWORD)
    log_in(password=NEW_PASSWORD)


def test_reset_password_sets_one_and_ends_sessions(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(alice)
    typed(monkeypatch, "password1234")
    with pytest.raises(CommandError, match="common"):
        run("reset_password", "alice@example.com", "--password-stdin")
    typed(monkeypatch, NEW_PASSWORD)
    assert "logged out everywhere" in run("reset_password", "alice@example.com", "--password-stdin")
    log_in(password=NEW_PASSWORD)
    assert client.get("/accounts/").status_code == 302
    entries = history(alice.audit_subject).items
    assert any(
        (entry.action, entry.actor_name) == ("accounts.set_password", "system") for entry in entries
    )


def test_lost_phone_and_codes(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    _secret, codes = switch_on(alice)
    typed(monkeypatch, "charlie@example.com")
    with pytest.raises(CommandError, match="Nothing was changed"):
        run("reset_password", "alice@example.com", "--remove-second-factor")
    assert prove(alice, recovery_code=codes[0]).left == 9
    typed(monkeypatch, NEW_PASSWORD, "Alice@example.com")
    arguments = ("reset_password", "alice@example.com", "--password-stdin")
    assert "switched off" in run(*arguments, "--remove-second-factor")
    assert stored(alice).second_factor_since is None
    assert "Your second factor is off" in [message.subject for message in mail.outbox]
    client = Client()
    client.post("/accounts/login/", {"email": alice.email, "password": NEW_PASSWORD})
    assert client.get("/accounts/").status_code == 200


def ways_to_set_a_password(user: User, password: str) -> dict[str, Any]:
    return {
        "signing up": lambda: sign_up(email="alice@example.org", password=password, name="Alice"),
        "changing it": lambda: services.change_password(
            user=stored(user),
            client_address=CLIENT,
            current_password=PASSWORD,
            new_password=password,
        ),
        "a link": lambda: use(token_for(user), password),
        "an operator": lambda: reset_links.set_password(
            actor=Actor.system(org_id=user.org_id),
            user=stored(user),
            new_password=password,
        ),
    }


@pytest.mark.parametrize("password", sorted(WEAK))
def test_weak_passwords_are_refused_wherever_one_is_set(alice: User, password: str) -> None:
    for name, way in ways_to_set_a_password(alice, password).items():
        with pytest.raises(WeakPassword) as refused:
            way()
        reasons = " ".join(
            str(text) for texts in refused.value.fields.values() for text in texts
        ).lower()
        assert WEAK[password] in reasons, name
    log_in()
