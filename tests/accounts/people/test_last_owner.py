"""An organisation keeps an owner who can log in, whatever happens at once."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from accounts import repository
from accounts.entities import User
from accounts.people import managing
from accounts.people.errors import LastOwner
from tests.accounts.people.company import ATTEMPTS, acting, at_once, fresh, member

Act = Callable[[], User]


def removals(actor: Any, user: User) -> list[Act]:
    """All ways to take an owner away; of oneself only the first is allowed."""
    change = partial(
        managing.change_access,
        actor=actor,
        user_id=user.user_id,
        version=fresh(user).version or 0,
        roles=("viewer",),
    )
    return [
        change,
        partial(managing.deactivate_person, actor=actor, user_id=user.user_id),
        partial(managing.delete_person, actor=actor, user_id=user.user_id),
    ]


def owners(org_id: str) -> list[User]:
    return [user for user in repository.users_of(org_id) if user.is_owner and user.may_log_in]


def test_the_only_owner_stays(alice: User) -> None:
    out = member(alice, "Olga", "owner")
    managing.deactivate_person(actor=acting(alice), user_id=out.user_id)
    (demote, *_) = removals(acting(alice), alice)
    with pytest.raises(LastOwner):
        demote()
    managing.reactivate_person(actor=acting(alice), user_id=out.user_id)
    assert not demote().is_owner


def test_nobody_else_takes_the_only_owner_away(alice: User) -> None:
    other = member(alice, "Olga", "owner")
    actor = acting(other)
    managing.change_access(
        actor=actor, user_id=other.user_id, version=other.version or 0, roles=("viewer",)
    )
    # As somebody whose request had begun before.
    for act in removals(actor, alice):
        with pytest.raises(LastOwner):
            act()
    assert owners(alice.org_id) == [fresh(alice)]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_many_owners_removing_each_other_and_themselves_leave_one(alice: User, seed: int) -> None:
    people = [alice, *(member(alice, f"Owner{number}", "owner") for number in range(3))]
    actors = {user.user_id: acting(user) for user in people}
    acts: list[Act] = []
    for by in people:
        for user in people:
            ways = removals(actors[by.user_id], user)
            acts += ways[:1] if by is user else ways
    acts = (acts * 2)[:ATTEMPTS]
    random.Random(seed).shuffle(acts)  # an order to be repeated
    outcomes = at_once(acts)
    left = owners(alice.org_id)
    assert len(left) == 1
    assert any(isinstance(outcome, LastOwner) for outcome in outcomes)
    assert all(fresh(user).version != 1 for user in people if user.user_id != left[0].user_id)
