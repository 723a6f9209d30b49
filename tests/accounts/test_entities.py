from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from accounts.entities import (
    ANONYMOUS,
    LONGEST_NAME,
    Actor,
    Role,
    clean_name,
    split_reference,
)
from accounts.errors import (
    ConfirmationNeeded,
    InvalidName,
    PermissionDenied,
    SecondFactorMissing,
)
from accounts.permissions import EVERYBODY, Grants, Permission, declare, declared, declared_codes

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


def test_managers_may_do_everything_but_what_is_about_the_organisation_itself() -> None:
    assert granted(Role.MANAGER) == set(EVERYTHING) - {"accounts.delete_organisation"}


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
    (known,) = (one for one in declared() if one.code == "accounts.view_user")
    declare([known])
    assert [one.code for one in declared()].count("accounts.view_user") == 1
    assert {"accounts.change_store", "catalog.change_product"} <= declared_codes()


def test_what_one_role_may_the_roles_above_it_may_as_well() -> None:
    for permission in declared():
        if permission.held_by == EVERYBODY:
            continue
        assert Role.OWNER not in permission.held_by
        assert not permission.held_by or Role.MANAGER in permission.held_by, permission.code
        assert Role.VIEWER not in permission.held_by


def test_permissions_say_what_they_are_in_words() -> None:
    assert all(str(permission.label) for permission in declared())
    assert Permission("catalog.add_product", "", EVERYBODY).app == "catalog"


@pytest.mark.parametrize(
    ("pk", "keys"),
    [
        ("ORG-1.USER-2", ("ORG-1", "USER-2", ())),
        ("ORG-1.USER-2.ROLE-3.ROLE-4", ("ORG-1", "USER-2", ("ROLE-3", "ROLE-4"))),
        ("ORG-1.USER-2.STORE-3", None),
        ("ORG-1", None),
        ("USER-2.ORG-1", None),
        ("EMAIL#a@example.com.USER-1", None),
        ("", None),
    ],
)
def test_a_session_names_its_user_by_both_keys_and_the_roles(
    pk: str, keys: tuple[str, str, tuple[str, ...]] | None
) -> None:
    assert split_reference(pk) == keys


def test_an_actor_bound_to_stores_may_act_in_those_only() -> None:
    codes = frozenset({"accounts.change_store", "catalog.change_product"})
    actor = Actor("USER-1", "ORG-1", "Alice", codes, stores=frozenset({"STORE-1"}))
    assert actor.may("accounts.change_store", "ORG-1", "STORE-1")
    assert not actor.may("accounts.change_store", "ORG-1", "STORE-2")
    assert actor.may("catalog.change_product", "ORG-1", "STORE-2"), "products are of no store"
    assert actor.may_give(["catalog.change_product"], frozenset({"STORE-1"}))
    assert not actor.may_give(["catalog.change_product"], frozenset({"STORE-1", "STORE-2"}))
    assert not actor.may_give(["catalog.change_product"], None)


def test_nobody_gives_more_than_they_have() -> None:
    manager = Actor("USER-1", "ORG-1", "Mia", Grants((Role.MANAGER,)))
    assert manager.may_give(["catalog.delete_product", "accounts.add_user"])
    assert not manager.may_give(["catalog.delete_product", "accounts.delete_organisation"])


def test_without_the_second_factor_that_is_asked_for_nothing_is_allowed() -> None:
    actor = Actor("USER-1", "ORG-1", "A", Grants((Role.OWNER,)), without_second_factor=True)
    assert not actor.may("catalog.view_product", "ORG-1")
    assert not actor.may_give([])
    with pytest.raises(SecondFactorMissing):
        actor.require("catalog.view_product", "ORG-1")


def test_a_confirmation_holds_for_a_quarter_of_an_hour() -> None:
    now = datetime.now(UTC)
    actor = Actor("USER-1", "ORG-1", "Alice", confirmed_at=now - timedelta(minutes=14))
    actor.require_confirmation()
    for moment in (None, now - timedelta(minutes=16)):
        with pytest.raises(ConfirmationNeeded):
            replace(actor, confirmed_at=moment).require_confirmation()
    Actor.system(org_id="ORG-1").require_confirmation()


def test_a_name_is_one_line_of_visible_text() -> None:
    assert clean_name("  Ana\n María\t\x00\u202e ", field="name") == "Ana María"
    for nothing in ("\u200b\u200e\u200f\u2060\ufeff\u00ad", "\u200d", "\u3164 \u2800"):
        assert clean_name(nothing, field="name") == ""
    assert clean_name("Own\u200ber \u200dx\u200c", field="name") == "Owner x"
    couple = "\U0001f469\U0001f3fd\u200d\u2764\ufe0f\u200d\U0001f468"
    for joined in ("می\u200cخواهم", "क्\u200dष", couple):
        assert clean_name(joined, field="name") == joined
    with pytest.raises(InvalidName):
        clean_name("a" * (LONGEST_NAME + 1), field="name")
