from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.contrib.auth import hashers
from django.contrib.auth.hashers import MD5PasswordHasher
from pytest_django import Settings

from accounts import repository, services
from accounts.entities import Organisation, User
from accounts.errors import (
    InvalidCredentials,
    TooManyAttempts,
)
from storage.audit import history
from storage.client import call
from storage.meter import measure
from storage.transactions import Transaction
from tests.accounts.actions import CLIENT, change, log_in, sign_up, stored
from tests.accounts.fixtures import PASSWORD


class CountingHasher(MD5PasswordHasher):
    """Fast, and counts how often it had to work."""

    algorithm = "counting"
    hashed = 0

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        type(self).hashed += 1
        return super().encode(password, salt)


class SecondHasher(MD5PasswordHasher):
    algorithm = "second"


class InterruptedHasher(MD5PasswordHasher):
    """Something else happens while it works, once."""

    algorithm = "interrupted"
    meanwhile: list[Callable[[], object]] = []

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        while self.meanwhile:
            self.meanwhile.pop()()
        return super().encode(password, salt)


COUNTING = f"{__name__}.CountingHasher"
INTERRUPTED = f"{__name__}.InterruptedHasher"
SECOND = f"{__name__}.SecondHasher"


def test_the_right_password_lets_in_however_the_address_is_typed(alice: User) -> None:
    assert log_in(" Alice@EXAMPLE.com").user_id == alice.user_id


def test_accents_may_be_typed_as_one_character_or_as_two(store: None) -> None:
    user = sign_up(password="la ni\u00f1a so\u00f1aba")
    assert log_in("dora@example.com", "la nin\u0303a son\u0303aba").user_id == user.user_id


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("alice@example.com", "wrong horse battery"),
        ("alice@example.com", ""),
        ("nobody@example.com", PASSWORD),
        ("not an address", PASSWORD),
        ("", ""),
    ],
)
def test_every_failure_says_the_same(alice: User, email: str, password: str) -> None:
    with pytest.raises(InvalidCredentials) as refused:
        log_in(email, password)
    assert str(refused.value) == str(InvalidCredentials.message)
    assert refused.value.fields == {}


def test_deleted_people_and_people_of_deleted_organisations_do_not_get_in(
    alice: User, charlie: User
) -> None:
    change(replace(stored(alice), deleted_at=datetime.now(UTC)))
    organisation = repository.get_organisation(charlie.org_id)
    assert isinstance(organisation, Organisation)
    transaction = Transaction()
    repository.change_organisation(transaction, replace(organisation, deleted_at=datetime.now(UTC)))
    transaction.commit()
    for email in ("alice@example.com", "charlie@example.com"):
        with pytest.raises(InvalidCredentials):
            log_in(email)


def test_a_failure_costs_the_same_work_whether_the_address_is_known_or_not(
    store: None, settings: Settings
) -> None:
    settings.PASSWORD_HASHERS = [COUNTING]
    sign_up("known@example.com")
    deleted = sign_up("deleted@example.com")
    change(replace(stored(deleted), deleted_at=datetime.now(UTC)))
    work = {}
    for email in ("known@example.com", "unknown@example.com", "deleted@example.com", "nonsense"):
        before = CountingHasher.hashed
        with measure() as meter, pytest.raises(InvalidCredentials):
            log_in(email, "wrong horse battery")
        operations = [call.operation for call in meter.calls]
        work[email] = (CountingHasher.hashed - before, operations)
    expected = (1, ["UpdateItem", "UpdateItem", "GetItem", "BatchGetItem"])
    assert work == dict.fromkeys(work, expected)


def test_failures_are_slowed_per_address_from_wherever_they_come(
    alice: User, settings: Settings
) -> None:
    settings.LOGIN_ATTEMPTS_PER_ADDRESS = 3
    for attempt in range(3):
        with pytest.raises(InvalidCredentials):
            log_in(password="wrong horse battery", client=f"192.0.2.{attempt}")
    with pytest.raises(TooManyAttempts) as refused:
        log_in(client="192.0.2.99")
    assert 0 < refused.value.retry_after <= settings.LOGIN_WINDOW_SECONDS


def test_an_unknown_address_is_slowed_like_a_known_one(store: None, settings: Settings) -> None:
    settings.LOGIN_ATTEMPTS_PER_ADDRESS = 1
    with pytest.raises(InvalidCredentials):
        log_in("nobody@example.com")
    with pytest.raises(TooManyAttempts):
        log_in("NOBODY@example.com")


@pytest.mark.parametrize(
    ("first", "second"), [(CLIENT, CLIENT), ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9")]
)
def test_failures_are_slowed_per_client_whomever_they_try(
    alice: User, settings: Settings, first: str, second: str
) -> None:
    settings.LOGIN_ATTEMPTS_PER_CLIENT = 2
    for name in ("one", "two"):
        with pytest.raises(InvalidCredentials):
            log_in(f"{name}@example.com", client=first)
    with pytest.raises(TooManyAttempts):
        log_in(client=second)
    log_in(client="2001:db8:1:3::1")


def test_a_success_forgets_the_failures_of_the_address(alice: User, settings: Settings) -> None:
    settings.LOGIN_ATTEMPTS_PER_ADDRESS = 2
    for _ in range(3):
        with pytest.raises(InvalidCredentials):
            log_in(password="wrong horse battery")
        log_in()


def test_successes_of_one_client_do_not_count_and_its_failures_still_do(
    alice: User, settings: Settings
) -> None:
    settings.LOGIN_ATTEMPTS_PER_CLIENT = 2
    for _ in range(4):
        log_in()
    with pytest.raises(InvalidCredentials):
        log_in("one@example.com")
    log_in()
    with pytest.raises(InvalidCredentials):
        log_in("two@example.com")
    with pytest.raises(TooManyAttempts):
        log_in()


def test_outdated_hashing_is_renewed_at_login_and_ends_no_session(
    alice: User, settings: Settings
) -> None:
    settings.PASSWORD_HASHERS = [SECOND, *settings.PASSWORD_HASHERS]
    log_in()
    after = stored(alice)
    assert hashers.identify_hasher(after.password).algorithm == "second"
    assert after.credential_stamp == alice.credential_stamp
    log_in()


@pytest.mark.parametrize("lets_in", [True, False])
def test_an_old_password_does_not_outlive_its_change_while_its_hashing_is_renewed(
    alice: User, settings: Settings, lets_in: bool
) -> None:
    settings.PASSWORD_HASHERS = [INTERRUPTED, *settings.PASSWORD_HASHERS]

    def meanwhile() -> None:
        user = replace(stored(alice), name="Alicia")
        change(user if lets_in else replace(user, credential_stamp="of another password"))

    InterruptedHasher.meanwhile.append(meanwhile)
    if lets_in:
        assert log_in().name == "Alicia"
        return
    with pytest.raises(InvalidCredentials):
        log_in()


def test_coming_and_going_is_recorded(alice: User) -> None:
    services.log_in(user=alice, via="session")
    services.log_out(user=alice)
    entries = history(f"user#{alice.user_id}").items
    assert [e.action for e in entries] == [
        "accounts.log_out",
        "accounts.log_in",
        "accounts.sign_up",
    ]
    assert entries[1].changes == {"via": (None, "session")}


def test_nothing_personal_is_logged_or_shown_by_repr(
    alice: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(InvalidCredentials):
        log_in(password="wrong horse battery")
    log_in()
    own = [r for r in caplog.records if not r.name.startswith(("botocore", "pynamodb", "urllib3"))]
    said = json.dumps([r.getMessage() for r in own]) + repr(alice)
    for secret in ("alice@example.com", PASSWORD, alice.password, alice.credential_stamp, CLIENT):
        assert secret not in said


def test_attempts_are_counted_under_digests(alice: User) -> None:
    with pytest.raises(InvalidCredentials):
        log_in(password="wrong horse battery")
    items = call("Scan", {"TableName": "test-ephemeral"})["Items"]
    assert len(items) == 2
    assert "example.com" not in str(items)
    assert CLIENT not in str(items)
