"""Moving to another e-mail address."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.test import Client
from pytest_django import Settings

from accounts import mail, reset_links, services
from accounts.addresses import change as addresses
from accounts.addresses.errors import InvalidLink, SameEmail
from accounts.entities import Actor, User, normalise_email
from accounts.errors import (
    ConfirmationNeeded,
    EmailTaken,
    InvalidCredentials,
    InvalidEmail,
    InvalidResetLink,
    TooManyAttempts,
    UserNotFound,
)
from accounts.profile import change_profile
from accounts.tables import USER, AccountItem, ItemTypeIdIndex
from storage.audit import history
from storage.meter import measure
from tests.accounts.actions import CLIENT, change, log_in, stored
from tests.accounts.addresses.mails import html, only, path_in, recipients, seen, sent, token_in
from tests.accounts.browsers import SAFARI, is_logged_in, logged_in
from tests.accounts.fixtures import PASSWORD, add_user
from tests.accounts.links import NEW_PASSWORD, altered, token_for

PAGE, ACCOUNT = "/accounts/email/", "/accounts/"
API = "/api/v1/users/me/email"
NEW = "Alice.Diaz@example.com"


def actor_of(user: User) -> Actor:
    """Who has just logged in."""
    return replace(user.actor, confirmed_at=datetime.now(UTC))


def ask(user: User, email: str = NEW, actor: Actor | None = None) -> None:
    addresses.request_email_change(
        actor=actor or actor_of(user),
        user=stored(user),
        email=email,
        client_address=CLIENT,
        absolute=partial(mail.absolute, None),
    )


def link_for(user: User, email: str = NEW) -> str:
    ask(user, email)
    return token_in(only())


def confirm(user: User, token: str, client: str = CLIENT) -> User:
    return addresses.confirm_email_change(user=user, token=token, client_address=client)


def indexed(user: User) -> list[str]:
    index = ItemTypeIdIndex.Meta.index_name
    found = AccountItem.slice(USER, index=index, page_size=100).items
    return [item.id for item in found if item.user_id == user.user_id]


def test_from_the_account_to_another_address(alice: User) -> None:
    client = logged_in(alice)
    assert f'href="{PAGE}"' in client.get(ACCOUNT).content.decode()
    assert "alice@example.com" in client.get(PAGE).content.decode()
    response = client.post(PAGE, {"email": f" {NEW} "})
    assert (response.status_code, response.headers["Location"]) == (302, ACCOUNT)
    message = only()
    assert message.recipients() == [NEW]
    assert stored(alice).email == "alice@example.com"

    link = path_in(message)
    anonymous = Client().get(link)
    assert anonymous.status_code == 302
    assert anonymous.headers["Location"].startswith("/accounts/login/?next=")
    phone = logged_in(alice, SAFARI)
    with measure() as meter:
        page = phone.get(link).content.decode()
    assert ([call.operation for call in meter.calls], meter.capacity) == (
        ["GetItem", "BatchGetItem"],
        3,
    )
    assert "alice@example.com" in page
    assert NEW in page
    assert stored(alice).email == "alice@example.com"
    with measure() as meter:
        assert phone.post(link).status_code == 302
    assert [call.operation for call in meter.calls] == [
        *("GetItem", "BatchGetItem", "UpdateItem"),
        *("BatchGetItem", "TransactWriteItems", "UpdateItem"),
    ]
    moved = stored(alice)
    assert (moved.email, moved.email_key) == (NEW, "alice.diaz@example.com")
    assert indexed(alice) == ["alice.diaz@example.com"]
    assert only().recipients() == ["alice@example.com"]
    # Sessions go on; one logs in with the new address, and the old one is free.
    assert is_logged_in(client)
    log_in(NEW)
    with pytest.raises(InvalidCredentials):
        log_in("alice@example.com")
    services.sign_up(email="alice@example.com", password=PASSWORD)
    entry = next(
        entry
        for entry in history(alice.audit_subject).items
        if entry.action == "accounts.change_email"
    )
    assert entry.changes == {"email": ("alice@example.com", NEW)}
    assert (phone.get(link).status_code, phone.post(link).status_code) == (404, 404)


def test_it_takes_a_login_of_a_few_minutes_ago(alice: User) -> None:
    for confirmed_at in (None, datetime.now(UTC) - timedelta(minutes=16)):
        with pytest.raises(ConfirmationNeeded):
            ask(alice, actor=replace(alice.actor, confirmed_at=confirmed_at))
    assert sent() == []


def test_nobody_learns_whether_an_address_is_taken(alice: User, bob: User) -> None:
    client = logged_in(alice)
    answers, operations = [], []
    for email in ("bob@example.com", "nobody@example.com"):
        with measure() as meter:
            answers.append(seen(client.post(PAGE, {"email": email})))
        operations.append([call.operation for call in meter.calls])
    assert answers[0][:2] == answers[1][:2] == (302, b"")
    counts = ["UpdateItem"] * 2
    assert operations[0] == [
        "GetItem",
        "BatchGetItem",
        *counts,
        "BatchGetItem",
        "TransactWriteItems",
    ]
    assert operations[0] == operations[1]
    taken, free = sent()
    assert (taken.recipients(), free.recipients()) == (["bob@example.com"], ["nobody@example.com"])
    assert taken.subject == "This address has an account already"
    assert PAGE not in html(taken)
    assert "Alice" not in html(taken)


def test_another_spelling_of_the_same_address_is_a_change_as_well(alice: User) -> None:
    with pytest.raises(SameEmail):
        ask(alice, "alice@example.com")
    moved = confirm(alice, link_for(alice, "Alice@Example.com"))
    assert (moved.email, moved.email_key) == ("Alice@Example.com", "alice@example.com")
    log_in()


@pytest.mark.parametrize("wrong", ["", "alice", "alice@example.com"])
def test_what_is_wrong_is_said_beside_the_field(alice: User, wrong: str) -> None:
    response = logged_in(alice).post(PAGE, {"email": wrong})
    assert response.status_code == 422
    assert 'aria-invalid="true"' in response.content.decode()
    assert sent() == []


def test_links_end_with_time_with_another_password_and_with_use(
    alice: User, settings: Settings
) -> None:
    used, other = link_for(alice), link_for(alice, "other@example.com")
    confirm(alice, used)
    sent()
    forged = altered(link_for(alice, "third@example.com"))
    before_password = link_for(alice, "fourth@example.com")
    services.change_password(
        user=alice, client_address=CLIENT, current_password=PASSWORD, new_password=NEW_PASSWORD
    )
    sent()
    settings.EMAIL_CHANGE_SECONDS = 0
    expired = link_for(alice, "fifth@example.com")
    for token in (used, other, forged, before_password, expired, "x", token_for(alice)):
        with pytest.raises(InvalidLink):
            confirm(alice, token)
    assert stored(alice).email == NEW


def test_somebody_else_can_do_nothing_with_a_link(alice: User, bob: User) -> None:
    """Such as who got it because of a mistyped address."""
    client, link = logged_in(bob), f"{PAGE}{link_for(alice)}/"
    assert (client.get(link).status_code, client.post(link).status_code) == (404, 404)
    assert (stored(alice).email, stored(bob).email) == ("alice@example.com", "bob@example.com")


def test_links_to_set_a_password_that_went_to_the_old_address_end(alice: User) -> None:
    before = token_for(alice)
    reset_links.open_reset_link(before)
    confirm(alice, link_for(alice))
    with pytest.raises(InvalidResetLink):
        reset_links.open_reset_link(before)
    reset_links.open_reset_link(token_for(alice))


def test_who_may_not_log_in_any_more_does_not_move(alice: User) -> None:
    token = link_for(alice)
    change(replace(stored(alice), deactivated_at=datetime.now(UTC)))
    with pytest.raises(UserNotFound):
        confirm(alice, token)


def test_an_address_that_was_taken_meanwhile_stays_where_it_is(alice: User) -> None:
    token = link_for(alice)
    services.sign_up(email=NEW, password=PASSWORD)
    response = logged_in(alice).post(f"{PAGE}{token}/")
    assert response.status_code == 409
    assert "Yours keeps its address." in response.content.decode()
    assert stored(alice).email == "alice@example.com"
    log_in()


def test_a_change_of_something_else_at_the_same_moment_is_kept(alice: User) -> None:
    token = link_for(alice)
    change_profile(user=stored(alice), version=stored(alice).version or 0, said={"theme": "dark"})
    moved = confirm(alice, token)
    assert (moved.theme, stored(alice).theme, stored(alice).email) == ("dark", "dark", NEW)


def test_of_64_people_who_want_one_address_one_gets_it(alice: User, settings: Settings) -> None:
    settings.LINKS_PER_ADDRESS = settings.LINKS_PER_CLIENT = 100
    people = [alice] + [
        add_user(email=f"p{number}@example.com", name=f"P{number}", beside=alice, roles=("staff",))
        for number in range(63)
    ]
    wanted = "wanted@example.com"
    tokens = [link_for(person, wanted) for person in people]

    def attempt(number: int) -> str:
        try:
            return confirm(people[number], tokens[number], client=f"192.0.2.{number}").user_id
        except EmailTaken:
            return "taken"

    with ThreadPoolExecutor(16) as pool:
        outcomes = Counter(pool.map(attempt, range(64)))
    (winner,) = outcomes.keys() - {"taken"}
    assert outcomes == {winner: 1, "taken": 63}
    assert log_in(wanted).user_id == winner
    assert len(recipients()) == 1
    for person in people:
        now = stored(person)
        assert now.email == (wanted if person.user_id == winner else person.email)
        assert indexed(person) == [normalise_email(now.email)]


def test_of_many_uses_of_one_link_one_moves_and_the_others_are_told(alice: User) -> None:
    token = link_for(alice)

    def attempt(number: int) -> str:
        try:
            return confirm(alice, token, client=f"192.0.2.{number}").email
        except InvalidLink:
            return "used"

    with ThreadPoolExecutor(8) as pool:
        assert Counter(pool.map(attempt, range(16))) == {NEW: 1, "used": 15}
    assert recipients() == ["alice@example.com"]


def test_it_is_slowed_per_client_and_per_address(alice: User, settings: Settings) -> None:
    settings.LINKS_PER_ADDRESS, settings.LINKS_PER_CLIENT = 1, 3
    ask(alice)
    with pytest.raises(TooManyAttempts):
        ask(alice, NEW.upper())
    ask(alice, "other@example.com")
    with pytest.raises(TooManyAttempts):
        ask(alice, "third@example.com")
    assert len(sent()) == 2
    with pytest.raises(InvalidEmail):
        ask(alice, "nothing")


def test_no_mail_no_promise(alice: User, settings: Settings) -> None:
    client = logged_in(alice)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    response = client.post(PAGE, {"email": NEW})
    assert response.status_code == 503
    assert f'value="{NEW}"' in response.content.decode()


def test_programs_move_too_and_with_their_own_links_only(alice: User, bob: User) -> None:
    client, kind = Client(), "application/json"

    def headers(user: User) -> dict[str, str]:
        body = {"email": user.email, "password": PASSWORD}
        token = client.post("/api/v1/users/login", body, kind).json()["access_token"]
        return {"Authorization": f"Bearer {token}"}

    hers, his = headers(alice), headers(bob)
    assert client.post(API, {"email": NEW}, kind).status_code == 401
    same = client.post(API, {"email": alice.email}, kind, headers=hers)
    assert (same.status_code, same.json()["code"]) == (422, "same_email")
    assert client.post(API, {"email": NEW}, kind, headers=hers).status_code == 202
    body = {"token": token_in(only())}
    assert client.post(f"{API}/confirm", body, kind).status_code == 401
    stranger = client.post(f"{API}/confirm", body, kind, headers=his)
    assert (stranger.status_code, stranger.json()["code"]) == (404, "invalid_link")
    assert client.post(f"{API}/confirm", body, kind, headers=hers).status_code == 204
    me = client.get("/api/v1/users/me", headers=hers).json()
    assert me["email"] == NEW
