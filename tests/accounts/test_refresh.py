"""Logins of programs: refresh tokens rotate, and reuse ends the family."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from django.test import Client
from pytest_django import Settings

from accounts import own_sessions, refresh, services
from accounts.entities import User
from accounts.errors import ConfirmationNeeded, InvalidRefreshToken
from accounts.refresh import Tokens
from accounts.tables import SessionItem
from accounts.tokens import actor_of_token, issue_token
from storage.audit import history
from storage.client import call
from storage.errors import StoreBusy
from storage.meter import measure
from tests.accounts.actions import CLIENT, change, stored
from tests.accounts.browsers import END_OTHERS, SESSIONS, end_address, logged_in
from tests.accounts.fixtures import PASSWORD

pytestmark = pytest.mark.usefixtures("store")

LOGIN = "/api/v1/users/login"
REFRESH = "/api/v1/users/refresh"
LOGOUT = "/api/v1/users/logout"
ME = "/api/v1/users/me"
AGENT = "python-httpx/0.28.1"


def post(path: str, body: Mapping[str, object]) -> Any:
    client = Client(headers={"User-Agent": AGENT})
    return client.post(path, dict(body), content_type="application/json")


def log_in(user: User) -> dict[str, Any]:
    answer = post(LOGIN, {"email": user.email, "password": PASSWORD})
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


def start(user: User) -> Tokens:
    return refresh.start_family(user=user, user_agent=AGENT)


def renewed(text: str) -> Tokens:
    return refresh.refresh(text=text, client_address=CLIENT)


def works(text: str) -> bool:
    return bool(post(REFRESH, {"refresh_token": text}).status_code == 200)


def families(user: User) -> list[str]:
    own = own_sessions.list_own_sessions(user=stored(user))
    return [session.id for session in own if session.is_program]


def actions_of(user: User) -> list[str]:
    return [entry.action for entry in history(user.audit_subject).items]


def raw_items() -> str:
    return str(call("Scan", {"TableName": SessionItem.physical_name()})["Items"])


def amend_families(**values: Any) -> None:
    items = call("Scan", {"TableName": SessionItem.physical_name()})["Items"]
    actions = [getattr(SessionItem, name).set(value) for name, value in values.items()]
    for item in items:
        assert SessionItem.amend(item["session_key"]["S"], actions=actions)


def test_a_login_gives_a_refresh_token_of_which_the_store_has_only_a_digest(alice: User) -> None:
    body = log_in(alice)
    assert body["refresh_token"].startswith("brr_")
    assert 30 * 24 * 3600 - 5 <= body["refresh_expires_in"] <= 30 * 24 * 3600
    secret = body["refresh_token"].removeprefix("brr_")
    assert secret not in raw_items()
    assert secret[-20:] not in raw_items()
    assert "refresh#" in raw_items()


def test_an_exchange_gives_both_anew_and_uses_the_old_one_up(client: Client, alice: User) -> None:
    first = log_in(alice)
    answer = post(REFRESH, {"refresh_token": first["refresh_token"]})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    second = answer.json()
    assert second.keys() == first.keys()
    assert second["refresh_token"] != first["refresh_token"]
    header = {"Authorization": f"Bearer {second['access_token']}"}
    assert client.get(ME, headers=header).json()["email"] == alice.email
    assert works(second["refresh_token"])


def test_refreshing_is_no_new_login(alice: User, settings: Settings) -> None:
    tokens = start(alice)
    an_hour_ago = int((datetime.now(UTC) - timedelta(hours=1)).timestamp())
    amend_families(created_at=an_hour_ago)
    again = renewed(tokens.refresh)
    claims = jwt.decode(again.access.text, options={"verify_signature": False})
    assert claims["auth_time"] == an_hour_ago
    assert claims["iat"] > an_hour_ago
    with pytest.raises(ConfirmationNeeded):
        actor_of_token(again.access.text).require_confirmation()
    actor_of_token(tokens.access.text).require_confirmation()
    assert again.refresh_expires_in <= tokens.refresh_expires_in


def test_an_access_token_from_before_there_was_a_time_of_login_counts_from_when_it_was_issued(
    alice: User, settings: Settings
) -> None:
    claims = jwt.decode(issue_token(alice).text, options={"verify_signature": False})
    del claims["auth_time"]
    actor = actor_of_token(jwt.encode(claims, settings.ACCESS_TOKEN_SECRET))
    assert actor.confirmed_at == datetime.fromtimestamp(claims["iat"], UTC)


def test_reuse_ends_the_family_and_its_owner_is_told(alice: User, mailoutbox: list[Any]) -> None:
    first, other = start(alice), start(alice)
    second = renewed(first.refresh)
    for _ in range(2):
        answer = post(REFRESH, {"refresh_token": first.refresh})
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_refresh_token")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert not works(second.refresh)
    assert works(other.refresh)
    assert actions_of(alice).count("accounts.reuse_refresh_token") == 1
    (mail,) = mailoutbox
    assert mail.to == [alice.email]
    assert "Python" in mail.body
    assert first.refresh not in mail.body


def test_of_many_exchanges_at_once_one_succeeds_at_most_and_the_family_ends(
    alice: User, settings: Settings, mailoutbox: list[Any]
) -> None:
    settings.LOGIN_ATTEMPTS_PER_CLIENT = 1000
    tokens = start(alice)

    def exchange(_: int) -> Tokens | None:
        try:
            return renewed(tokens.refresh)
        except (InvalidRefreshToken, StoreBusy):
            return None

    with ThreadPoolExecutor(16) as threads:
        won = [one for one in threads.map(exchange, range(64)) if one is not None]
    assert len(won) <= 1
    assert all(not works(one.refresh) for one in won)
    assert families(alice) == []
    assert actions_of(alice).count("accounts.reuse_refresh_token") == 1
    assert len(mailoutbox) == 1


@pytest.mark.parametrize("text", ["", "brr_", "brr_" + "A" * 63, "brr_" + "A" * 64, "é" * 68])
def test_what_is_no_refresh_token_is_refused(alice: User, text: str) -> None:
    answer = post(REFRESH, {"refresh_token": text})
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_refresh_token")
    assert post(LOGOUT, {"refresh_token": text}).status_code == 204


def test_another_spelling_of_a_token_is_none(alice: User) -> None:
    text = start(alice).refresh
    while "-" not in text:
        text = start(alice).refresh
    assert not works(text.replace("-", "+"))
    assert works(text)


def test_an_access_token_and_a_refresh_token_are_not_the_same(client: Client, alice: User) -> None:
    tokens = start(alice)
    header = {"Authorization": f"Bearer {tokens.refresh}"}
    assert client.get(ME, headers=header).status_code == 401
    assert post(REFRESH, {"refresh_token": tokens.access.text[:200]}).status_code == 401


def test_expired_is_expired_although_it_is_still_stored(alice: User) -> None:
    tokens = start(alice)
    amend_families(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert not works(tokens.refresh)
    assert families(alice) == []


def test_logging_out_ends_it_once_and_for_all(alice: User) -> None:
    tokens, other = start(alice), start(alice)
    for _ in range(2):
        assert post(LOGOUT, {"refresh_token": tokens.refresh}).status_code == 204
    assert not works(tokens.refresh)
    assert works(other.refresh)
    assert actions_of(alice).count("accounts.log_out") == 1


def test_a_new_password_ends_all_of_a_person_and_nobody_elses(alice: User, bob: User) -> None:
    hers, his = [start(alice), start(alice)], start(bob)
    services.change_password(
        user=alice,
        client_address=CLIENT,
        current_password=PASSWORD,
        new_password="a brand new password",
    )
    assert families(alice) == []
    assert not any(works(one.refresh) for one in hers)
    assert works(his.refresh)


@pytest.mark.parametrize("change_of", ["deactivated_at", "deleted_at"])
def test_who_may_not_log_in_any_more_may_not_refresh_and_comes_back_without(
    bob: User, change_of: str
) -> None:
    tokens = start(bob)
    gone: dict[str, Any] = {change_of: datetime.now(UTC)}
    change(replace(stored(bob), **gone))
    assert not works(tokens.refresh)
    back: dict[str, Any] = {change_of: None}
    change(replace(stored(bob), **back))
    assert not works(tokens.refresh)
    assert "accounts.end_session" in actions_of(bob)


def test_programs_are_among_my_sessions_and_end_there(alice: User) -> None:
    tokens, more = start(alice), start(alice)
    browser = logged_in(alice)
    page = browser.get(SESSIONS).content.decode()
    assert page.count("program</span>") == 2
    first, _second = families(alice)
    header = {"Authorization": f"Bearer {tokens.access.text}"}
    kinds = [item["kind"] for item in browser.get(f"{ME}/sessions", headers=header).json()["items"]]
    assert sorted(kinds) == ["browser", "program", "program"]
    assert browser.post(end_address(first)).status_code == 302
    assert [works(tokens.refresh), works(more.refresh)].count(False) == 1
    assert browser.post(END_OTHERS).status_code == 302
    assert families(alice) == []


def test_no_cookie_opens_the_session_of_a_program(alice: User, settings: Settings) -> None:
    start(alice)
    key = call("Scan", {"TableName": SessionItem.physical_name()})["Items"][0]["session_key"]["S"]
    for cookie in (key, key.removeprefix("refresh#")):
        client = Client()
        client.cookies[settings.SESSION_COOKIE_NAME] = cookie
        assert client.get("/accounts/").status_code == 302


def test_refreshing_is_slowed_per_client_where_it_fails(alice: User, settings: Settings) -> None:
    settings.LOGIN_ATTEMPTS_PER_CLIENT = 2
    text = start(alice).refresh
    for _ in range(4):
        text = renewed(text).refresh
    stale = text
    assert works(text)
    for _ in range(2):
        assert post(REFRESH, {"refresh_token": stale}).status_code == 401
    answer = post(REFRESH, {"refresh_token": stale})
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_attempts")


def test_what_logging_in_and_refreshing_ask_of_the_store(alice: User) -> None:
    with measure() as meter:
        tokens = start(alice)
    assert [(one.operation, one.table) for one in meter.calls] == [
        ("TransactWriteItems", "test-sessions")
    ]
    with measure() as meter:
        renewed(tokens.refresh)
    assert [(one.operation, one.table) for one in meter.calls] == [
        ("UpdateItem", "test-ephemeral"),
        ("GetItem", "test-sessions"),
        ("BatchGetItem", "test-accounts"),
        ("TransactWriteItems", "test-sessions"),
        ("UpdateItem", "test-ephemeral"),
    ]
