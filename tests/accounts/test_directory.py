"""Who may look up whom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from accounts import directory
from accounts.entities import ANONYMOUS, Actor, User
from accounts.errors import OrganisationNotFound, PermissionDenied, UserNotFound
from storage.meter import measure

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


def test_only_the_server_sees_who_was_deleted(alice: User, bob: User) -> None:
    for ask in (
        lambda actor: directory.list_users(actor, org_id=alice.org_id, include_deleted=True),
        lambda actor: directory.find_organisation(actor, org_id=alice.org_id, include_deleted=True),
        lambda actor: directory.find_user(
            actor, org_id=alice.org_id, user_id=bob.user_id, include_deleted=True
        ),
    ):
        assert ask(Actor.system(org_id=""))
        with pytest.raises(PermissionDenied):
            ask(alice.actor)
