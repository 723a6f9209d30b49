from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from pytest_django import Settings

from accounts import repository
from accounts.entities import SessionRecord, User
from accounts.models import AuthUser
from accounts.tables import SessionItem
from storage.audit import history
from storage.client import call
from storage.meter import measure
from tests.accounts.fixtures import PASSWORD

pytestmark = pytest.mark.usefixtures("store")

LOGIN = "/accounts/login/"
SIGNUP = "/accounts/signup/"
LOGOUT = "/accounts/logout/"
ACCOUNT = "/accounts/"
CHANGE = "/accounts/password/"
NEW_PASSWORD = "a brand new password"


def log_in(client: Client, email: str = "alice@example.com", password: str = PASSWORD):  # type: ignore[no-untyped-def]
    return client.post(LOGIN, {"email": email, "password": password})


def is_logged_in(client: Client) -> bool:
    return client.get(ACCOUNT).status_code == 200


def stored_sessions() -> int:
    return int(call("Scan", {"TableName": SessionItem.physical_name()})["Count"])


# Signing up


def test_signing_up_opens_a_shop_and_logs_in(client: Client) -> None:
    response = client.post(
        SIGNUP,
        {
            "email": "Dora@Example.com",
            "password": PASSWORD,
            "name": "Dora",
            "organisation": "Dora's Shop",
        },
    )
    assert (response.status_code, response.headers["Location"]) == (302, "/staff/")
    page = client.get(ACCOUNT).content.decode()
    for text in ("Dora", "Dora@Example.com", "Dora&#39;s Shop", "Owner"):
        assert text in page
    membership = repository.membership_by_email("dora@example.com")
    assert membership is not None
    assert membership.user.last_login_at is not None
    entries = history(membership.user.audit_subject).items
    assert [entry.action for entry in entries] == ["accounts.log_in", "accounts.sign_up"]


def test_an_address_alone_with_a_password_is_enough(client: Client) -> None:
    response = client.post(SIGNUP, {"email": "dora@example.com", "password": PASSWORD})
    assert response.status_code == 302
    assert is_logged_in(client)


def test_a_taken_address_is_said_beside_the_field_and_what_was_typed_is_kept(
    client: Client, alice: User
) -> None:
    typed = {
        "email": "alice@example.com",
        "password": "never shown again 1",
        "name": "Someone Else",
        "organisation": "Else Ltd",
    }
    response = client.post(SIGNUP, typed)
    page = response.content.decode()
    assert response.status_code == 409
    assert "There is an account with this e-mail address already." in page
    for kept in ("alice@example.com", "Someone Else", "Else Ltd"):
        assert f'value="{kept}"' in page
    assert typed["password"] not in page
    assert 'aria-invalid="true"' in page


def test_everything_wrong_is_said_where_it_belongs(client: Client) -> None:
    response = client.post(SIGNUP, {"email": "dora", "password": PASSWORD})
    assert response.status_code == 422
    assert "Enter an e-mail address such as name@example.com." in response.content.decode()
    response = client.post(SIGNUP, {"email": "dora@example.com", "password": "short"})
    page = response.content.decode()
    assert response.status_code == 422
    assert "too short" in page
    assert 'value="short"' not in page
    assert client.post(SIGNUP, {}).status_code == 422


def test_too_many_sign_ups_say_how_long_to_wait(client: Client, settings: Settings) -> None:
    settings.SIGN_UPS_PER_CLIENT = 0
    response = client.post(SIGNUP, {"email": "dora@example.com", "password": PASSWORD})
    assert response.status_code == 429
    assert 0 < int(response.headers["Retry-After"]) <= 3600
    assert re.search(r"Wait \d+ minutes? and try again", response.content.decode())


def test_sign_up_can_be_closed(client: Client, settings: Settings) -> None:
    settings.SIGN_UP_OPEN = False
    assert client.get(SIGNUP).status_code == 403
    assert "Ask your administrator" in client.get(SIGNUP).content.decode()
    page = client.get(LOGIN).content.decode()
    assert "No account yet?" not in page


# Logging in


def test_logging_in_leads_to_the_products_or_where_one_wanted_to_go(
    client: Client, alice: User
) -> None:
    assert log_in(client).headers["Location"] == "/staff/"
    response = Client().post(
        f"{LOGIN}?next=/accounts/", {"email": alice.email, "password": PASSWORD}
    )
    assert response.headers["Location"] == ACCOUNT
    assert history(f"user#{alice.user_id}").items[0].action == "accounts.log_in"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "http:evil.example",
        "javascript:alert(1)",
        "%2f%2fevil.example",
    ],
)
def test_nobody_is_sent_to_another_site(client: Client, alice: User, target: str) -> None:
    response = client.post(
        LOGIN, {"email": alice.email, "password": PASSWORD}, query_params={"next": target}
    )
    assert response.status_code == 302
    assert response.headers["Location"] in ("/staff/", "%2f%2fevil.example")
    again = client.get(LOGIN, query_params={"next": target})
    assert again.headers["Location"] in ("/staff/", "%2f%2fevil.example")
    page = Client().get(LOGIN, query_params={"next": "//evil.example/"}).content.decode()
    assert "evil.example" not in page.split("<main", 1)[1]


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("alice@example.com", "wrong horse battery"),
        ("nobody@example.com", PASSWORD),
        ("not an address", PASSWORD),
    ],
)
def test_a_refused_login_says_the_same_whatever_was_wrong(
    client: Client, alice: User, email: str, password: str
) -> None:
    response = log_in(client, email, password)
    page = response.content.decode()
    assert response.status_code == 422
    assert "The e-mail address or the password is not right." in page
    assert f'value="{email}"' in page
    assert password not in page
    assert not is_logged_in(client)


def test_too_many_failures_say_how_long_to_wait(
    client: Client, alice: User, settings: Settings
) -> None:
    settings.LOGIN_ATTEMPTS_PER_ADDRESS = 2
    for _ in range(2):
        assert log_in(client, password="wrong horse battery").status_code == 422
    response = log_in(client)
    assert response.status_code == 429
    assert 0 < int(response.headers["Retry-After"]) <= settings.LOGIN_WINDOW_SECONDS
    assert re.search(r"Wait \d+ minutes? and try again", response.content.decode())


def test_a_client_cannot_escape_its_limit_by_claiming_another_address(
    client: Client, settings: Settings
) -> None:
    settings.LOGIN_ATTEMPTS_PER_CLIENT = 2
    statuses = [
        client.post(
            LOGIN,
            {"email": f"{number}@example.com", "password": "x"},
            headers={"X-Forwarded-For": f"198.51.100.{number}"},
        ).status_code
        for number in range(3)
    ]
    assert statuses == [422, 422, 429]


def test_forms_help_password_managers(client: Client, alice: User) -> None:
    login, signup = client.get(LOGIN).content.decode(), client.get(SIGNUP).content.decode()
    assert 'autocomplete="username"' in login
    assert 'autocomplete="current-password"' in login
    assert 'autocomplete="new-password"' in signup
    assert 'autocomplete="organization"' in signup
    log_in(client)
    change = client.get(CHANGE).content.decode()
    assert 'value="alice@example.com"' in change
    assert 'autocomplete="new-password"' in change


@pytest.mark.parametrize("path", [LOGIN, SIGNUP, LOGOUT, CHANGE])
def test_forms_of_other_sites_are_refused(alice: User, path: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(AuthUser.of(alice))
    response = client.post(path, {"email": "alice@example.com", "password": PASSWORD})
    assert response.status_code == 403
    assert is_logged_in(client)


def test_the_form_itself_is_accepted(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    page = client.get(LOGIN).content.decode()
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert found
    response = client.post(
        LOGIN,
        {"email": alice.email, "password": PASSWORD, "csrfmiddlewaretoken": found[1]},
    )
    assert response.status_code == 302


def test_the_session_key_changes_at_login_and_its_cookie_is_guarded(
    client: Client, alice: User, settings: Settings
) -> None:
    client.cookies[settings.SESSION_COOKIE_NAME] = "planted-by-somebody-else"
    log_in(client)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    assert cookie.value != "planted-by-somebody-else"
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_pages_about_passwords_are_kept_by_no_cache(client: Client, alice: User) -> None:
    assert "no-store" in client.get(LOGIN).headers["Cache-Control"]
    log_in(client)
    assert "no-store" in client.get(ACCOUNT).headers["Cache-Control"]


# Being logged in


def test_who_is_logged_in_needs_no_second_login(client: Client, alice: User) -> None:
    log_in(client)
    for path in (LOGIN, SIGNUP):
        assert client.get(path).headers["Location"] == "/staff/"


def test_strangers_are_led_to_the_login(client: Client) -> None:
    for path in (ACCOUNT, CHANGE):
        assert client.get(path).headers["Location"] == f"{LOGIN}?next={path}"


def test_the_account_page_shows_only_oneself(client: Client, bob: User, charlie: User) -> None:
    client.force_login(AuthUser.of(bob))
    page = client.get(ACCOUNT).content.decode()
    assert "Viewer" in page
    assert "Alice&#39;s Shop" in page
    assert "Charlie" not in page


def test_being_logged_in_costs_two_reads(client: Client, alice: User) -> None:
    log_in(client)
    with measure() as meter:
        client.get(LOGIN)
    assert [(call.operation, call.table) for call in meter.calls] == [
        ("GetItem", "test-sessions"),
        ("BatchGetItem", "test-accounts"),
    ]
    assert meter.capacity == 3.0


def test_the_account_page_shows_what_was_read_anyway(client: Client, alice: User) -> None:
    log_in(client)
    with measure() as meter:
        client.get(ACCOUNT)
    assert [call.operation for call in meter.calls] == ["GetItem", "BatchGetItem"]
    assert meter.capacity == 3.0


def test_anonymous_pages_cost_nothing_and_write_no_session(client: Client) -> None:
    with measure() as meter:
        for path in (LOGIN, SIGNUP, ACCOUNT, LOGIN):
            client.get(path)
    assert meter.calls == []
    assert stored_sessions() == 0


def test_looking_at_pages_does_not_prolong_the_session(
    client: Client, alice: User, settings: Settings
) -> None:
    log_in(client)
    response = client.get(ACCOUNT)
    assert settings.SESSION_COOKIE_NAME not in response.cookies


def test_an_expired_session_is_no_login(client: Client, alice: User, settings: Settings) -> None:
    log_in(client)
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    record = repository.get_session(key)
    assert record is not None
    past = datetime.now(UTC) - timedelta(seconds=1)
    repository.save_session(key, SessionRecord(record.data, past), create=False)
    assert not is_logged_in(client)


def test_deleted_people_are_out_at_once(client: Client, bob: User) -> None:
    from dataclasses import replace

    from storage.transactions import Transaction

    log_in(client, "bob@example.com")
    stored = repository.get_user(bob.org_id, bob.user_id)
    assert stored is not None
    transaction = Transaction()
    repository.change_user(transaction, replace(stored, deleted_at=datetime.now(UTC)))
    transaction.commit()
    assert not is_logged_in(client)


# Logging out


def test_logging_out_ends_the_session_in_the_store(client: Client, alice: User) -> None:
    log_in(client)
    assert stored_sessions() == 1
    assert client.post(LOGOUT).headers["Location"] == "/"
    assert stored_sessions() == 0
    assert not is_logged_in(client)
    assert history(f"user#{alice.user_id}").items[0].action == "accounts.log_out"


def test_logging_out_is_never_a_link(client: Client, alice: User) -> None:
    log_in(client)
    assert client.get(LOGOUT).status_code == 405
    assert is_logged_in(client)


def test_logging_out_twice_is_fine(client: Client) -> None:
    assert client.post(LOGOUT).status_code == 302


# Changing the password


def test_a_changed_password_ends_all_other_sessions(client: Client, alice: User) -> None:
    elsewhere = Client()
    log_in(client)
    log_in(elsewhere)
    response = client.post(
        CHANGE, {"current_password": PASSWORD, "new_password": NEW_PASSWORD}, follow=True
    )
    assert "Your password is changed." in response.content.decode()
    assert is_logged_in(client)
    assert not is_logged_in(elsewhere)
    assert log_in(Client(), password=NEW_PASSWORD).status_code == 302


def test_what_is_wrong_with_a_password_is_said_beside_its_field(
    client: Client, alice: User
) -> None:
    log_in(client)
    response = client.post(CHANGE, {"current_password": "wrong", "new_password": NEW_PASSWORD})
    assert response.status_code == 422
    assert "This is not your current password." in response.content.decode()
    response = client.post(CHANGE, {"current_password": PASSWORD, "new_password": "short"})
    assert response.status_code == 422
    assert "too short" in response.content.decode()


def test_sessions_survive_a_change_of_the_secret_key(
    client: Client, alice: User, settings: Settings
) -> None:
    log_in(client)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another secret key that is long enough for everybody here"
    assert is_logged_in(client)
