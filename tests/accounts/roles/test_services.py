"""Own roles, below the pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from accounts import selectors as people
from accounts.entities import Actor, User
from accounts.errors import InvalidName, OrganisationNotFound, PermissionDenied
from accounts.permissions import CustomRole, Grants
from accounts.roles import selectors, services
from accounts.roles.entities import MOST_DELETED, MOST_ROLES
from accounts.roles.errors import (
    MoreThanOwn,
    RoleChanged,
    RoleNameTaken,
    RoleNotFound,
    TooManyRoles,
    UnknownPermission,
)
from accounts.roles.repository import holders_of
from storage.audit import AuditEntry, history
from storage.domain import DomainError
from storage.meter import measure
from tests.accounts.crowd import member, write
from tests.accounts.roles.people import given, made

VIEW, CHANGE, DELETE = "catalog.view_product", "catalog.change_product", "catalog.delete_product"


def names(user: User) -> list[str]:
    return [role.name for role in selectors.list_roles(user.actor)]


def outcomes(act: Callable[[int], Any], count: int = 64) -> list[str]:
    def attempt(number: int) -> str:
        try:
            act(number)
        except DomainError as error:
            return type(error).__name__
        return "done"

    with ThreadPoolExecutor(16) as threads:
        return list(threads.map(attempt, range(count)))


def limited(user: User, codes: Iterable[str], stores: frozenset[str] | None = None) -> Actor:
    """Somebody beside `user` who may make roles, and otherwise only what `codes` say."""
    own = {"accounts.add_role", "accounts.change_role", "accounts.delete_role", *codes}
    grants = Grants((), frozenset(own | {"accounts.view_role"}))
    return replace(user.actor, permissions=grants, stores=stores)


def test_a_role_is_made_changed_deleted_and_restored(alice: User) -> None:
    role = services.add_role(
        actor=alice.actor, name="  Shelf   stackers ", description="At night", permissions=[VIEW]
    )
    assert (role.name, role.description, role.permissions) == (
        "Shelf stackers",
        "At night",
        frozenset({VIEW}),
    )
    assert selectors.list_roles(alice.actor) == [role]

    changed = services.change_role(
        actor=alice.actor, role_id=role.role_id, version=1, permissions=[VIEW, CHANGE]
    )
    assert (changed.name, changed.permissions) == ("Shelf stackers", frozenset({VIEW, CHANGE}))
    assert selectors.find_role(alice.actor, role.role_id) == changed

    gone = services.delete_role(actor=alice.actor, role_id=role.role_id, version=2)
    assert selectors.list_roles(alice.actor) == []
    assert selectors.all_roles(alice.actor).deleted == (gone,)
    with pytest.raises(RoleNotFound):
        selectors.find_role(alice.actor, role.role_id)

    back = services.restore_role(actor=alice.actor, role_id=role.role_id)
    assert selectors.list_roles(alice.actor) == [back]
    assert back == replace(changed, version=4, updated_at=back.updated_at)
    told = [(entry.action, entry.actor_name) for entry in history(role.audit_subject).items]
    assert told == [
        ("accounts.restore_role", "Alice"),
        ("accounts.delete_role", "Alice"),
        ("accounts.change_role", "Alice"),
        ("accounts.add_role", "Alice"),
    ]
    assert history(role.audit_subject).items[2].changes == {"permissions": ([VIEW], [CHANGE, VIEW])}


def test_saying_the_same_again_changes_nothing(alice: User) -> None:
    role = made(alice, "Stackers", VIEW)
    again = services.change_role(
        actor=alice.actor, role_id=role.role_id, version=1, name="Stackers", permissions=[VIEW]
    )
    assert again == role
    assert len(history(role.audit_subject).items) == 1


@pytest.mark.parametrize(
    "name", ["stackers", "ＳＴＡＣＫＥＲＳ", "owner", "Propietario", "VIEWER", "Own\u200der"]
)
def test_a_name_is_taken_once_however_it_is_written(alice: User, name: str) -> None:
    made(alice, "Stackers")
    with pytest.raises(RoleNameTaken):
        made(alice, name)
    other = made(alice, "Others")
    with pytest.raises(RoleNameTaken):
        services.change_role(actor=alice.actor, role_id=other.role_id, version=1, name=name)
    assert names(alice) == ["Others", "Stackers"]


def test_a_name_is_free_again_after_a_change_and_a_deletion(alice: User, charlie: User) -> None:
    role = made(alice, "First")
    services.change_role(actor=alice.actor, role_id=role.role_id, version=1, name="Second")
    made(alice, "First")
    services.delete_role(actor=alice.actor, role_id=role.role_id, version=2)
    made(alice, "Second")
    with pytest.raises(RoleNameTaken):
        services.restore_role(actor=alice.actor, role_id=role.role_id)
    made(charlie, "First")
    assert names(alice) == ["First", "Second"]


def test_of_64_who_want_one_name_one_gets_it(alice: User) -> None:
    found = outcomes(lambda _number: made(alice, "Stackers"))
    assert (found.count("done"), found.count("RoleNameTaken")) == (1, 63)
    assert names(alice) == ["Stackers"]


def test_of_64_at_once_only_as_many_succeed_as_still_fit(alice: User) -> None:
    for number in range(MOST_ROLES - 2):
        made(alice, f"Role {number}")
    gone = made(alice, "Gone")
    services.delete_role(actor=alice.actor, role_id=gone.role_id, version=1)

    def act(number: int) -> None:
        if number % 8:
            made(alice, f"More {number}")
        else:
            services.restore_role(actor=alice.actor, role_id=gone.role_id)

    found = outcomes(act)
    assert set(found) <= {"done", "TooManyRoles", "RoleChanged"}
    assert len(names(alice)) == MOST_ROLES
    with pytest.raises(TooManyRoles):
        made(alice, "One too many")


def test_of_64_changes_at_once_one_holds_and_the_others_see_it(alice: User) -> None:
    role = made(alice)

    def act(number: int) -> None:
        services.change_role(
            actor=alice.actor, role_id=role.role_id, version=1, description=f"Number {number}"
        )

    found = outcomes(act)
    assert (found.count("done"), found.count("RoleChanged")) == (1, 63)
    assert selectors.find_role(alice.actor, role.role_id).version == 2


def test_the_loser_of_a_race_sees_what_is_stored(alice: User) -> None:
    role = made(alice)
    first = services.change_role(actor=alice.actor, role_id=role.role_id, version=1, name="First")
    losing: list[Callable[[], Any]] = [
        lambda: services.change_role(
            actor=alice.actor, role_id=role.role_id, version=1, name="Second"
        ),
        lambda: services.delete_role(actor=alice.actor, role_id=role.role_id, version=1),
    ]
    for act in losing:
        with pytest.raises(RoleChanged) as lost:
            act()
        assert lost.value.current == first


def test_nobody_gives_or_takes_more_than_they_have(alice: User) -> None:
    strong, weak = made(alice, "Strong", VIEW, DELETE), made(alice, "Weak", VIEW)
    actor = limited(alice, [VIEW, CHANGE])
    role = services.add_role(actor=actor, name="Mine", permissions=[VIEW, CHANGE])
    services.change_role(actor=actor, role_id=role.role_id, version=1, permissions=[])
    # What stays as it is, is neither given nor taken.
    services.change_role(
        actor=actor, role_id=strong.role_id, version=1, name="Still", permissions=[VIEW, DELETE]
    )
    refused: list[Callable[[], Any]] = [
        lambda: services.add_role(actor=actor, name="More", permissions=[DELETE]),
        lambda: services.change_role(
            actor=actor, role_id=weak.role_id, version=1, permissions=[VIEW, DELETE]
        ),
        lambda: services.change_role(
            actor=actor, role_id=strong.role_id, version=2, permissions=[VIEW]
        ),
        lambda: services.delete_role(actor=actor, role_id=strong.role_id, version=2),
    ]
    for act in refused:
        with pytest.raises(MoreThanOwn):
            act()
    services.delete_role(actor=alice.actor, role_id=strong.role_id, version=2)
    with pytest.raises(MoreThanOwn):
        services.restore_role(actor=actor, role_id=strong.role_id)
    assert names(alice) == ["Mine", "Weak"]


def test_who_is_bound_to_stores_gives_nothing_that_holds_everywhere(alice: User) -> None:
    bound = limited(alice, [VIEW], stores=frozenset({"STORE-1"}))
    with pytest.raises(MoreThanOwn):
        services.add_role(actor=bound, name="Everywhere", permissions=[VIEW])
    assert selectors.may_give(bound) == frozenset()
    assert services.add_role(actor=bound, name="Nothing").permissions == frozenset()


def test_roles_are_for_those_who_may(alice: User, bob: User, charlie: User) -> None:
    role = made(alice)
    refused: list[Callable[[Actor], Any]] = [
        lambda actor: services.add_role(actor=actor, name="Mine"),
        lambda actor: services.change_role(
            actor=actor, role_id=role.role_id, version=1, name="Mine"
        ),
        lambda actor: services.delete_role(actor=actor, role_id=role.role_id, version=1),
        lambda actor: services.restore_role(actor=actor, role_id=role.role_id),
    ]
    for act in refused:
        with measure() as meter, pytest.raises(PermissionDenied):
            act(bob.actor)
        assert meter.calls == []
    for act in refused[1:]:
        with pytest.raises(RoleNotFound):
            act(charlie.actor)
    assert names(bob) == ["Stackers"]
    assert selectors.all_roles(bob.actor).deleted == ()
    assert names(charlie) == []
    nobody = given(bob, role.role_id)
    member_actor = people.find_member(org_id=nobody.org_id, user_id=nobody.user_id)
    assert member_actor is not None
    with pytest.raises(PermissionDenied):
        selectors.list_roles(member_actor.actor)


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"name": " \u202e"}, InvalidName),
        ({"name": "x" * 151}, InvalidName),
        ({"description": "x" * 151}, InvalidName),
        ({"permissions": ["catalog.fly_product"]}, UnknownPermission),
    ],
    ids=["nothing to see", "long", "long description", "unknown"],
)
def test_what_cannot_be_is_refused(
    alice: User, said: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        services.add_role(**{"actor": alice.actor, "name": "Mine", **said})
    role = made(alice)
    with pytest.raises(error):
        services.change_role(actor=alice.actor, role_id=role.role_id, version=1, **said)


@pytest.mark.parametrize("role_id", ["", "ROLE-", "ROLE-x", "USER-1", "ROLE-" + "a" * 2000])
def test_what_is_no_id_of_a_role_asks_nothing_of_the_store(alice: User, role_id: str) -> None:
    with measure() as meter, pytest.raises(RoleNotFound):
        selectors.find_role(alice.actor, role_id)
    assert meter.calls == []


def test_a_deleted_organisation_gets_no_roles(alice: User) -> None:
    from accounts import directory, repository
    from storage.transactions import Transaction

    organisation = directory.find_organisation(alice.actor, org_id=alice.org_id)
    transaction = Transaction()
    repository.change_organisation(
        transaction, replace(organisation, deleted_at=organisation.created_at)
    )
    transaction.commit()
    with pytest.raises(OrganisationNotFound):
        made(alice)


def destroyed(role: CustomRole) -> list[AuditEntry]:
    entries = history(role.audit_subject).items
    return [entry for entry in entries if entry.action == "accounts.destroy_role"]


def test_roles_deleted_long_ago_are_gone_so_that_the_list_stays_one_read(alice: User) -> None:
    roles = [made(alice, "Zero", DELETE)]
    roles += [made(alice, f"Role {number}") for number in range(1, 3)]
    for number in range(3, MOST_DELETED + 3):
        services.delete_role(actor=alice.actor, role_id=roles[number - 3].role_id, version=1)
        roles.append(made(alice, f"Role {number}"))
    last = roles[MOST_DELETED]
    # The first one permits what this actor may not give.
    with pytest.raises(MoreThanOwn):
        services.delete_role(actor=limited(alice, [VIEW]), role_id=last.role_id, version=1)
    services.delete_role(actor=alice.actor, role_id=last.role_id, version=1)
    assert [entry.changes for entry in destroyed(roles[0])] == [{"name": ("Zero", None)}]
    with measure() as meter:
        found = selectors.all_roles(alice.actor)
    assert len(found.deleted) == MOST_DELETED
    assert [call.operation for call in meter.calls] == ["Query"]
    assert meter.capacity <= 6


def test_how_many_have_a_role_is_one_query_at_a_thousand_people(alice: User, bob: User) -> None:
    role = made(alice)
    given(bob, "viewer", role.role_id)
    few = selectors.holders_of(alice.actor, role)
    assert (few.count, few.is_all) == (1, True)
    write(member(alice.org_id, number) for number in range(1000))
    with measure() as meter:
        many = holders_of(alice.org_id, role.role_id)
    assert not many.is_all
    assert [call.operation for call in meter.calls] == ["Query"]
    assert meter.capacity <= 35


def test_names_are_read_only_where_somebody_has_an_own_role(alice: User, bob: User) -> None:
    role = made(alice)
    with measure() as meter:
        assert selectors.role_names(alice.org_id, [alice, bob])["owner"] == "Owner"
    assert meter.calls == []
    known = selectors.role_names(alice.org_id, [alice, given(bob, role.role_id)])
    assert known[role.role_id] == "Stackers"


def test_who_has_a_deleted_role_has_nothing_of_it(alice: User, bob: User) -> None:
    role = made(alice, "Stackers", VIEW)
    given(bob, role.role_id)
    services.delete_role(actor=alice.actor, role_id=role.role_id, version=1)
    membership = people.find_member(org_id=bob.org_id, user_id=bob.user_id)
    assert membership is not None
    assert (membership.user.custom_roles, membership.custom_roles) == ((role.role_id,), ())
    assert not membership.actor.may(VIEW, bob.org_id)
