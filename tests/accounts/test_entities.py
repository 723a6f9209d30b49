from __future__ import annotations

import pytest

from accounts.entities import (
    ANONYMOUS,
    LONGEST_NAME,
    Actor,
    Grants,
    Role,
    clean_name,
    declare_permissions,
    declared_permissions,
    split_pk,
)
from accounts.errors import InvalidName, PermissionDenied

EVERYTHING = (
    "catalog.view_product",
    "catalog.add_product",
    "catalog.change_product",
    "catalog.delete_product",
    "accounts.view_user",
    "accounts.change_user",
    "accounts.delete_organisation",
)


def granted(role: Role) -> set[str]:
    return {code for code in EVERYTHING if role.grants(code)}


def test_owners_may_do_everything() -> None:
    assert granted(Role.OWNER) == set(EVERYTHING)


def test_staff_may_do_everything_but_delete_and_manage_people() -> None:
    assert granted(Role.STAFF) == {
        "catalog.view_product",
        "catalog.add_product",
        "catalog.change_product",
        "accounts.view_user",
    }


def test_viewers_may_only_look() -> None:
    assert granted(Role.VIEWER) == {"catalog.view_product", "accounts.view_user"}


@pytest.mark.parametrize("code", ["", "catalog", "catalog.", "view_product"])
@pytest.mark.parametrize("role", Role)
def test_what_is_no_permission_code_is_granted_to_nobody(role: Role, code: str) -> None:
    assert not role.grants(code)


def test_roles_add_up() -> None:
    assert "catalog.change_product" in Grants((Role.VIEWER, Role.STAFF))
    assert "catalog.change_product" not in Grants(())
    assert 7 not in Grants((Role.OWNER,))


def test_an_actor_may_act_only_in_the_own_organisation() -> None:
    actor = Actor("USER-1", "ORG-1", "Alice", frozenset({"catalog.change_product"}))
    assert actor.may("catalog.change_product", "ORG-1")
    assert not actor.may("catalog.change_product", "ORG-2")
    assert not actor.may("catalog.delete_product", "ORG-1")
    with pytest.raises(PermissionDenied):
        actor.require("catalog.change_product", "ORG-2")


def test_nobody_in_particular_may_do_nothing() -> None:
    assert ANONYMOUS.is_anonymous
    assert not ANONYMOUS.may("catalog.view_product", "")
    with pytest.raises(PermissionDenied):
        ANONYMOUS.require("catalog.view_product", "ORG-1")


def test_a_command_acts_for_one_organisation() -> None:
    actor = Actor.system(org_id="ORG-1", name="import_products")
    assert actor.may("catalog.delete_product", "ORG-1")
    assert not actor.may("catalog.delete_product", "ORG-2")


def test_apps_make_their_permissions_known() -> None:
    declare_permissions(["accounts.view_user"])
    assert declared_permissions().count("accounts.view_user") == 1


@pytest.mark.parametrize(
    ("pk", "keys"),
    [
        ("ORG-1.USER-2", ("ORG-1", "USER-2")),
        ("ORG-1", None),
        ("USER-2.ORG-1", None),
        ("EMAIL#a@example.com.USER-1", None),
        ("", None),
    ],
)
def test_a_session_names_its_user_by_both_keys(pk: str, keys: tuple[str, str] | None) -> None:
    assert split_pk(pk) == keys


def test_a_name_is_one_line_of_visible_text() -> None:
    assert clean_name("  Ana\n María\t\x00\u202e ", field="name") == "Ana María"
    with pytest.raises(InvalidName):
        clean_name("a" * (LONGEST_NAME + 1), field="name")
