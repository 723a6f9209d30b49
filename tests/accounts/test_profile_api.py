"""One's own profile for programs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from accounts.entities import User
from accounts.tokens import issue_token
from tests.accounts.actions import change, stored

pytestmark = pytest.mark.usefixtures("store")

ME = "/api/v1/users/me"


def api(client: Client, user: User, body: object, if_match: str | None = None) -> Any:
    headers = {"Authorization": f"Bearer {issue_token(user).text}"}
    if if_match is not None:
        headers["If-Match"] = if_match
    return client.patch(ME, body, content_type="application/json", headers=headers)


def test_programs_read_the_profile_with_its_version(client: Client, alice: User) -> None:
    answer = client.get(ME, headers={"Authorization": f"Bearer {issue_token(alice).text}"})
    assert answer.headers["ETag"] == f'"{alice.user_id}-1"'
    assert {answer.json()[name] for name in ("language", "time_zone", "theme")} == {""}


def test_programs_change_what_they_send(client: Client, alice: User) -> None:
    tag = f'"{alice.user_id}-1"'
    answer = api(client, alice, {"first_name": "Alicia", "time_zone": "Europe/Madrid"}, tag)
    assert answer.status_code == 200
    assert answer.headers["ETag"] == f'"{alice.user_id}-2"'
    person = stored(alice)
    assert (person.name, person.time_zone, person.language) == ("Alicia", "Europe/Madrid", "")
    answer = api(client, alice, {"time_zone": None}, f'"{alice.user_id}-2"')
    assert answer.json()["time_zone"] == ""


def test_programs_name_the_version_that_they_saw(client: Client, alice: User) -> None:
    answer = api(client, alice, {"theme": "dark"})
    assert answer.status_code == 428
    change(replace(alice, name="Ali"))
    answer = api(client, alice, {"theme": "dark"}, f'"{alice.user_id}-1"')
    body = answer.json()
    assert (body["status"], body["code"]) == (412, "profile_changed")
    assert body["current"]["first_name"] == "Ali"
    assert answer.headers["ETag"] == f'"{alice.user_id}-2"'


def test_the_version_of_somebody_else_is_never_current(
    client: Client, alice: User, charlie: User
) -> None:
    answer = api(client, charlie, {"theme": "dark"}, f'"{alice.user_id}-1"')
    assert answer.status_code == 412
    assert (stored(alice).theme, stored(charlie).theme) == ("", "")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"first_name": ""}, "first_name"),
        ({"first_name": None}, "first_name"),
        ({"time_zone": "Mordor"}, "time_zone"),
        ({"language": "fi"}, "language"),
        ({"theme": 7}, "theme"),
        ({"roles": ["owner"]}, "roles"),
    ],
)
def test_programs_hear_which_field_is_wrong(
    client: Client, bob: User, body: object, field: str
) -> None:
    answer = api(client, bob, body, f'"{bob.user_id}-1"')
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_programs_need_a_token(client: Client) -> None:
    answer = client.patch(ME, {"theme": "dark"}, content_type="application/json")
    assert answer.status_code == 401
