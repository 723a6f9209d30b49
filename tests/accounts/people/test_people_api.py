"""People and invitations as programs see them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accounts import repository
from accounts.entities import User
from accounts.people import managing
from storage.meter import measure
from tests.accounts.actions import log_in
from tests.accounts.fixtures import PASSWORD
from tests.accounts.people.company import (
    ADDRESS,
    acting,
    browser_of,
    fresh,
    invite,
    mailed_token,
    member,
    own_role,
    store_of,
)
from tests.catalog.api_client import Api, fields_of, problem

PEOPLE, INVITATIONS = "/api/v1/organisation/people", "/api/v1/organisation/invitations"
ACCEPT = "/api/v1/users/invitations/accept"


def address(user: User, rest: str = "") -> str:
    return f"{PEOPLE}/{user.user_id}{rest}"


def change(by: User, user: User, body: Any, **headers: str) -> Any:
    api = Api(by)
    seen = headers or {"If_Match": api.get(address(user)).headers["ETag"]}
    return api.patch(address(user), body, **seen)


def test_a_person_is_read_with_an_etag(alice: User, bob: User, charlie: User) -> None:
    for by in (alice, bob):
        response = Api(by).get(address(bob))
        assert response.status_code == 200
        assert response.headers["ETag"] == f'"{bob.user_id}-1"'
        assert response.json() == {
            "id": bob.user_id,
            "first_name": "Bob",
            "email": "bob@example.com",
            "is_admin": False,
            "roles": ["viewer"],
            "stores": None,
            "active": True,
            "last_login_at": None,
            "created_at": bob.created_at.isoformat().replace("+00:00", "Z"),
            "deleted_at": None,
            "version": 1,
        }
    problem(Api(charlie).get(address(bob)), 404, "user_not_found")


def test_only_who_may_change_people_sees_when_they_were_here_last(alice: User, bob: User) -> None:
    repository.note_login(alice, alice.created_at)
    mia = member(alice, "Mia", "manager")
    for by, sees in ((bob, False), (mia, True)):
        listed = {one["id"]: one for one in Api(by).get(PEOPLE).json()["items"]}
        for shown in (listed[alice.user_id], Api(by).get(address(alice)).json()):
            assert (shown["last_login_at"] is not None) == sees
        for page in (f"/staff/people/{alice.user_id}/", "/staff/people/"):
            assert ("Last login" in browser_of(by).get(page).content.decode()) == sees


def test_roles_stores_and_state_change_together(alice: User, bob: User) -> None:
    role, store = own_role(alice.org_id, 1, "catalog.view_product"), store_of(alice, "North")
    wanted = {"roles": ["staff", role.role_id], "stores": [store], "active": False}
    response = change(alice, bob, wanted)
    body = response.json()
    assert response.status_code == 200
    assert {name: body[name] for name in wanted} == wanted
    assert response.headers["ETag"] == f'"{bob.user_id}-2"'
    assert Api(alice).get(address(bob)).json() == body
    body = change(alice, bob, {"stores": None, "active": True}).json()
    assert (body["roles"], body["stores"], body["active"]) == (wanted["roles"], None, True)
    assert change(alice, bob, {"roles": None, "active": None}).json()["version"] == 3


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"roles": []}, "invalid", "roles"),
        ({"roles": ["king"]}, "unknown_role", "roles"),
        ({"roles": "staff"}, "invalid", "roles"),
        ({"stores": ["STORE-of-nobody"]}, "unknown_store", "stores"),
        ({"stores": []}, "invalid", "stores"),
        ({"active": "no"}, "invalid", "active"),
        ({"name": "Robert"}, "invalid", "name"),
    ],
)
def test_a_body_that_cannot_be_is_refused(
    alice: User, bob: User, body: Any, code: str, field: str
) -> None:
    document = problem(change(alice, bob, body), 422, code)
    assert {name.partition(".")[0] for name in fields_of(document)} == {field}
    assert fresh(bob).version == 1


def test_a_lost_race_is_told_with_what_is_stored_now(alice: User, bob: User) -> None:
    seen = f'"{bob.user_id}-1"'
    assert change(alice, bob, {"roles": ["staff"]}, If_Match=seen).status_code == 200
    document = problem(change(alice, bob, {"active": False}, If_Match=seen), 412, "person_changed")
    assert (document["current"]["roles"], document["current"]["active"]) == (["staff"], True)
    problem(change(alice, bob, {"active": False}, If_Match="*"), 428, "precondition_required")


def test_nobody_gives_or_reaches_more_than_they_have(alice: User, bob: User) -> None:
    manager = member(alice, "Mia", "manager")
    for user, body in ((bob, {"roles": ["owner"]}), (alice, {"roles": ["viewer"]})):
        problem(change(manager, user, body), 403, "beyond_own_permissions")
    problem(change(bob, manager, {"roles": ["viewer"]}), 403, "permission_denied")
    problem(change(alice, alice, {"roles": ["viewer"]}), 409, "last_owner")
    problem(change(alice, alice, {"active": False}), 403, "not_oneself")


def test_deleted_restored_and_removed_for_good(alice: User, bob: User) -> None:
    api, destroying = Api(alice), address(bob, "/destroy")

    def destroy(body: object) -> Any:
        return api.send("POST", destroying, body)

    problem(destroy({"email": bob.email}), 409, "person_not_deleted")
    assert api.delete(address(bob)).status_code == 204
    assert api.get(address(bob)).json()["deleted_at"]
    assert bob.user_id not in str(api.get(PEOPLE).json())
    assert api.post({}, address(bob, "/restore")).json()["deleted_at"] is None
    assert api.delete(address(bob)).status_code == 204
    # Addresses of requests are logged, so what is in them does not count.
    problem(api.send("POST", f"{destroying}?email={bob.email}"), 422, "invalid")
    problem(destroy({}), 422, "invalid")
    problem(destroy({"email": "b@example.com"}), 422, "not_confirmed")
    assert destroy({"email": bob.email}).status_code == 204
    problem(api.get(address(bob)), 404, "user_not_found")


def test_who_may_not_delete_finds_nobody_deleted(alice: User, bob: User) -> None:
    gone = member(alice, "Gus", "viewer")
    managing.delete_person(actor=acting(alice), user_id=gone.user_id)
    problem(Api(bob).get(address(gone)), 404, "user_not_found")
    problem(Api(bob).post({}, address(gone, "/restore")), 403, "permission_denied")


# Invitations


def test_an_invitation_from_the_first_to_the_last(alice: User) -> None:
    api = Api(alice)
    response = api.post({"email": ADDRESS, "roles": ["staff"]}, INVITATIONS)
    assert response.status_code == 201
    made = response.json()
    assert made["mail_sent"] is True
    assert api.get(INVITATIONS).json() == {"items": [made["invitation"]], "next_cursor": None}
    assert (made["invitation"]["email"], made["invitation"]["roles"]) == (ADDRESS, ["staff"])
    problem(api.post({"email": ADDRESS, "roles": ["staff"]}, INVITATIONS), 409, "already_invited")

    one = f"{INVITATIONS}/{made['invitation']['id']}"
    assert api.post({}, f"{one}/resend").json()["mail_sent"] is True
    body = {"token": mailed_token(0), "name": "Dora", "password": PASSWORD}
    problem(Api().post(body, ACCEPT), 404, "invalid_invitation")
    response = Api().post({**body, "token": mailed_token(1)}, ACCEPT)
    assert response.status_code == 201
    assert response.json()["organisation_id"] == alice.org_id
    assert log_in(ADDRESS).user_id == response.json()["id"]
    problem(api.delete(one), 404, "invitation_not_found")
    problem(api.post({"email": ADDRESS, "roles": ["staff"]}, INVITATIONS), 409, "already_member")


def test_an_invitation_is_withdrawn(alice: User, charlie: User) -> None:
    one = f"{INVITATIONS}/{invite(alice).invitation.invitation_id}"
    problem(Api(charlie).delete(one), 404, "invitation_not_found")
    assert Api(alice).delete(one).status_code == 204
    assert Api(alice).get(INVITATIONS).json()["items"] == []


def test_cursors_lead_through_all_invitations(alice: User) -> None:
    for number in range(5):
        invite(alice, f"p{number}@example.com")
    found: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        body = Api(alice).get(INVITATIONS, query).json()
        found += [item["email"] for item in body["items"]]
        if body["next_cursor"] is None:
            break
        query["cursor"] = body["next_cursor"]
    assert found == [f"p{number}@example.com" for number in range(5)]


def test_who_may_not_invite_is_refused(alice: User, bob: User) -> None:
    invitation = {"email": ADDRESS, "roles": ["viewer"]}
    problem(Api(bob).get(INVITATIONS), 403, "permission_denied")
    problem(Api(bob).post(invitation, INVITATIONS), 403, "permission_denied")


def test_what_it_costs(alice: User, bob: User) -> None:
    api = Api(alice)
    etag = api.get(address(bob)).headers["ETag"]
    invite(alice)
    expected: list[tuple[Callable[[], Any], list[str], float]] = [
        (lambda: api.get(address(bob)), ["BatchGetItem"], 4),
        (lambda: api.get(INVITATIONS), ["Query"], 2.5),
        (
            lambda: api.patch(address(bob), {"roles": ["staff"]}, If_Match=etag),
            ["BatchGetItem", "TransactWriteItems"],
            14,
        ),
    ]
    for act, operations, capacity in expected:
        with measure() as meter:
            assert act().status_code == 200
        assert [call.operation for call in meter.calls] == ["BatchGetItem", *operations]
        assert meter.capacity <= capacity
