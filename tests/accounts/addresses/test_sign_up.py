"""Sign-ups that have to be confirmed by mail."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import pytest
from django.test import Client
from pytest_django import Settings

from accounts import mail, repository
from accounts.addresses import links, sign_up
from accounts.addresses.errors import InvalidLink
from accounts.entities import User, normalise_email
from accounts.errors import EmailTaken
from accounts.reset_links import issue_reset_link
from storage.audit import history
from storage.meter import measure
from tests.accounts.actions import change, log_in, stored
from tests.accounts.addresses.mails import (
    only,
    parsed,
    path_in,
    recipients,
    seen,
    sent,
    text,
    token_in,
)
from tests.accounts.fixtures import PASSWORD
from tests.accounts.links import altered

pytestmark = pytest.mark.usefixtures("store", "confirmed")

SIGNUP, SENT = "/accounts/signup/", "/accounts/signup/sent/"
API = "/api/v1/users/signup"
DORA = {"email": "Dora@Example.com", "name": "Dora", "organisation": "Dora's Shop"}


def request(email: str = "dora@example.com") -> str:
    sign_up.request_sign_up(
        email=email,
        name="Dora",
        client_address="192.0.2.1",
        absolute=partial(mail.absolute, None),
    )
    return token_in(only())


def confirm(token: str, client: str = "192.0.2.1") -> User:
    return sign_up.confirm_sign_up(token=token, password=PASSWORD, client_address=client)


def test_a_link_a_password_a_shop(client: Client) -> None:
    page = client.get(SIGNUP).content.decode()
    assert 'name="password"' not in page
    response = client.post(SIGNUP, DORA)
    assert (response.status_code, response.headers["Location"]) == (302, SENT)
    assert "Look in your mailbox" in client.get(SENT).content.decode()

    message = only()
    assert message.recipients() == ["Dora@Example.com"]
    assert "works for 24 hours" in text(message)
    # Strangers type addresses of others: what they type beside it is not mailed.
    assert "Dora" not in text(message).replace(token_in(message), "")
    link = path_in(message)
    with measure() as meter:
        page = client.get(link).content.decode()
    assert ([call.operation for call in meter.calls], meter.capacity) == (["BatchGetItem"], 1)
    for value in ("Dora@Example.com", "Dora", "Dora&#39;s Shop"):
        assert f'value="{value}"' in page
    response = client.post(link, {"password": PASSWORD, "name": "Dora Diaz", "organisation": ""})
    assert (response.status_code, response.headers["Location"]) == (302, "/staff/")
    account = client.get("/accounts/").content.decode()
    assert account.count("Dora Diaz") >= 2
    user = log_in("dora@example.com")
    assert (user.email, user.is_owner) == ("Dora@Example.com", True)
    assert user.last_login_at is not None
    entries = history(user.audit_subject).items
    assert [entry.action for entry in entries] == ["accounts.log_in", "accounts.sign_up"]


def test_the_language_of_the_page_is_remembered_where_it_is_not_that_of_the_site() -> None:
    for language, remembered in (("es", "es"), ("en", "")):
        client = Client(headers={"Accept-Language": language})
        email = f"{language}@example.com"
        client.post(SIGNUP, {**DORA, "email": email})
        assert client.post(path_in(only()), {"password": PASSWORD}).status_code == 302
        assert log_in(email).language == remembered


def test_nobody_learns_whether_an_address_is_taken(alice: User) -> None:
    """Same answer, same number of mails, same requests to the store."""
    change(replace(stored(alice), roles=(*alice.roles, "ROLE-gone")))
    answers, operations, capacities, mails = [], [], [], []
    for email in ("alice@example.com", "nobody@example.com"):
        with measure() as meter:
            response = Client().post(SIGNUP, {**DORA, "email": email})
        answers.append(seen(response))
        operations.append([call.operation for call in meter.calls])
        capacities.append(meter.capacity)
        mails.append(len(sent()))
    assert answers[0] == answers[1]
    assert capacities == [5, 5]
    assert operations[0] == operations[1] == [*["UpdateItem"] * 2, "GetItem", "BatchGetItem"]
    assert mails == [1, 1]


def test_who_has_an_account_is_told_so_by_mail(client: Client, alice: User) -> None:
    change(replace(stored(alice), language="es"))
    # Equal for us, and maybe another mailbox elsewhere: the mail goes where it always goes.
    client.post(SIGNUP, {**DORA, "email": "ALICE@example.com"})
    message = only()
    assert message.recipients() == ["alice@example.com"]
    assert path_in(message) == "/accounts/login/"
    assert "/accounts/forgot/" in text(message)
    assert "Dora" not in text(message)
    assert parsed(message).get_body(("html",)) is not None


def test_who_was_deleted_is_told_so_and_stays_deleted(client: Client, alice: User) -> None:
    change(replace(stored(alice), deleted_at=datetime.now(UTC)))
    client.post(SIGNUP, {**DORA, "email": "alice@example.com"})
    message = only()
    assert "That account is closed" in text(message)
    assert "/accounts/login/" not in text(message)


@pytest.mark.parametrize("wrong", [{"email": "dora"}, {"name": "x" * 151}, {"email": ""}])
def test_what_is_wrong_is_said_and_nothing_sent(client: Client, wrong: dict[str, str]) -> None:
    assert client.post(SIGNUP, {**DORA, **wrong}).status_code == 422
    assert sent() == []


def test_it_is_slowed_per_address_known_or_not_and_per_client(
    alice: User, settings: Settings
) -> None:
    settings.LINKS_PER_ADDRESS, settings.SIGN_UPS_PER_CLIENT = 2, 5
    codes = [
        Client().post(SIGNUP, {**DORA, "email": email}).status_code
        for email in ["alice@example.com"] * 3 + ["dora@example.com"] * 3
    ]
    assert codes == [302, 302, 429, 302, 302, 429]
    assert Client(REMOTE_ADDR="192.0.2.9").post(SIGNUP, DORA).status_code == 429
    response = Client().post(SIGNUP, {**DORA, "email": "eva@example.com"})
    assert (response.status_code, "Retry-After" in response.headers) == (429, True)
    assert len(sent()) == 4


def test_where_no_mail_can_be_sent_both_hear_the_same(
    client: Client, alice: User, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    pages = []
    for email in ("alice@example.com", "dora@example.com"):
        response = client.post(SIGNUP, {**DORA, "email": email})
        assert response.status_code == 503
        pages.append(response.content.decode())
        assert "could not be sent" in pages[-1]
        assert f'value="{email}"' in pages[-1]


def test_a_used_link_says_that_there_is_an_account(client: Client) -> None:
    token = request()
    confirm(token)
    link = f"{SIGNUP}{token}/"
    for response in (client.get(link), client.post(link, {"password": PASSWORD})):
        assert response.status_code == 409
        assert "You have an account already" in response.content.decode()


def test_links_that_do_not_work_all_answer_the_same(
    client: Client, alice: User, settings: Settings
) -> None:
    token = request()
    settings.SIGN_UP_LINK_SECONDS = 0
    expired = request("eva@example.com")
    reset = issue_reset_link(actor=alice.actor, user=alice).token
    bodies = set()
    for wrong in (altered(token), expired, reset, "x", "x" * 5000, token[:20]):
        with measure() as meter:
            response = client.get(f"{SIGNUP}{wrong}/")
        assert (response.status_code, meter.calls) == (404, [])
        bodies.add(response.content)
        assert client.post(f"{SIGNUP}{wrong}/", {"password": PASSWORD}).status_code == 404
    assert len(bodies) == 1


def test_a_weak_password_does_not_use_the_link_up(client: Client) -> None:
    link = f"{SIGNUP}{request()}/"
    response = client.post(link, {"password": "short", "name": "Dora", "organisation": "x"})
    assert response.status_code == 422
    assert "At least 12 characters" in response.content.decode()
    assert client.post(link, {"password": PASSWORD}).status_code == 302


def test_the_longest_names_in_any_script_fit_into_the_address(client: Client) -> None:
    names = {"name": "ñ語😀" * 50, "organisation": "語" * 150}
    client.post(SIGNUP, {**DORA, **names})
    message = only()
    link = path_in(message)
    assert len(link) < 2000
    # The longest line that mail servers take (RFC 5322).
    assert max(map(len, message.message().as_bytes().splitlines())) <= 998
    body = parsed(message).get_body(("plain",))
    assert body is not None
    assert link in body.get_content()
    page = client.get(link).content.decode()
    assert names["name"] in page
    assert names["organisation"] in page


def test_where_sign_up_is_closed_links_do_not_open_it(client: Client, settings: Settings) -> None:
    token = request()
    settings.SIGN_UP_OPEN = False
    assert client.post(SIGNUP, DORA).status_code == 403
    assert client.post(f"{SIGNUP}{token}/", {"password": PASSWORD}).status_code == 403
    assert sent() == []


def test_of_64_simultaneous_uses_of_a_link_one_makes_the_account() -> None:
    token = request()

    def attempt(number: int) -> str:
        try:
            return confirm(token, client=f"192.0.2.{number}").user_id
        except EmailTaken:
            return "taken"

    with ThreadPoolExecutor(16) as pool:
        outcomes = Counter(pool.map(attempt, range(64)))
    (winner,) = outcomes.keys() - {"taken"}
    assert outcomes == {winner: 1, "taken": 63}
    membership = repository.membership_by_email(normalise_email("dora@example.com"))
    assert membership is not None
    assert membership.user.user_id == winner
    assert repository.count_organisations() == repository.count_users(None) == 1


def test_programs_are_told_202_and_confirm_with_what_came_by_mail(alice: User) -> None:
    client = Client()
    body = {"email": "dora@example.com", "first_name": "Dora", "organisation": "Dora's Shop"}
    taken = client.post(API, {**body, "email": "alice@example.com"}, "application/json")
    assert recipients() == ["alice@example.com"]
    # What clients send that know both kinds of server.
    free = client.post(API, {**body, "password": "not looked at"}, "application/json")
    assert (free.status_code, free.content) == (taken.status_code, taken.content) == (202, b"")
    confirmation = {"token": token_in(only()), "password": PASSWORD}
    response = client.post(f"{API}/confirm", confirmation, "application/json")
    assert response.status_code == 201
    assert response.json()["first_name"] == "Dora"
    assert log_in("dora@example.com").org_id == response.json()["organisation_id"]
    again = client.post(f"{API}/confirm", confirmation, "application/json")
    assert (again.status_code, again.json()["code"]) == (409, "email_taken")
    wrong = client.post(f"{API}/confirm", {**confirmation, "token": "x"}, "application/json")
    assert (wrong.status_code, wrong.json()["code"]) == (404, "invalid_link")


def test_without_confirmation_programs_need_the_password(settings: Settings) -> None:
    settings.SIGN_UP_CONFIRMED = False
    response = Client().post(API, {"email": "dora@example.com"}, "application/json")
    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == ["password"]
    assert sent() == []


def test_a_link_is_for_its_purpose_only() -> None:
    with pytest.raises(InvalidLink):
        links.open_sealed("email_change", request(), count=3)
