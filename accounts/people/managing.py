"""Deciding what people may do, and whether they may come in at all.

Whoever decides needs the permission, and must not have less than the person has or gets. Where an
owner comes or goes, it takes a recent confirmation, too. An organisation keeps an active owner:
what takes one away checks in its transaction that another is still one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Unpack

from accounts.audit_trail import record
from accounts.entities import Actor, Membership, Role, User, normalise_email
from accounts.errors import ChangedMeanwhile, InvalidEmail, UserNotFound
from accounts.people import repository
from accounts.people.authority import owns, require_to_manage
from accounts.people.checks import require_to_give
from accounts.people.entities import Access, SaidAccess, in_order, is_id
from accounts.people.errors import (
    BeyondOwnPermissions,
    LastOwner,
    NotActive,
    NotDeleted,
    NotOneself,
    NotTyped,
    PersonChanged,
)
from accounts.people.ownership_mails import tell_about_ownership
from accounts.personal_data.erasure import erase_person, work_on_while_waited_for
from accounts.repository import (
    another_owner,
    change_user,
    get_membership,
    require_organisation,
    require_owner,
)
from storage.audit import Changes
from storage.transactions import Transaction

CHANGE_USER = "accounts.change_user"
DELETE_USER = "accounts.delete_user"
TRANSFER = "accounts.transfer_organisation"
_ATTEMPTS = 8
_AUDITED = ("roles", "stores", "deactivated_at", "deleted_at")

Plan = Callable[[Membership], User]


def change_access(*, actor: Actor, user_id: str, version: int, **said: Unpack[SaidAccess]) -> User:
    """Roles, stores, and whether somebody may log in: what `said` has; the person afterwards.

    `version` is the one that the actor saw. One's own roles may be changed, to less. What makes or
    unmakes an owner needs a recent confirmation. Raises PermissionDenied, BeyondOwnPermissions,
    NotOneself, ConfirmationNeeded; UserNotFound; PersonChanged, LastOwner, ChangedMeanwhile;
    UnknownRole, UnknownStore.
    """
    actor.require(CHANGE_USER, actor.org_id)

    def plan(person: Membership) -> User:
        user = person.user
        if user.deleted_at is not None:
            raise UserNotFound
        require_to_manage(actor, person)
        if user.version != version:
            raise PersonChanged(user)
        wanted = replace(Access.of(user), **said)
        wanted = replace(wanted, roles=in_order(wanted.roles))
        if not wanted.active and user.user_id == actor.user_id:
            raise NotOneself
        if (wanted.roles, wanted.stores) != (user.roles, user.stores):
            _require_to_give(actor, user, wanted)
        return _activated(replace(user, roles=wanted.roles, stores=wanted.stores), wanted.active)

    return _changed(actor, user_id, plan, CHANGE_USER)


def deactivate_person(*, actor: Actor, user_id: str) -> User:
    """Sessions and tokens end at once, and for good. Raises PermissionDenied, BeyondOwnPermissions,
    NotOneself, ConfirmationNeeded; UserNotFound, LastOwner, ChangedMeanwhile."""
    actor.require(CHANGE_USER, actor.org_id)

    def plan(person: Membership) -> User:
        return _activated(_present(actor, person), active=False)

    return _changed(actor, user_id, plan, "accounts.deactivate_user")


def reactivate_person(*, actor: Actor, user_id: str) -> User:
    """Raises PermissionDenied, BeyondOwnPermissions, ConfirmationNeeded; UserNotFound,
    ChangedMeanwhile."""
    actor.require(CHANGE_USER, actor.org_id)

    def plan(person: Membership) -> User:
        return _activated(_present(actor, person), active=True)

    return _changed(actor, user_id, plan, "accounts.reactivate_user")


def delete_person(*, actor: Actor, user_id: str) -> User:
    """Until restored; the address stays theirs. Sessions and tokens end at once, and for good.

    Raises PermissionDenied, BeyondOwnPermissions, NotOneself, ConfirmationNeeded; UserNotFound,
    LastOwner, ChangedMeanwhile.
    """
    actor.require(DELETE_USER, actor.org_id)

    def plan(person: Membership) -> User:
        user = _present(actor, person)
        return replace(user.logged_out(_now()), deleted_at=_now())

    return _changed(actor, user_id, plan, "accounts.delete_user")


def restore_person(*, actor: Actor, user_id: str) -> User:
    """As they were, roles included. Raises PermissionDenied, BeyondOwnPermissions,
    ConfirmationNeeded; UserNotFound, ChangedMeanwhile."""
    actor.require(DELETE_USER, actor.org_id)

    def plan(person: Membership) -> User:
        require_to_manage(actor, person)
        return replace(person.user, deleted_at=None, removed_with="")

    return _changed(actor, user_id, plan, "accounts.restore_user")


def destroy_person(*, actor: Actor, user_id: str, typed: str) -> User:
    """For good, with sessions and tokens; the address is free again, the history stays without the
    name.

    `typed` is the person's e-mail address. Raises PermissionDenied, BeyondOwnPermissions,
    NotOneself, ConfirmationNeeded; UserNotFound, NotDeleted, NotTyped; ChangedMeanwhile.
    """
    actor.require(DELETE_USER, actor.org_id)
    actor.require_confirmation()
    person = found_person(actor, user_id)
    user = person.user
    require_to_manage(actor, person)
    if user.user_id == actor.user_id:
        raise NotOneself
    if user.deleted_at is None:
        raise NotDeleted
    if not _is_address(typed, user):
        raise NotTyped
    work_on_while_waited_for(erase_person(actor=actor, user=user, action="accounts.destroy_user"))
    return user


def transfer_ownership(*, actor: Actor, user_id: str, typed: str, step_down: bool) -> User:
    """Makes another person an owner and, with `step_down`, oneself a manager; the new owner. Both
    are told by mail.

    `typed` is the new owner's e-mail address. Raises PermissionDenied, BeyondOwnPermissions,
    NotOneself, ConfirmationNeeded; UserNotFound, NotActive, NotTyped; ChangedMeanwhile.
    """
    actor.require(TRANSFER, actor.org_id)
    if not owns(actor):
        raise BeyondOwnPermissions
    actor.require_confirmation()
    if user_id == actor.user_id:
        raise NotOneself
    around = repository.look_around(actor.org_id, people=(user_id, actor.user_id))
    people = around.people
    user, oneself = people.get(user_id), people.get(actor.user_id)
    if user is None or oneself is None or user.deleted_at is not None:
        raise UserNotFound
    if not _is_active_owner(oneself):
        raise BeyondOwnPermissions
    if not user.may_log_in:
        raise NotActive
    if not _is_address(typed, user):
        raise NotTyped
    owner = replace(user, roles=(Role.OWNER, *user.custom_roles), stores=None)
    transaction = Transaction()
    _stage(transaction, actor, user, owner, TRANSFER)
    if step_down:
        manager = replace(oneself, roles=(Role.MANAGER, *oneself.custom_roles))
        _stage(transaction, actor, oneself, manager, TRANSFER)
    elif owner == user:
        return user
    else:
        require_owner(transaction, oneself)
    transaction.commit()
    tell_about_ownership(user, oneself, around.organisation, step_down=step_down)
    return replace(owner, version=(user.version or 0) + 1)


def found_person(actor: Actor, user_id: str) -> Membership:
    """Of the actor's organisation, deleted ones included; one request, two for who has own roles.
    Raises UserNotFound."""
    person = None
    if is_id("USER", user_id):
        person = get_membership(actor.org_id, user_id)
    if person is None:
        raise UserNotFound
    return person


def _changed(actor: Actor, user_id: str, plan: Plan, action: str) -> User:
    """Once more from what is stored now, while others are faster."""
    # Whoever takes an owner away is one, unless it is oneself.
    perhaps = [] if actor.is_system else [actor.user_id]
    for _attempt in range(_ATTEMPTS):
        person = found_person(actor, user_id)
        before, after = person.user, plan(person)
        if after == before:
            return before
        if _is_active_owner(before) != _is_active_owner(after):
            actor.require_confirmation()
        transaction = Transaction()
        _stage(transaction, actor, before, after, action)
        if _is_active_owner(before) and not _is_active_owner(after):
            remaining = another_owner(before.org_id, {before.user_id}, perhaps=perhaps)
            if remaining is None:
                raise LastOwner
            perhaps = [remaining.user_id]
            require_owner(transaction, remaining)
        if before.deleted_at is not None:
            require_organisation(transaction, before.org_id)
        try:
            transaction.commit()
        except ChangedMeanwhile:
            continue
        return replace(after, version=(before.version or 0) + 1)
    raise ChangedMeanwhile


def _present(actor: Actor, person: Membership) -> User:
    """Somebody else, who is not deleted, and whom the actor may manage."""
    user = person.user
    if user.deleted_at is not None:
        raise UserNotFound
    require_to_manage(actor, person)
    if user.user_id == actor.user_id:
        raise NotOneself
    return user


def _require_to_give(actor: Actor, user: User, wanted: Access) -> None:
    new = {role for role in wanted.roles if is_id("ROLE", role)}
    own = repository.look_around(actor.org_id, roles=new).roles if new else {}
    require_to_give(actor, wanted.roles, wanted.stores, own, user.stores)
    if (Role.OWNER in wanted.roles) != user.is_owner:
        actor.require_confirmation()


def _activated(user: User, active: bool) -> User:
    if active == (user.deactivated_at is None):
        return user
    if active:
        return replace(user, deactivated_at=None)
    return replace(user.logged_out(_now()), deactivated_at=_now())


def _is_active_owner(user: User) -> bool:
    return user.is_owner and user.may_log_in


def _is_address(typed: str, user: User) -> bool:
    try:
        return normalise_email(typed) == user.email_key
    except InvalidEmail:
        return False


def _stage(transaction: Transaction, actor: Actor, before: User, after: User, action: str) -> None:
    change_user(transaction, after)
    record(transaction, actor, after.audit_subject, action, _differences(before, after))


def _differences(before: User, after: User) -> Changes:
    said = {name: (_said(before, name), _said(after, name)) for name in _AUDITED}
    return {name: pair for name, pair in said.items() if pair[0] != pair[1]}


def _said(user: User, name: str) -> object:
    value = getattr(user, name)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple | frozenset):
        return sorted(map(str, value)) if isinstance(value, frozenset) else [*map(str, value)]
    return value


def _now() -> datetime:
    """Whole seconds, as they are stored."""
    return datetime.now(UTC).replace(microsecond=0)
