"""The pages of roles, as Alice (owner), Bob (viewer) and Charlie (owner of another organisation)
see them."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.test import Client

from accounts.entities import User
from accounts.models import AuthUser
from accounts.permissions import CustomRole, Role, declared
from accounts.roles import selectors, services
from storage.meter import measure
from tests.accounts.crowd import member, write
from tests.accounts.roles.people import given, made

ROLES, NEW = "/staff/roles/", "/staff/roles/new/"
VIEW, CHANGE, DELETE = "catalog.view_product", "catalog.change_product", "catalog.delete_product"


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(AuthUser.of(user))
    return client


def text_of(response: Any) -> str:
    return html.unescape(response.content.decode())


def address(role: CustomRole, action: str = "") -> str:
    return f"{ROLES}{role.role_id}/{action}"


def boxes(response: Any) -> dict[str, str]:
    """Code → `checked`, `disabled`, both or neither."""
    found = re.findall(r'name="permissions" value="([^"]+)"([^>]*)>', text_of(response))
    return {code: " ".join(state.split()) for code, state in found}


def matrix(response: Any) -> dict[str, list[bool]]:
    """Permission → who has it, in the order of the columns."""
    rows = re.findall(r'<th scope="row">([^<]*)</th>\s*((?:<td.*?</td>\s*)+)', text_of(response))
    return {label: ["✓" in cell for cell in cells.split("</td>")[:-1]] for label, cells in rows}


def own(user: User) -> list[CustomRole]:
    return selectors.list_roles(user.actor)


def test_the_table_says_what_every_role_permits(alice: User, bob: User) -> None:
    made(alice, "Stackers", CHANGE)
    response = browser_of(bob).get(ROLES)
    page = text_of(response)
    heads = re.findall(r'<th scope="col"><span>([^<]*)</span>', page)
    assert heads == ["Owner", "Manager", "Supervisor", "Staff", "Viewer", "Stackers"]
    shown = matrix(response)
    for permission in declared():
        built_in = [role.grants(permission.code) for role in Role]
        assert shown[str(permission.label)] == [*built_in, permission.code == CHANGE]
    assert NEW not in page
    assert address(own(alice)[0]) not in page


def test_the_owner_makes_changes_deletes_and_restores_a_role(alice: User) -> None:
    browser = browser_of(alice)
    assert set(boxes(browser.get(NEW)).values()) == {""}
    said = {"name": "Stackers", "description": "At night", "permissions": [VIEW, CHANGE]}
    response = browser.post(NEW, said)
    assert (response.status_code, response.headers["Location"]) == (302, ROLES)
    (role,) = own(alice)
    assert (role.name, role.description, role.permissions) == (
        "Stackers",
        "At night",
        frozenset({VIEW, CHANGE}),
    )
    form = browser.get(address(role))
    assert {code for code, state in boxes(form).items() if state == "checked"} == {VIEW, CHANGE}
    assert 'value="Stackers"' in text_of(form)

    said = {"version": "1", "name": "Stackers", "description": "", "permissions": [VIEW]}
    assert browser.post(address(role), said).status_code == 302
    (role,) = own(alice)
    assert (role.description, role.permissions) == ("", frozenset({VIEW}))

    assert "Nobody has it." in text_of(browser.get(address(role, "delete/")))
    assert browser.post(address(role, "delete/"), {"version": 2}).status_code == 302
    assert own(alice) == []
    page = text_of(browser.get(ROLES))
    assert "Deleted roles" in page
    assert address(role, "restore/") in page
    assert browser.post(address(role, "restore/")).status_code == 302
    assert [found.name for found in own(alice)] == ["Stackers"]


def test_deleting_says_how_many_lose_something(alice: User, bob: User) -> None:
    role = made(alice)
    given(bob, role.role_id)
    page = text_of(browser_of(alice).get(address(role, "delete/")))
    assert "1 person has it and loses at once what it permits." in page


@pytest.mark.parametrize(
    ("said", "field", "text", "status"),
    [
        ({"name": ""}, "name", "This field is required.", 422),
        ({"name": "\u202e"}, "name", "Enter a name.", 422),
        ({"name": "TAKEN"}, "name", "There is a role with this name already.", 409),
        ({"name": "Owner"}, "name", "There is a role with this name already.", 409),
        ({"permissions": ["catalog.fly"]}, "", "There is no such permission: catalog.fly.", 422),
    ],
    ids=["nothing", "nothing to see", "taken", "built-in", "unknown"],
)
def test_what_cannot_be_is_said_and_what_was_filled_in_stays(
    alice: User, said: dict[str, Any], field: str, text: str, status: int
) -> None:
    made(alice, "Taken")
    other = made(alice, "Other")
    browser = browser_of(alice)
    filled = {"name": "New", "description": "Kept text", "permissions": [VIEW], **said}
    for path, more in ((NEW, {}), (address(other), {"version": "1"})):
        response = browser.post(path, filled | more)
        page = text_of(response)
        assert response.status_code == status
        assert text in page
        assert not field or re.search(rf'id="id_{field}_error">\s*<li>{re.escape(text)}', page)
        assert 'value="Kept text"' in page
        assert "permissions" in said or boxes(response)[VIEW] == "checked"
    assert {role.name for role in own(alice)} == {"Taken", "Other"}


def test_a_lost_race_shows_what_is_stored_and_can_be_saved_over(alice: User) -> None:
    role = made(alice, "Stackers", VIEW)
    services.change_role(
        actor=alice.actor, role_id=role.role_id, version=1, name="First", permissions=[DELETE]
    )
    browser = browser_of(alice)
    said = {"version": "1", "name": "Second", "description": "", "permissions": [VIEW]}
    response = browser.post(address(role), said)
    page = text_of(response)
    assert response.status_code == 409
    assert "<dd>First</dd>" in page
    assert re.search(r"Permits, unlike yours</dt>\s*<dd>Delete products</dd>", page)
    assert re.search(r"Does not permit, unlike yours</dt>\s*<dd>See all products</dd>", page)
    assert (boxes(response)[VIEW], boxes(response)[DELETE]) == ("checked", "")
    assert own(alice)[0].name == "First"
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version
    assert browser.post(address(role), {**said, "version": version[1]}).status_code == 302
    assert (own(alice)[0].name, own(alice)[0].permissions) == ("Second", frozenset({VIEW}))


def test_a_lost_race_for_deleting_asks_again(alice: User) -> None:
    role = made(alice)
    services.change_role(actor=alice.actor, role_id=role.role_id, version=1, name="New")
    response = browser_of(alice).post(address(role, "delete/"), {"version": 1}, follow=True)
    assert "perhaps you in another window, changed this role" in text_of(response)
    assert len(own(alice)) == 1


def test_who_has_less_cannot_tick_more_and_leaves_the_rest(alice: User, bob: User) -> None:
    codes = ("accounts.view_role", "accounts.change_role", "accounts.add_role", VIEW)
    head = made(alice, "Head of roles", *codes)
    role = made(alice, "Stackers", VIEW, DELETE)
    browser = browser_of(given(bob, head.role_id))
    response = browser.get(address(role))
    assert (boxes(response)[VIEW], boxes(response)[DELETE], boxes(response)[CHANGE]) == (
        "checked",
        "checked disabled",
        "disabled",
    )
    # A browser does not send what is disabled.
    said = {"version": "1", "name": "Stackers", "description": "", "permissions": []}
    assert browser.post(address(role), said).status_code == 302
    assert selectors.find_role(alice.actor, role.role_id).permissions == frozenset({DELETE})

    forged = browser.post(NEW, {"name": "Forged", "permissions": [CHANGE]})
    assert forged.status_code == 403
    assert "what you are allowed to do yourself" in text_of(forged)
    assert {found.name for found in own(alice)} == {"Head of roles", "Stackers"}


def test_what_the_pages_cost_at_a_thousand_people(alice: User) -> None:
    write(member(alice.org_id, number) for number in range(1000))
    for number in range(50):
        role = made(alice, f"Role {number}", VIEW, CHANGE)
    browser = browser_of(alice)
    expected: list[tuple[str, list[str], float]] = [
        (ROLES, ["Query"], 6),
        (NEW, [], 2),
        (address(role), ["GetItem"], 3),
        (address(role, "delete/"), ["GetItem", "Query"], 38),
    ]
    for path, operations, capacity in expected:
        with measure() as meter:
            assert browser.get(path).status_code == 200
        assert [call.operation for call in meter.calls] == [
            "GetItem",
            "BatchGetItem",
            *operations,
        ]
        assert meter.capacity <= capacity + 3, path
