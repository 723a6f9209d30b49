from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pytest_django import Settings

from accounts import selectors, services
from accounts.entities import Role, User
from accounts.errors import (
    EmailTaken,
    InvalidCredentials,
    InvalidEmail,
    InvalidName,
    NotTheOwner,
    SignUpClosed,
    TooManyAttempts,
    UserNotFound,
    WeakPassword,
    WrongPassword,
)
from accounts.forms import SignUpForm
from accounts.tables import AccountItem
from storage.audit import history
from storage.client import call
from storage.meter import measure
from tests.accounts.actions import CLIENT, change, log_in, sign_up, stored
from tests.accounts.fixtures import PASSWORD

# Sign-up


def test_sign_up_creates_an_organisation_with_its_owner(store: None) -> None:
    user = sign_up(name=" Dora  Diaz ", organisation_name="Dora's Shop")
    membership = selectors.get_own_membership(actor=user.actor)
    assert membership.organisation.name == "Dora's Shop"
    assert membership.user.name == "Dora Diaz"
    assert membership.user.roles == (Role.OWNER,)
    assert membership.user.password != PASSWORD
    assert log_in("dora@example.com").user_id == user.user_id


def test_names_have_stand_ins(store: None) -> None:
    user = sign_up()
    membership = selectors.get_own_membership(actor=user.actor)
    assert (membership.user.name, membership.organisation.name) == ("dora", "dora")


def test_sign_up_is_one_transaction_and_leaves_its_traces(store: None) -> None:
    with measure() as meter:
        user = sign_up()
    assert [call.operation for call in meter.calls] == ["TransactWriteItems"]
    assert [e.action for e in history(f"user#{user.user_id}").items] == ["accounts.sign_up"]
    (entry,) = history(f"organisation#{user.org_id}").items
    assert (entry.action, entry.actor_id) == ("accounts.add_organisation", user.user_id)


@pytest.mark.parametrize("email", ["alice@example.com", " ALICE@Example.com "])
def test_an_address_has_one_account_however_it_is_typed(alice: User, email: str) -> None:
    with pytest.raises(EmailTaken):
        sign_up(email)


def test_the_address_of_a_deleted_person_stays_taken(alice: User) -> None:
    change(replace(stored(alice), deleted_at=datetime.now(UTC)))
    with pytest.raises(EmailTaken):
        sign_up("alice@example.com")


def test_fifty_simultaneous_sign_ups_of_one_address_give_one_account(store: None) -> None:
    def attempt(_: int) -> str:
        try:
            sign_up("rush@example.com")
        except EmailTaken:
            return "taken"
        return "created"

    with ThreadPoolExecutor(50) as pool:
        outcomes = Counter(pool.map(attempt, range(50)))
    assert outcomes == {"created": 1, "taken": 49}
    items = call("Scan", {"TableName": AccountItem.physical_name()})["Items"]
    assert len(items) == 3


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short", "too short"),
        ("password1234", "too common"),
        ("123456789012", "entirely numeric"),
        ("dora@example.com", "too similar"),
    ],
)
def test_weak_passwords_are_refused_with_the_reason(
    store: None, password: str, reason: str
) -> None:
    with pytest.raises(WeakPassword) as refused:
        sign_up(password=password)
    assert reason in " ".join(str(text) for text in refused.value.fields["password"])


def test_the_form_asks_for_the_length_that_the_settings_demand(settings: Settings) -> None:
    validators = {
        rule["NAME"]: rule.get("OPTIONS", {}) for rule in settings.AUTH_PASSWORD_VALIDATORS
    }
    (length,) = [
        options["min_length"] for options in validators.values() if "min_length" in options
    ]
    assert f"At least {length} characters" in str(SignUpForm().fields["password"].help_text)


def test_what_is_no_address_or_no_name_is_refused(store: None) -> None:
    with pytest.raises(InvalidEmail):
        sign_up("dora")
    with pytest.raises(InvalidName) as refused:
        sign_up(organisation_name="o" * 151)
    assert "organisation" in refused.value.fields


def test_sign_up_can_be_closed_to_the_public_but_not_to_commands(
    store: None, settings: Settings
) -> None:
    settings.SIGN_UP_OPEN = False
    with pytest.raises(SignUpClosed):
        sign_up(client_address=CLIENT)
    sign_up()


def test_sign_ups_are_slowed_per_client(store: None, settings: Settings) -> None:
    settings.SIGN_UPS_PER_CLIENT = 2
    sign_up("one@example.com", client_address=CLIENT)
    with pytest.raises(EmailTaken):
        sign_up("one@example.com", client_address=CLIENT)
    with pytest.raises(TooManyAttempts) as refused:
        sign_up("two@example.com", client_address=CLIENT)
    assert 0 < refused.value.retry_after <= 3600
    sign_up("two@example.com", client_address="192.0.2.2")


# Commands


def test_an_owner_is_made_once(store: None) -> None:
    arguments = {"email": "o@example.com", "password": PASSWORD, "organisation_name": "Shop"}
    user, created = services.ensure_owner(**arguments)
    again, created_again = services.ensure_owner(**{**arguments, "password": "another password 1"})
    assert (created, created_again) == (True, False)
    assert again.user_id == user.user_id
    assert log_in("o@example.com").user_id == user.user_id


def test_an_address_in_use_elsewhere_does_not_become_an_owner(alice: User, bob: User) -> None:
    for email, name in (("bob@example.com", "Alice's Shop"), ("alice@example.com", "Other")):
        with pytest.raises(NotTheOwner):
            services.ensure_owner(email=email, password=PASSWORD, organisation_name=name)


# Passwords


def test_a_changed_password_replaces_the_old_one_and_the_stamp(alice: User) -> None:
    changed = services.change_password(
        user=alice,
        client_address=CLIENT,
        current_password=PASSWORD,
        new_password="a brand new password",
    )
    assert changed.credential_stamp != alice.credential_stamp
    assert log_in(password="a brand new password").user_id == alice.user_id
    with pytest.raises(InvalidCredentials):
        log_in()


def test_changing_a_password_needs_the_current_one_and_a_good_new_one(alice: User) -> None:
    with pytest.raises(WrongPassword) as wrong:
        services.change_password(
            user=alice,
            client_address=CLIENT,
            current_password="wrong horse",
            new_password="a brand new password",
        )
    assert "current_password" in wrong.value.fields
    with pytest.raises(WeakPassword) as weak:
        services.change_password(
            user=alice, client_address=CLIENT, current_password=PASSWORD, new_password="short"
        )
    assert "new_password" in weak.value.fields


def test_trying_weak_passwords_is_not_taken_for_guessing(alice: User, settings: Settings) -> None:
    settings.LOGIN_ATTEMPTS_PER_ADDRESS = 1
    for _ in range(3):
        with pytest.raises(WeakPassword):
            services.change_password(
                user=alice, client_address=CLIENT, current_password=PASSWORD, new_password="short"
            )


def test_guessing_the_current_password_is_slowed(alice: User, settings: Settings) -> None:
    settings.LOGIN_ATTEMPTS_PER_ADDRESS = 1
    for error in (WrongPassword, TooManyAttempts):
        with pytest.raises(error):
            services.change_password(
                user=alice,
                client_address=CLIENT,
                current_password="wrong",
                new_password="a brand new password",
            )


def test_outsiders_who_guess_do_not_keep_anybody_from_changing_the_password(
    alice: User, settings: Settings
) -> None:
    settings.LOGIN_ATTEMPTS_PER_ADDRESS = 1
    for error in (InvalidCredentials, TooManyAttempts):
        with pytest.raises(error):
            log_in(password="wrong", client="198.51.100.7")
    services.change_password(
        user=alice,
        client_address=CLIENT,
        current_password=PASSWORD,
        new_password="a brand new password",
    )


def test_guesses_of_a_current_password_count_for_the_client(
    alice: User, settings: Settings
) -> None:
    settings.LOGIN_ATTEMPTS_PER_CLIENT = 1
    with pytest.raises(WrongPassword):
        services.change_password(
            user=alice, client_address=CLIENT, current_password="wrong", new_password="a new one 1"
        )
    with pytest.raises(TooManyAttempts):
        log_in()


def test_the_password_of_nobody_cannot_be_changed(alice: User) -> None:
    with pytest.raises(UserNotFound):
        services.change_password(
            user=replace(alice, user_id="USER-gone"),
            client_address=CLIENT,
            current_password="a",
            new_password="b",
        )
