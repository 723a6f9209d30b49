"""What may be done to people, by whom; nobody reaches above themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts import repository
from accounts.entities import Actor, Role, User
from accounts.errors import (
    ConfirmationNeeded,
    InvalidCredentials,
    PermissionDenied,
    UserNotFound,
)
from accounts.people import managing
from accounts.people.errors import (
    BeyondOwnPermissions,
    NotActive,
    NotDeleted,
    NotOneself,
    NotTyped,
    PersonChanged,
    UnknownRole,
    UnknownStore,
)
from storage.audit import history
from storage.meter import measure
from tests.accounts.actions import log_in, sign_up
from tests.accounts.people.company import acting, browser_of, fresh, member, own_role, store_of
from tests.catalog.api_client import Api

Act = Callable[[Actor, User], User]
ACTS: dict[str, Act] = {
    "change": lambda actor, user: managing.change_access(
        actor=actor, user_id=user.user_id, version=fresh(user).version or 0, roles=("staff",)
    ),
    "deactivate": lambda actor, user: managing.deactivate_person(actor=actor, user_id=user.user_id),
    "reactivate": lambda actor, user: managing.reactivate_person(actor=actor, user_id=user.user_id),
    "delete": lambda actor, user: managing.delete_person(actor=actor, user_id=user.user_id),
    "restore": lambda actor, user: managing.restore_person(actor=actor, user_id=user.user_id),
    "destroy": lambda actor, user: managing.destroy_person(
        actor=actor, user_id=user.user_id, typed=user.email
    ),
}


def change(by: User, user: User, **said: Any) -> User:
    version = fresh(user).version or 0
    return managing.change_access(actor=acting(by), user_id=user.user_id, version=version, **said)


def newest(user: User) -> tuple[str, str, dict[str, Any]]:
    entry = history(user.audit_subject).items[0]
    return entry.action, entry.actor_name, entry.changes


# Who


@pytest.mark.parametrize("what", ACTS)
@pytest.mark.parametrize("role", ["supervisor", "staff", "viewer"])
def test_without_the_permission_nothing_is_done(
    alice: User, bob: User, what: str, role: str
) -> None:
    actor = acting(member(alice, "Lou", role))
    with measure() as meter, pytest.raises(PermissionDenied):
        ACTS[what](actor, bob)
    assert meter.capacity <= 2.5


@pytest.mark.parametrize("what", ACTS)
def test_people_of_others_are_not_there(alice: User, charlie: User, what: str) -> None:
    with pytest.raises(UserNotFound):
        ACTS[what](acting(charlie), alice)


@pytest.mark.parametrize("what", ACTS)
def test_a_manager_reaches_no_owner_and_nobody_of_other_stores(alice: User, what: str) -> None:
    manager = acting(member(alice, "Mia", "manager", stores=[store_of(alice, "North")]))
    owner = member(alice, "Olga", "owner")
    everywhere = member(alice, "Eve", "viewer")
    for user in (owner, everywhere):
        with pytest.raises(BeyondOwnPermissions):
            ACTS[what](manager, user)
        assert fresh(user) == user


@pytest.mark.parametrize("what", ["deactivate", "delete", "destroy"])
def test_nobody_does_it_to_oneself(alice: User, what: str) -> None:
    member(alice, "Olga", "owner")
    with pytest.raises(NotOneself):
        ACTS[what](acting(alice), alice)


def test_an_unknown_id_is_nobody(alice: User) -> None:
    for user_id in (
        "USER-of-nobody",
        "USER-" + "x" * 2000,
        alice.org_id,
        "EMAIL#alice@example.com",
        "",
    ):
        with pytest.raises(UserNotFound):
            managing.delete_person(actor=acting(alice), user_id=user_id)


# Roles and stores


def test_roles_and_stores_change_together_and_leave_a_trace(alice: User, bob: User) -> None:
    role, store = own_role(alice.org_id, 1, "catalog.change_product"), store_of(alice, "North")
    changed = change(alice, bob, roles=(role.role_id, "staff", "staff"), stores=frozenset({store}))
    assert (changed.roles, changed.stores) == (("staff", role.role_id), frozenset({store}))
    assert changed == replace(fresh(bob), updated_at=changed.updated_at)
    assert newest(bob) == (
        "accounts.change_user",
        "Alice",
        {"roles": (["viewer"], ["staff", role.role_id]), "stores": (None, [store])},
    )
    assert change(alice, bob, stores=None).stores is None


def test_it_counts_from_the_next_request_on(alice: User, bob: User) -> None:
    browser = browser_of(bob)
    assert browser.get("/staff/products/new/").status_code == 403
    change(alice, bob, roles=("staff",))
    assert browser.get("/staff/products/new/").status_code == 200


def test_what_does_not_differ_is_not_written(alice: User, bob: User) -> None:
    assert change(alice, bob, roles=("viewer",), stores=None, active=True).version == 1


def test_who_saw_another_version_is_told_what_is_stored(alice: User, bob: User) -> None:
    change(alice, bob, roles=("staff",))
    with pytest.raises(PersonChanged) as lost:
        managing.change_access(
            actor=acting(alice), user_id=bob.user_id, version=1, roles=("manager",)
        )
    assert lost.value.current == fresh(bob)


def test_nobody_gives_more_than_they_have(alice: User, bob: User) -> None:
    more = own_role(alice.org_id, 1, "accounts.delete_organisation")
    north, south = (store_of(alice, name) for name in ("North", "South"))
    bound = change(alice, bob, stores=frozenset({north}))
    manager = member(alice, "Mia", "manager", stores=[north])
    for roles in (("owner",), (more.role_id,)):
        with pytest.raises(BeyondOwnPermissions):
            change(manager, bob, roles=roles)
    for stores in (None, frozenset({north, south}), frozenset({south})):
        with pytest.raises(UnknownStore):
            change(manager, bob, stores=stores)
    with pytest.raises(UnknownRole):
        change(manager, bob, roles=())
    assert fresh(bob) == replace(bound, updated_at=fresh(bob).updated_at)
    assert change(manager, bob, roles=("manager",)).roles == (Role.MANAGER,)


def test_nobody_gives_themselves_more(alice: User) -> None:
    manager = member(alice, "Mia", "manager")
    with pytest.raises(BeyondOwnPermissions):
        change(manager, manager, roles=("owner",))
    assert change(manager, manager, roles=("viewer",)).roles == (Role.VIEWER,)


def test_who_becomes_or_ceases_to_be_an_owner_is_confirmed(alice: User, bob: User) -> None:
    stale = replace(acting(alice), confirmed_at=datetime.now(UTC) - timedelta(hours=1))

    def owner(roles: tuple[str, ...]) -> User:
        return managing.change_access(
            actor=stale, user_id=bob.user_id, version=fresh(bob).version or 0, roles=roles
        )

    with pytest.raises(ConfirmationNeeded):
        owner(("owner",))
    assert owner(("manager",)).roles == (Role.MANAGER,)
    change(alice, bob, roles=("owner",))
    with pytest.raises(ConfirmationNeeded):
        owner(("viewer",))


def test_who_puts_owners_out_or_lets_them_in_is_confirmed(alice: User) -> None:
    olga = member(alice, "Olga", "owner")
    for out, back in (("deactivate", "reactivate"), ("delete", "restore")):
        for what in (out, back):
            with pytest.raises(ConfirmationNeeded):
                ACTS[what](replace(acting(alice), confirmed_at=None), olga)
            ACTS[what](acting(alice), olga)


def test_who_puts_an_owner_out_is_an_owner_and_nobody_else_is_looked_for(alice: User) -> None:
    olga = member(alice, "Olga", "owner")
    actor = acting(alice)
    with measure() as meter:
        ACTS["delete"](actor, olga)
    operations = [call.operation for call in meter.calls]
    assert operations == ["BatchGetItem", "GetItem", "TransactWriteItems"]


# In and out


@pytest.mark.parametrize("what", ["deactivate", "delete"])
def test_who_is_out_is_out_at_once_and_no_session_comes_back(
    alice: User, bob: User, what: str
) -> None:
    browser, program, actor = browser_of(bob), Api(bob), acting(alice)
    assert browser.get("/accounts/").status_code == 200
    assert program.get("/api/v1/users/me").status_code == 200
    ACTS[what](actor, bob)
    back = {"deactivate": "reactivate", "delete": "restore"}[what]
    for again in (False, True):
        if again:
            ACTS[back](actor, bob)
        assert browser.get("/accounts/").status_code == 302
        assert program.get("/api/v1/users/me").status_code == 401
        if not again:
            with pytest.raises(InvalidCredentials):
                log_in(bob.email)
    assert log_in(bob.email).user_id == bob.user_id
    assert newest(bob)[0] == f"accounts.{back}_user"


def test_who_is_deleted_can_only_be_restored_or_destroyed(alice: User, bob: User) -> None:
    actor = acting(alice)
    ACTS["delete"](actor, bob)
    for what in ("change", "deactivate", "reactivate", "delete"):
        with pytest.raises(UserNotFound):
            ACTS[what](actor, bob)
    assert ACTS["restore"](actor, bob).deleted_at is None
    assert fresh(bob).roles == bob.roles


def test_who_is_destroyed_leaves_the_address_and_the_history(alice: User, bob: User) -> None:
    browser, actor = browser_of(bob), acting(alice)
    for spoilt, refusal in ((alice.email, NotTyped), ("", NotTyped)):
        ACTS["delete"](actor, bob)
        with pytest.raises(refusal):
            managing.destroy_person(actor=actor, user_id=bob.user_id, typed=spoilt)
        ACTS["restore"](actor, bob)
    with pytest.raises(NotDeleted):
        ACTS["destroy"](actor, bob)
    ACTS["delete"](actor, bob)
    with pytest.raises(ConfirmationNeeded):
        ACTS["destroy"](replace(actor, confirmed_at=None), bob)

    managing.destroy_person(actor=actor, user_id=bob.user_id, typed=" BOB@example.com")
    assert repository.get_user(bob.org_id, bob.user_id) is None
    assert list(repository.sessions_of(bob.pk)) == [] or not next(repository.sessions_of(bob.pk))
    assert browser.get("/accounts/").status_code == 302
    assert newest(bob)[0] == "accounts.destroy_user"
    assert sign_up(bob.email).org_id != bob.org_id
    with pytest.raises(UserNotFound):
        ACTS["destroy"](actor, bob)


# Handing over


def hand_over(actor: Actor, user: User, *, step_down: bool = True, typed: str = "") -> User:
    return managing.transfer_ownership(
        actor=actor, user_id=user.user_id, typed=typed or user.email, step_down=step_down
    )


def test_handing_over_makes_one_an_owner_and_the_other_a_manager(alice: User) -> None:
    bound = member(alice, "Bea", "viewer", stores=[store_of(alice, "North")])
    assert hand_over(acting(alice), bound).roles == (Role.OWNER,)
    assert (fresh(bound).roles, fresh(bound).stores) == ((Role.OWNER,), None)
    assert fresh(alice).roles == (Role.MANAGER,)
    for user in (alice, bound):
        assert newest(user)[:2] == ("accounts.transfer_organisation", "Alice")


def test_one_may_stay_an_owner_as_well(alice: User, bob: User) -> None:
    hand_over(acting(alice), bob, step_down=False)
    assert fresh(alice).is_owner
    assert fresh(bob).is_owner
    hand_over(acting(alice), bob)
    assert not fresh(alice).is_owner


def test_handing_over_is_refused_where_it_must_be(alice: User, bob: User, charlie: User) -> None:
    actor = acting(alice)
    out = member(alice, "Olaf", "viewer")
    ACTS["deactivate"](actor, out)
    gone = member(alice, "Gus", "viewer")
    ACTS["delete"](actor, gone)
    allowed = own_role(alice.org_id, 1, "accounts.transfer_organisation")
    for by, to, refusal in (
        (acting(member(alice, "Mia", "manager")), bob, PermissionDenied),
        (acting(member(alice, "Max", allowed.role_id)), bob, BeyondOwnPermissions),
        (replace(actor, confirmed_at=None), bob, ConfirmationNeeded),
        (actor, alice, NotOneself),
        (actor, charlie, UserNotFound),
        (actor, gone, UserNotFound),
        (actor, out, NotActive),
    ):
        with pytest.raises(refusal):
            hand_over(by, to)
    with pytest.raises(NotTyped):
        hand_over(actor, bob, typed=alice.email)
    assert fresh(alice).is_owner
    assert not fresh(bob).is_owner
