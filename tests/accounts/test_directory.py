"""Who may look up whom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from accounts import directory
from accounts.entities import ANONYMOUS, Actor, User
from accounts.errors import OrganisationNotFound, PermissionDenied, UserNotFound
from storage.meter import measure
from tests.accounts.crowd import member, write

Ask = Callable[[Actor, User], Any]

OWN: dict[str, Ask] = {
    "a person": lambda actor, of: directory.find_user(actor, org_id=of.org_id, user_id=of.user_id),
    "a person by address": lambda actor, of: directory.find_user_by_email(actor, email=of.email),
    "the people": lambda actor, of: directory.list_users(actor, org_id=of.org_id),
    "the organisation": lambda actor, of: directory.find_organisation(actor, org_id=of.org_id),
}
ALL: dict[str, Callable[[Actor], Any]] = {
    "people": directory.list_all_users,
    "organisations": directory.list_all_organisations,
}


@pytest.mark.parametrize("what", OWN)
def test_members_find_their_own_and_outsiders_find_nothing(
    alice: User, bob: User, charlie: User, what: str
) -> None:
    ask = OWN[what]
    assert ask(alice.actor, bob)
    assert ask(bob.actor, alice)
    assert ask(Actor.system(org_id=""), alice)
    with pytest.raises((UserNotFound, OrganisationNotFound)):
        ask(charlie.actor, alice)


@pytest.mark.parametrize("what", OWN)
def test_members_without_the_permission_are_refused(alice: User, what: str) -> None:
    limited = replace(alice.actor, permissions=frozenset({"catalog.view_product"}))
    with pytest.raises(PermissionDenied):
        OWN[what](limited, alice)


@pytest.mark.parametrize("what", OWN)
def test_nobody_in_particular_finds_nothing(alice: User, what: str) -> None:
    with pytest.raises((UserNotFound, OrganisationNotFound, PermissionDenied)):
        OWN[what](ANONYMOUS, alice)


@pytest.mark.parametrize("what", ALL)
def test_across_organisations_only_the_server_looks(alice: User, charlie: User, what: str) -> None:
    assert len(ALL[what](Actor.system(org_id="")).items) == 2
    for actor in (alice.actor, ANONYMOUS):
        with measure() as meter, pytest.raises(PermissionDenied):
            ALL[what](actor)
        assert meter.calls == []


@pytest.mark.parametrize("what", ["a person", "the people", "the organisation"])
def test_what_is_elsewhere_is_not_even_looked_for(alice: User, charlie: User, what: str) -> None:
    with measure() as meter, pytest.raises((UserNotFound, OrganisationNotFound)):
        OWN[what](charlie.actor, alice)
    assert meter.calls == []


def test_who_was_deleted_is_seen_by_who_may_delete_people(
    alice: User, bob: User, charlie: User
) -> None:
    gone = member(alice.org_id, 1, deleted=True)
    write([gone, member(alice.org_id, 2)])
    asks: tuple[Ask, ...] = (
        lambda actor, of: directory.list_users(actor, org_id=of.org_id, include_deleted=True),
        lambda actor, of: directory.list_deleted_users(actor, org_id=of.org_id),
        lambda actor, of: directory.find_user(
            actor, org_id=of.org_id, user_id=gone.user_id, include_deleted=True
        ),
    )
    for ask in asks:
        for actor in (Actor.system(org_id=""), alice.actor):
            assert ask(actor, alice)
        with pytest.raises(PermissionDenied):
            ask(bob.actor, alice)
        with pytest.raises((UserNotFound, OrganisationNotFound)):
            ask(charlie.actor, alice)
    (only,) = directory.list_deleted_users(alice.actor, org_id=alice.org_id).items
    assert only.user_id == gone.user_id


def test_a_few_deleted_among_a_thousand_are_one_query(alice: User) -> None:
    write(member(alice.org_id, number, deleted=number in {3, 980}) for number in range(990))
    with measure() as meter:
        page = directory.list_deleted_users(alice.actor, org_id=alice.org_id, limit=1)
    assert [call.operation for call in meter.calls] == ["Query"]
    assert meter.capacity <= 75
    last = directory.list_deleted_users(
        alice.actor, org_id=alice.org_id, limit=1, cursor=page.next_cursor
    )
    assert [user.name for user in (*page.items, *last.items)] == ["Person 0003", "Person 0980"]
    assert last.next_cursor is None


def test_only_the_server_sees_deleted_organisations(alice: User) -> None:
    ask = partial(directory.find_organisation, org_id=alice.org_id, include_deleted=True)
    assert ask(Actor.system(org_id=""))
    with pytest.raises(PermissionDenied):
        ask(alice.actor)
