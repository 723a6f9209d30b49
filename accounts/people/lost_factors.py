"""Helping colleagues who lost phone and recovery codes."""

from __future__ import annotations

from accounts.entities import Actor, User
from accounts.errors import UserNotFound
from accounts.people.authority import require_to_manage
from accounts.people.errors import NotOneself
from accounts.people.managing import CHANGE_USER, found_person
from accounts.second_factor.errors import NoSecondFactor
from accounts.second_factor.services import switch_off_for


def require_removable_factor(actor: Actor, user_id: str) -> User:
    """Whose second factor the actor may remove: somebody else who has one.

    Raises PermissionDenied, BeyondOwnPermissions, NotOneself, ConfirmationNeeded; UserNotFound,
    NoSecondFactor.
    """
    actor.require(CHANGE_USER, actor.org_id)
    actor.require_confirmation()
    person = found_person(actor, user_id)
    user = person.user
    if user.deleted_at is not None:
        raise UserNotFound
    require_to_manage(actor, person)
    if user.user_id == actor.user_id:
        raise NotOneself
    if user.second_factor_since is None:
        raise NoSecondFactor
    return user


def remove_second_factor_of(*, actor: Actor, user_id: str) -> User:
    """The person logs in with the password alone and, where the organisation asks for a second
    factor, sets up another one first. Tells them by mail.

    Raises as `require_removable_factor`; ChangedMeanwhile.
    """
    user = require_removable_factor(actor, user_id)
    switch_off_for(user=user, actor=actor)
    return user
