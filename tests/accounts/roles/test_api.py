"""Roles and permissions as programs see them."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.entities import User
from accounts.permissions import Role, declared
from storage.meter import measure
from tests.accounts.roles.people import given, made
from tests.catalog.api_client import Api, fields_of, problem

ROLES, PERMISSIONS = "/api/v1/organisation/roles", "/api/v1/organisation/permissions"
VIEW, CHANGE = "catalog.view_product", "catalog.change_product"


def add(user: User, **said: Any) -> Any:
    return Api(user).post({"name": "Stackers", **said}, ROLES)


def test_the_catalogue_says_which_built_in_roles_hold_what(bob: User) -> None:
    body = Api(bob).get(PERMISSIONS).json()
    assert [(role["id"], role["name"]) for role in body["roles"]] == [
        ("owner", "Owner"),
        ("manager", "Manager"),
        ("supervisor", "Supervisor"),
        ("staff", "Staff"),
        ("viewer", "Viewer"),
    ]
    items = {item["code"]: item for item in body["items"]}
    assert list(items) == [permission.code for permission in declared()]
    for code, item in items.items():
        assert item["roles"] == [role.value for role in Role if role.grants(code)]
    assert items[CHANGE] == {
        "code": CHANGE,
        "label": "Change products",
        "app": "catalog",
        "of_store": False,
        "roles": ["owner", "manager", "staff"],
    }


def test_a_role_from_beginning_to_end(alice: User) -> None:
    api = Api(alice)
    made_role = add(alice, description="At night", permissions=[CHANGE, VIEW])
    role = made_role.json()
    path = f"{ROLES}/{role['id']}"
    assert (made_role.status_code, made_role.headers["Location"]) == (201, path)
    assert (role["name"], role["description"], role["permissions"], role["version"]) == (
        "Stackers",
        "At night",
        [CHANGE, VIEW],
        1,
    )
    assert made_role.headers["ETag"] == f'"{role["id"]}-1"'
    assert api.get(ROLES).json() == {"items": [role], "next_cursor": None}
    assert api.get(path).json() == role
    assert api.get(path, If_None_Match=made_role.headers["ETag"]).status_code == 304

    changed = api.patch(path, {"permissions": [VIEW]}, If_Match=made_role.headers["ETag"])
    assert (changed.status_code, changed.json()["permissions"]) == (200, [VIEW])
    assert api.get(path).json() == changed.json()

    assert api.delete(path, If_Match=changed.headers["ETag"]).status_code == 204
    problem(api.get(path), 404, "role_not_found")
    assert api.get(ROLES).json()["items"] == []
    (gone,) = api.get(ROLES, {"deleted": "true"}).json()["items"]
    assert (gone["id"], gone["deleted_at"] is None) == (role["id"], False)

    back = api.post(None, f"{path}/restore")
    assert (back.status_code, back.json()["deleted_at"], back.json()["version"]) == (200, None, 4)
    assert api.post(None, f"{path}/restore").json() == back.json()


def test_a_lost_race_is_told_with_what_is_stored_now(alice: User) -> None:
    api, role = Api(alice), made(alice)
    path, etag = f"{ROLES}/{role.role_id}", f'"{role.role_id}-1"'
    assert api.patch(path, {"name": "First"}, If_Match=etag).status_code == 200
    for answer in (
        api.patch(path, {"name": "Second"}, If_Match=etag),
        api.delete(path, If_Match=etag),
    ):
        document = problem(answer, 412, "role_changed")
        assert (document["current"]["name"], document["current"]["version"]) == ("First", 2)
        assert answer.headers["ETag"] == f'"{role.role_id}-2"'
    problem(api.patch(path, {"name": "Third"}), 428, "precondition_required")
    problem(api.delete(path), 428, "precondition_required")


@pytest.mark.parametrize(
    ("said", "status", "code", "fields"),
    [
        ({"name": ""}, 422, "invalid", {"name"}),
        ({"name": 7}, 422, "invalid", {"name"}),
        ({"permissions": "all"}, 422, "invalid", {"permissions"}),
        ({"is_owner": True}, 422, "invalid", {"is_owner"}),
        ({"permissions": ["catalog.fly"]}, 422, "unknown_permission", {"permissions"}),
        ({"name": "taken"}, 409, "role_name_taken", {"name"}),
        ({"name": "viewer"}, 409, "role_name_taken", {"name"}),
    ],
)
def test_what_cannot_be_is_refused(
    alice: User, said: dict[str, Any], status: int, code: str, fields: set[str]
) -> None:
    made(alice, "Taken")
    assert fields_of(problem(add(alice, **said), status, code)) == fields
    role = made(alice, "Other")
    path = f"{ROLES}/{role.role_id}"
    answer = Api(alice).patch(path, said, If_Match=f'"{role.role_id}-1"')
    assert fields_of(problem(answer, status, code)) == fields


def test_nobody_gives_more_than_they_have(alice: User, bob: User) -> None:
    head = made(alice, "Head", "accounts.add_role", "accounts.view_role")
    problem(add(given(bob, head.role_id), permissions=[CHANGE]), 403, "more_than_own")


def test_what_it_costs(alice: User) -> None:
    for number in range(49):
        made(alice, f"Role {number}", VIEW)
    api, role = Api(alice), made(alice, "Last")
    path, etag = f"{ROLES}/{role.role_id}", f'"{role.role_id}-1"'
    answers: list[tuple[Any, list[str], float]] = [
        (lambda: api.get(PERMISSIONS), [], 0),
        (lambda: api.get(ROLES), ["Query"], 6),
        (lambda: api.get(path), ["GetItem"], 1),
        (
            lambda: api.patch(path, {"name": "New"}, If_Match=etag),
            ["GetItem", "TransactWriteItems"],
            20,
        ),
    ]
    for ask, operations, capacity in answers:
        with measure() as meter:
            assert ask().status_code == 200
        assert [call.operation for call in meter.calls] == ["BatchGetItem", *operations]
        assert meter.capacity <= capacity + 2
