from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from accounts import repository, services
from accounts.entities import User
from accounts.tables import SessionItem
from accounts.tokens import issue_token
from storage.client import call
from storage.meter import measure
from storage.transactions import Transaction
from tests.accounts.actions import CLIENT
from tests.accounts.fixtures import PASSWORD

pytestmark = pytest.mark.usefixtures("store")

SIGNUP = "/api/v1/users/signup"
LOGIN = "/api/v1/users/login"
ME = "/api/v1/users/me"


def post(client: Client, path: str, body: Mapping[str, object]) -> Any:
    return client.post(path, dict(body), content_type="application/json")


def me(client: Client, token: str) -> HttpResponse:
    return client.get(ME, headers={"Authorization": f"Bearer {token}"})  # type: ignore[return-value]


def log_in(client: Client, **changes: object) -> Any:
    return post(client, LOGIN, {"email": "alice@example.com", "password": PASSWORD, **changes})


def claims_of(user: User, **changes: object) -> dict[str, object]:
    text = issue_token(user).text
    return {**jwt.decode(text, options={"verify_signature": False}), **changes}


def assert_problem(response: Any, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert (body["status"], body["code"]) == (status, code)
    return body


def test_sign_up_answers_with_what_was_made(client: Client) -> None:
    response = post(
        client,
        SIGNUP,
        {
            "email": "Dora@Example.com",
            "password": PASSWORD,
            "first_name": "Dora",
            "organisation": "Dora's Shop",
        },
    )
    assert response.status_code == 201
    body = response.json()
    assert body["first_name"] == "Dora"
    assert body["email"] == "Dora@Example.com"
    assert body["is_admin"] is True
    assert body["organisation_id"].startswith("ORG-")
    assert body["id"].startswith("USER-")
    assert "password" not in body


def test_first_name_and_organisation_are_optional(client: Client) -> None:
    response = post(client, SIGNUP, {"email": "dora@example.com", "password": PASSWORD})
    assert (response.status_code, response.json()["first_name"]) == (201, "dora")


def test_a_taken_address_is_a_conflict(client: Client, alice: User) -> None:
    response = post(client, SIGNUP, {"email": "ALICE@example.com", "password": PASSWORD})
    body = assert_problem(response, 409, "email_taken")
    assert body["errors"][0]["field"] == "email"


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"email": "nonsense", "password": PASSWORD}, "invalid_email", "email"),
        ({"email": "d@example.com", "password": "short"}, "weak_password", "password"),
        ({"email": "d@example.com"}, "invalid", "password"),
        ({"email": 7, "password": PASSWORD}, "invalid", "email"),
        ({"email": "d@example.com", "password": "x" * 1025}, "invalid", "password"),
    ],
)
def test_what_is_wrong_names_its_field(
    client: Client, body: dict[str, object], code: str, field: str
) -> None:
    problem = assert_problem(post(client, SIGNUP, body), 422, code)
    assert problem["errors"][0]["field"] == field
    assert PASSWORD not in str(problem)


def test_closed_sign_up_is_forbidden(client: Client, settings: Settings) -> None:
    settings.SIGN_UP_OPEN = False
    response = post(client, SIGNUP, {"email": "dora@example.com", "password": PASSWORD})
    assert_problem(response, 403, "sign_up_closed")


def test_sign_ups_are_slowed(client: Client, settings: Settings) -> None:
    settings.SIGN_UPS_PER_CLIENT = 0
    response = post(client, SIGNUP, {"email": "dora@example.com", "password": PASSWORD})
    assert_problem(response, 429, "too_many_attempts")
    assert 0 < int(response.headers["Retry-After"]) <= 3600


def test_login_gives_a_bearer_token_for_48_minutes(client: Client, alice: User) -> None:
    response = log_in(client)
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    body = response.json()
    assert set(body) == {
        *("access_token", "token_type", "expires_in"),
        *("refresh_token", "refresh_expires_in"),
    }
    assert (body["token_type"], body["expires_in"]) == ("bearer", 2880)
    assert jwt.get_unverified_header(body["access_token"])["alg"] == "HS256"
    claims = jwt.decode(body["access_token"], options={"verify_signature": False})
    assert set(claims) == {
        *("iss", "sub", "org", "iat", "exp", "jti", "cred", "roles"),
        "auth_time",
    }
    assert (claims["sub"], claims["org"]) == (alice.user_id, alice.org_id)
    assert claims["exp"] - claims["iat"] == 2880
    assert alice.credential_stamp not in str(claims)


@pytest.mark.parametrize(
    "changes",
    [{"password": "wrong horse battery"}, {"email": "nobody@example.com"}, {"email": "nonsense"}],
)
def test_every_refused_login_looks_the_same(
    client: Client, alice: User, changes: dict[str, object]
) -> None:
    response = log_in(client, **changes)
    body = assert_problem(response, 401, "invalid_credentials")
    assert body["detail"] == "The e-mail address or the password is not right."
    assert "errors" not in body
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_failures_are_slowed_per_address_and_per_client(
    client: Client, alice: User, settings: Settings
) -> None:
    settings.LOGIN_ATTEMPTS_PER_ADDRESS = 1
    log_in(client, password="wrong horse battery")
    response = log_in(client)
    assert_problem(response, 429, "too_many_attempts")
    assert 0 < int(response.headers["Retry-After"]) <= settings.LOGIN_WINDOW_SECONDS
    settings.LOGIN_ATTEMPTS_PER_CLIENT = 3
    assert log_in(client, email="one@example.com").status_code == 401
    assert_problem(log_in(client, email="two@example.com"), 429, "too_many_attempts")


def test_the_api_needs_no_csrf_token_and_sets_no_cookie(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    assert log_in(client).status_code == 200
    assert client.cookies == {}
    (item,) = call("Scan", {"TableName": SessionItem.physical_name()})["Items"]
    assert "refresh_digest" in item


def test_a_token_says_whom_it_speaks_for(client: Client, bob: User) -> None:
    response = me(client, issue_token(bob).text)
    assert response.status_code == 200
    body = response.json()  # type: ignore[attr-defined]
    assert body == {
        "id": bob.user_id,
        "first_name": "Bob",
        "email": "bob@example.com",
        "is_admin": False,
        "roles": ["viewer"],
        "organisation": {"id": bob.org_id, "name": "Alice's Shop"},
        "language": "",
        "time_zone": "",
        "theme": "",
    }


def test_a_token_costs_one_read_before_the_work(client: Client, alice: User) -> None:
    token = issue_token(alice).text
    with measure() as meter:
        me(client, token)
    assert [call.operation for call in meter.calls] == ["BatchGetItem"] * 2
    assert meter.capacity == 4.0


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Basic YTpi", "Bearer a.b.c", "Bearer " + "a" * 5000]
)
def test_without_a_token_there_is_no_entry(client: Client, header: str | None) -> None:
    with measure() as meter:
        response = client.get(ME, headers={"Authorization": header} if header is not None else {})
    assert response.status_code == 401
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert meter.calls == []


def test_a_session_is_no_token(client: Client, alice: User) -> None:
    client.post("/accounts/login/", {"email": alice.email, "password": PASSWORD})
    assert client.get(ME).status_code == 401


def test_tokens_of_another_making_are_refused(
    client: Client, alice: User, settings: Settings
) -> None:
    secret = settings.ACCESS_TOKEN_SECRET
    claims = claims_of(alice)
    forged = {
        "without a signature": jwt.encode(claims, "", algorithm="none"),
        "another secret": jwt.encode(claims, "another secret " * 5, algorithm="HS256"),
        "another algorithm": jwt.encode(claims, secret, algorithm="HS512"),
        "another issuer": jwt.encode({**claims, "iss": "elsewhere"}, secret),
        "a changed body": _with_other_body(issue_token(alice).text, claims),
        "a subject that is no text": jwt.encode({**claims, "sub": 7}, secret),
        "an organisation that is no text": jwt.encode({**claims, "org": 7}, secret),
        "a digest that is no text": jwt.encode({**claims, "cred": None}, secret),
        "a digest with an accent": jwt.encode({**claims, "cred": "é"}, secret),
        "an empty subject": jwt.encode({**claims, "sub": ""}, secret),
        "from the future": jwt.encode({**claims, "iat": int(time.time()) + 600}, secret),
    }
    for name in ("iss", "sub", "org", "iat", "exp", "jti", "cred"):
        rest = {key: value for key, value in claims.items() if key != name}
        forged[f"no {name}"] = jwt.encode(rest, secret)
    assert me(client, jwt.encode(claims, secret)).status_code == 200
    answers = {name: me(client, token).status_code for name, token in forged.items()}
    assert answers == dict.fromkeys(forged, 401)


def _with_other_body(token: str, claims: dict[str, object]) -> str:
    other = jwt.encode({**claims, "sub": "USER-other"}, "x" * 64)
    header, _, signature = token.split(".")
    return ".".join((header, other.split(".")[1], signature))


def test_an_expired_token_is_refused(client: Client, alice: User, settings: Settings) -> None:
    now = int(time.time())
    claims = claims_of(alice, iat=now - 4000, exp=now - 60)
    assert_problem(
        me(client, jwt.encode(claims, settings.ACCESS_TOKEN_SECRET)), 401, "invalid_token"
    )


def test_a_token_does_not_open_another_organisation(
    client: Client, alice: User, charlie: User, settings: Settings
) -> None:
    for changes in ({"org": charlie.org_id}, {"org": charlie.org_id, "sub": charlie.user_id}):
        token = jwt.encode(claims_of(alice, **changes), settings.ACCESS_TOKEN_SECRET)
        assert me(client, token).status_code == 401


def test_a_changed_password_ends_all_tokens(client: Client, alice: User) -> None:
    token = issue_token(alice).text
    services.change_password(
        user=alice,
        client_address=CLIENT,
        current_password=PASSWORD,
        new_password="a brand new password",
    )
    assert_problem(me(client, token), 401, "invalid_token")


def test_the_token_of_a_deleted_person_is_worth_nothing(client: Client, bob: User) -> None:
    token = issue_token(bob).text
    stored = repository.get_user(bob.org_id, bob.user_id)
    assert stored is not None
    transaction = Transaction()
    repository.change_user(transaction, replace(stored, deleted_at=datetime.now(UTC)))
    transaction.commit()
    assert me(client, token).status_code == 401
