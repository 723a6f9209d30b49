from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from accounts import services
from accounts.entities import User
from tests.accounts.fixtures import PASSWORD

pytestmark = pytest.mark.usefixtures("store")


def create_owner(monkeypatch: pytest.MonkeyPatch, *arguments: str, password: str = PASSWORD) -> str:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
    said = io.StringIO()
    call_command("create_owner", *arguments, "--password-stdin", stdout=said)
    return said.getvalue()


def test_an_owner_is_created_and_can_log_in(monkeypatch: pytest.MonkeyPatch) -> None:
    said = create_owner(monkeypatch, "o@example.com", "The Shop")
    assert said == "Created o, owner of The Shop.\n"
    user = services.authenticate(
        email="o@example.com", password=PASSWORD, client_address="192.0.2.1"
    )
    assert user.is_owner


def test_a_second_run_changes_nothing_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    create_owner(monkeypatch, "o@example.com", "The Shop")
    said = create_owner(monkeypatch, "o@example.com", "The Shop", password="another password 1")
    assert said == "o owns The Shop already. The password was not changed.\n"
    services.authenticate(email="o@example.com", password=PASSWORD, client_address="192.0.2.1")


@pytest.mark.parametrize(
    ("arguments", "password", "reason"),
    [
        (("nonsense", "The Shop"), PASSWORD, "Enter an e-mail address"),
        (("o@example.com", " "), PASSWORD, "Enter a name"),
        (("o@example.com", "The Shop"), "short", "too short"),
        (("alice@example.com", "Another Shop"), PASSWORD, "not the owner"),
    ],
)
def test_what_is_wrong_is_one_clear_sentence(
    monkeypatch: pytest.MonkeyPatch,
    alice: User,
    arguments: tuple[str, ...],
    password: str,
    reason: str,
) -> None:
    with pytest.raises(CommandError, match=reason):
        create_owner(monkeypatch, *arguments, password=password)


def test_a_typed_password_is_asked_for_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([PASSWORD, "something else 12"])
    monkeypatch.setattr("getpass.getpass", lambda _: next(answers))
    with pytest.raises(CommandError, match="differ"):
        call_command("create_owner", "o@example.com", "The Shop")
    monkeypatch.setattr("getpass.getpass", lambda _: PASSWORD)
    call_command("create_owner", "o@example.com", "The Shop", stdout=io.StringIO())


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("nonsense", "The Shop"), "Enter an e-mail address"),
        (("alice@example.com", "Another Shop"), "not the owner"),
    ],
)
def test_what_is_wrong_is_said_before_anybody_types_a_password(
    monkeypatch: pytest.MonkeyPatch, alice: User, arguments: tuple[str, ...], reason: str
) -> None:
    def ask(_prompt: str) -> str:
        raise AssertionError("asked")

    monkeypatch.setattr("getpass.getpass", ask)
    with pytest.raises(CommandError, match=reason):
        call_command("create_owner", *arguments)
    said = io.StringIO()
    call_command("create_owner", "alice@example.com", "Alice's Shop", stdout=said)
    assert "owns Alice's Shop already" in said.getvalue()


def test_where_nobody_can_answer_the_option_is_named(
    monkeypatch: pytest.MonkeyPatch, alice: User, bob: User
) -> None:
    def nobody(_prompt: str) -> str:
        raise EOFError

    monkeypatch.setattr("getpass.getpass", nobody)
    monkeypatch.setattr("builtins.input", nobody)
    for command, option in (
        (("create_owner", "o@example.com", "The Shop"), "--password-stdin"),
        (("erase_user", bob.email), "--yes"),
        (("delete_organisation", alice.org_id), "--confirm"),
    ):
        with pytest.raises(CommandError, match=f"use {option}"):
            call_command(*command)
