"""Forgotten passwords: a link by mail, and nothing for anybody else to learn."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.test import Client
from pytest_django import Settings

from accounts import selectors, services
from accounts.entities import User
from accounts.errors import InvalidResetLink
from accounts.repository import change_organisation
from accounts.reset_links import open_reset_link
from storage.audit import history
from storage.client import call
from storage.ephemeral import EphemeralItem
from storage.meter import measure
from storage.transactions import Transaction
from tests.accounts.actions import CLIENT, change, log_in, stored
from tests.accounts.addresses.mails import html, only, path_in, seen, sent, text, token_in
from tests.accounts.browsers import is_logged_in, logged_in
from tests.accounts.fixtures import PASSWORD
from tests.accounts.links import NEW_PASSWORD, use

FORGOT, SENT = "/accounts/forgot/", "/accounts/forgot/sent/"
API = "/api/v1/users/password-reset"


def ask(email: str, client: Client | None = None) -> None:
    response = (client or Client()).post(FORGOT, {"email": email})
    assert (response.status_code, response.headers["Location"]) == (302, SENT)


def test_from_the_login_to_a_new_password(client: Client, alice: User) -> None:
    elsewhere = logged_in(alice)
    assert f'href="{FORGOT}"' in client.get("/accounts/login/").content.decode()
    assert "Send me the link" in client.get(FORGOT).content.decode()
    ask(" Alice@EXAMPLE.com", client)
    assert "Look in your mailbox" in client.get(SENT).content.decode()
    message = only()
    # To the address as it is stored, not as somebody typed it.
    assert message.recipients() == ["alice@example.com"]
    assert "Hello Alice," in text(message)
    assert "once, for 1 hour" in text(message)

    typed = {"new_password": NEW_PASSWORD, "new_password_again": NEW_PASSWORD}
    assert client.post(path_in(message), typed).status_code == 302
    log_in(password=NEW_PASSWORD)
    assert not is_logged_in(elsewhere)
    assert client.get(path_in(message)).status_code == 404
    notice = only()
    assert (notice.subject, notice.recipients()) == (
        "Your password was changed",
        ["alice@example.com"],
    )
    assert path_in(notice) == FORGOT
    actions = [entry.action for entry in history(alice.audit_subject).items]
    assert {"accounts.issue_reset_link", "accounts.reset_password"} <= set(actions)


def test_nobody_learns_who_has_an_account(alice: User, bob: User, charlie: User) -> None:
    """Same answer, same number of mails, same requests to the store."""
    now = datetime.now(UTC)
    change(replace(stored(bob), deleted_at=now))
    change(replace(stored(charlie), deactivated_at=now))
    answers, operations, recipients = [], [], []
    for email in (alice.email, "nobody@example.com", bob.email, charlie.email):
        with measure() as meter:
            answers.append(seen(Client().post(FORGOT, {"email": email})))
        operations.append([call.operation for call in meter.calls])
        recipients.append(only().recipients())
    assert recipients == [[alice.email], ["nobody@example.com"], [bob.email], [charlie.email]]
    assert all(answer == answers[0] for answer in answers)
    asked = [*["UpdateItem"] * 2, "GetItem", "BatchGetItem", "TransactWriteItems"]
    assert all(operation == asked for operation in operations)


def test_an_address_without_an_account_hears_that(store: None) -> None:
    ask("nobody@example.com")
    message = only()
    assert message.subject == "There is no account with this address"
    assert path_in(message) == "/"
    assert "/accounts/reset/" not in html(message)
    kept = call("Scan", {"TableName": EphemeralItem.physical_name()})["Items"]
    assert "nobody@example.com" not in str(kept)


def test_whose_account_is_closed_hears_why_and_who_can_help(alice: User, bob: User) -> None:
    now = datetime.now(UTC)
    shop = selectors.get_own_organisation(actor=alice.actor)
    change(replace(stored(bob), deactivated_at=now))
    ask("BOB@example.com")
    message = only()
    assert (message.subject, message.recipients()) == ("Your account is closed", [bob.email])
    for said in (f"Your account at “{shop.name}” is closed. Ask", "Hello Bob,"):
        assert said in text(message)
    assert "/accounts/" not in html(message)
    transaction = Transaction()
    change_organisation(transaction, replace(shop, deleted_at=now))
    transaction.commit()
    ask(bob.email)
    assert f"because “{shop.name}” has been deleted" in text(only())


def test_it_speaks_the_language_of_the_person_else_of_the_page(alice: User) -> None:
    change(replace(stored(alice), language="es"))
    spanish = Client(headers={"Accept-Language": "es"})
    for email, client, language in (
        ("alice@example.com", Client(), "es"),
        ("nobody@example.com", spanish, "es"),
        ("nobody@example.com", Client(), "en"),
    ):
        ask(email, client)
        assert f'<html lang="{language}">' in html(only())


def test_the_link_ends_sooner_than_that_of_an_operator(alice: User, settings: Settings) -> None:
    settings.PASSWORD_RESET_SECONDS = 0
    ask(alice.email)
    with pytest.raises(InvalidResetLink):
        open_reset_link(token_in(only()))


def test_who_was_imported_gets_a_first_password_that_way(dora: User) -> None:
    ask(dora.email)
    use(token_in(only()))
    log_in(dora.email, NEW_PASSWORD)


def test_it_is_slowed_per_address_known_or_not_and_per_client(
    alice: User, settings: Settings
) -> None:
    settings.LINKS_PER_ADDRESS, settings.LINKS_PER_CLIENT = 2, 5
    codes = [
        Client().post(FORGOT, {"email": email}).status_code
        for email in [alice.email] * 3 + ["nobody@example.com"] * 3
    ]
    assert codes == [302, 302, 429, 302, 302, 429]
    response = Client().post(FORGOT, {"email": "eva@example.com"})
    assert (response.status_code, "Retry-After" in response.headers) == (429, True)
    assert "Wait" in response.content.decode()
    assert len(sent()) == 4


def test_where_no_mail_can_be_sent_both_hear_the_same(alice: User, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    for email in (alice.email, "nobody@example.com"):
        response = Client().post(FORGOT, {"email": email})
        assert response.status_code == 503
        assert "could not be sent" in response.content.decode()
        body = {"email": email}
        problem = Client().post(API, body, "application/json")
        assert (problem.status_code, problem.json()["code"]) == (503, "mail_not_sent")


def test_a_password_is_changed_although_no_notice_can_be_sent(
    alice: User, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    services.change_password(
        user=alice, client_address=CLIENT, current_password=PASSWORD, new_password=NEW_PASSWORD
    )
    log_in(password=NEW_PASSWORD)


def test_what_is_no_address_is_said_beside_the_field(client: Client) -> None:
    response = client.post(FORGOT, {"email": "alice"})
    assert response.status_code == 422
    page = response.content.decode()
    assert 'value="alice"' in page
    assert "Enter an e-mail address such as" in page


def test_programs_do_it_in_two_steps(alice: User) -> None:
    client = Client()
    answers = [
        seen(client.post(API, {"email": email}, "application/json"))
        for email in ("nobody@example.com", alice.email)
    ]
    assert answers[0] == answers[1]
    assert answers[0][:2] == (202, b"")
    _unknown, known = sent()
    body = {"token": token_in(known), "new_password": NEW_PASSWORD}
    weak = client.post(f"{API}/confirm", {**body, "new_password": "short"}, "application/json")
    assert (weak.status_code, weak.json()["code"]) == (422, "weak_password")
    assert client.post(f"{API}/confirm", body, "application/json").status_code == 204
    log_in(password=NEW_PASSWORD)
    again = client.post(f"{API}/confirm", body, "application/json")
    assert (again.status_code, again.json()["code"]) == (404, "invalid_reset_link")


def test_programs_change_the_password_they_know(alice: User) -> None:
    client = Client()

    def headers() -> dict[str, str]:
        body = {"email": alice.email, "password": PASSWORD}
        token = client.post("/api/v1/users/login", body, "application/json").json()
        return {"Authorization": f"Bearer {token['access_token']}"}

    known = headers()
    address, kind = "/api/v1/users/me/password", "application/json"
    body = {"current_password": "wrong", "new_password": NEW_PASSWORD}
    assert client.post(address, body, kind).status_code == 401
    wrong = client.post(address, body, kind, headers=known)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "wrong_password")
    body["current_password"] = PASSWORD
    assert client.post(address, body, kind, headers=known).status_code == 204
    assert client.get("/api/v1/users/me", headers=known).status_code == 401
    log_in(password=NEW_PASSWORD)
    assert only().subject == "Your password was changed"
