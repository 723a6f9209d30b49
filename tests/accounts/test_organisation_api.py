"""One's organisation and its people as programs see them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accounts.entities import User
from storage.audit import history
from storage.meter import measure
from tests.accounts.crowd import member, write
from tests.catalog.api_client import Api, fields_of, problem

OWN, PEOPLE = "/api/v1/organisation", "/api/v1/organisation/people"


def rename(user: User, body: Any, etag: str | None = None) -> Any:
    api = Api(user)
    seen = etag or api.get(OWN).headers["ETag"]
    return api.patch(OWN, body, If_Match=seen)


def test_members_read_their_own_organisation(alice: User, bob: User, charlie: User) -> None:
    for user, name in ((alice, "Alice's Shop"), (bob, "Alice's Shop"), (charlie, "Charlie & Co")):
        response = Api(user).get(OWN)
        body = response.json()
        assert response.status_code == 200
        assert (body["id"], body["name"], body["version"]) == (user.org_id, name, 1)
        assert body["created_at"].endswith("Z")
        assert response.headers["ETag"] == f'"{user.org_id}-1"'
        assert response.headers["Cache-Control"] == "private, no-cache"


def test_what_the_client_has_already_is_not_sent_again(alice: User) -> None:
    etag = Api(alice).get(OWN).headers["ETag"]
    response = Api(alice).get(OWN, If_None_Match=etag)
    assert (response.status_code, response.content) == (304, b"")


def test_the_owner_renames_it(alice: User) -> None:
    response = rename(alice, {"name": " Alice's  Mugs "})
    assert response.status_code == 200
    body = response.json()
    assert (body["name"], body["version"]) == ("Alice's Mugs", 2)
    assert response.headers["ETag"] == f'"{alice.org_id}-2"'
    assert Api(alice).get(OWN).json() == body
    newest = history(f"organisation#{alice.org_id}").items[0]
    assert (newest.actor_id, newest.action) == (alice.user_id, "accounts.change_organisation")
    assert newest.changes == {"name": ("Alice's Shop", "Alice's Mugs")}


def test_the_same_name_keeps_the_version(alice: User) -> None:
    assert rename(alice, {"name": "Alice's Shop"}).json()["version"] == 1


def test_a_lost_race_is_told_with_what_is_stored_now(alice: User) -> None:
    etag = Api(alice).get(OWN).headers["ETag"]
    rename(alice, {"name": "First"}, etag)
    response = rename(alice, {"name": "Second"}, etag)
    document = problem(response, 412, "organisation_changed")
    assert (document["current"]["name"], document["current"]["version"]) == ("First", 2)
    assert response.headers["ETag"] == f'"{alice.org_id}-2"'


@pytest.mark.parametrize("header", [{}, {"If_Match": "*"}], ids=["none", "star"])
def test_a_change_says_what_it_is_based_on(alice: User, header: dict[str, str]) -> None:
    problem(Api(alice).patch(OWN, {"name": "New"}, **header), 428, "precondition_required")


def test_the_version_of_something_else_is_never_current(alice: User, charlie: User) -> None:
    etag = Api(charlie).get(OWN).headers["ETag"]
    problem(rename(alice, {"name": "New"}, etag), 412, "organisation_changed")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid"),
        ({"name": ""}, "invalid"),
        ({"name": None}, "invalid"),
        ({"name": 7}, "invalid"),
        ({"name": "x" * 151}, "invalid"),
        ({"name": "New", "id": "ORG-1"}, "invalid"),
        ({"name": " \u202e "}, "invalid_name"),
    ],
    ids=["absent", "empty", "null", "number", "long", "unknown field", "nothing to see"],
)
def test_a_body_that_cannot_be_is_refused(alice: User, body: Any, code: str) -> None:
    document = problem(rename(alice, body), 422, code)
    assert fields_of(document) <= {"name", "id"}
    assert fields_of(document)
    assert Api(alice).get(OWN).json()["version"] == 1


def test_a_viewer_may_not_rename_it(bob: User) -> None:
    problem(rename(bob, {"name": "Bob's Shop"}), 403, "permission_denied")
    assert Api(bob).get(OWN).json()["name"] == "Alice's Shop"


@pytest.mark.parametrize(
    "ask",
    [
        lambda api: api.get(OWN),
        lambda api: api.get(PEOPLE),
        lambda api: api.patch(OWN, {"name": "New"}, If_Match='"x-1"'),
    ],
    ids=["read", "people", "rename"],
)
def test_without_a_token_there_is_nothing_to_see(store: None, ask: Callable[[Api], Any]) -> None:
    with measure() as meter:
        problem(ask(Api()), 401, "unauthenticated")
    assert meter.calls == []


# People


def test_everybody_sees_the_people_of_their_own_organisation(
    alice: User, bob: User, charlie: User
) -> None:
    for user in (alice, bob):
        body = Api(user).get(PEOPLE).json()
        assert body["next_cursor"] is None
        assert {item["email"] for item in body["items"]} == {
            "alice@example.com",
            "bob@example.com",
        }
    (only,) = Api(charlie).get(PEOPLE).json()["items"]
    assert only == {
        "id": charlie.user_id,
        "first_name": "Charlie",
        "email": "charlie@example.com",
        "is_admin": True,
        "roles": ["owner"],
        "stores": None,
        "active": True,
        "last_login_at": None,
        "created_at": charlie.created_at.isoformat().replace("+00:00", "Z"),
    }


def test_cursors_lead_through_all_people_once(alice: User) -> None:
    write(member(alice.org_id, number, deleted=number % 10 == 0) for number in range(60))
    found: list[str] = []
    query: dict[str, Any] = {"limit": 20}
    while True:
        body = Api(alice).get(PEOPLE, query).json()
        found += [item["first_name"] for item in body["items"]]
        if body["next_cursor"] is None:
            break
        assert len(body["items"]) == 20
        query["cursor"] = body["next_cursor"]
    assert sorted(found) == [
        "Alice",
        *(f"Person {number:04}" for number in range(60) if number % 10),
    ]


def test_a_cursor_of_another_organisation_is_refused(alice: User, charlie: User) -> None:
    write(member(alice.org_id, number) for number in range(3))
    cursor = Api(alice).get(PEOPLE, {"limit": 2}).json()["next_cursor"]
    problem(Api(charlie).get(PEOPLE, {"cursor": cursor}), 400, "invalid_cursor")


@pytest.mark.parametrize("limit", ["0", "101", "many"])
def test_a_limit_is_from_1_to_100(alice: User, limit: str) -> None:
    problem(Api(alice).get(PEOPLE, {"limit": limit}), 422, "invalid")


def test_what_it_costs_at_a_thousand_people(alice: User) -> None:
    write(member(alice.org_id, number) for number in range(1000))
    api = Api(alice)
    etag = api.get(OWN).headers["ETag"]
    expected: list[tuple[Callable[[], Any], list[str], float]] = [
        (lambda: api.get(OWN), ["BatchGetItem", "GetItem"], 3.0),
        (lambda: api.get(PEOPLE), ["BatchGetItem", "Query"], 5.5),
        (
            lambda: api.patch(OWN, {"name": "New"}, If_Match=etag),
            ["BatchGetItem", "GetItem", "TransactWriteItems"],
            20,
        ),
    ]
    for act, operations, capacity in expected:
        with measure() as meter:
            assert act().status_code == 200
        assert [call.operation for call in meter.calls] == operations
        assert meter.capacity <= capacity
