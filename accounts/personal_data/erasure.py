"""Erasing a person.

The beginning is one transaction: the person's item goes, the address is free, and a note of what is
to be done takes their place. From then on nobody is logged in as them, whatever sessions and tokens
there are. The rest is done piece by piece, right after or by `manage.py erase_user --unfinished`;
each piece may be repeated, so whoever dies in between loses nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from django.conf import settings

from accounts import attempts, repository, selectors
from accounts.entities import Actor, User, normalise_email, split_reference
from accounts.errors import ChangedMeanwhile, InvalidEmail, UserNotFound
from accounts.personal_data import own_data
from accounts.personal_data import repository as erasures
from accounts.personal_data.entities import Erasure
from accounts.personal_data.errors import NotDeleted, OnlyOwner, WrongAddress
from accounts.personal_data.keepers import keepers
from storage.audit import audit_item
from storage.errors import StoreError
from storage.transactions import Transaction

ERASE = "accounts.erase_user"
# Somebody waits for the answer.
REQUEST_SECONDS = 2.0
_ATTEMPTS = 8


def erase_own_account(*, actor: Actor, email: str) -> Erasure:
    """`email` is what was typed to confirm. What follows is done by `work_on`.

    Raises ConfirmationNeeded, UserNotFound, WrongAddress, OnlyOwner, ChangedMeanwhile.
    """
    actor.require_confirmation()
    user = selectors.get_own_membership(actor=actor).user
    if not is_address_of(user, email):
        raise WrongAddress
    return begin(actor=actor, user=user)


def erase_person(*, actor: Actor, user: User, action: str = ERASE) -> Erasure:
    """Of somebody who was deleted before; whether the actor may manage this person is the caller's
    to check. What follows is done by `work_on`.

    Raises PermissionDenied, ConfirmationNeeded, NotDeleted, UserNotFound, ChangedMeanwhile.
    """
    actor.require("accounts.delete_user", user.org_id)
    actor.require_confirmation()
    return begin(actor=actor, user=user, action=action, only_deleted=True)


def begin(*, actor: Actor, user: User, action: str = ERASE, only_deleted: bool = False) -> Erasure:
    """All that it takes for the person to be gone. Raises OnlyOwner, NotDeleted, UserNotFound where
    somebody was faster, ChangedMeanwhile."""
    for _ in range(_ATTEMPTS):
        if only_deleted and user.deleted_at is None:
            raise NotDeleted
        with suppress(ChangedMeanwhile):
            return _begun(actor, user, action)
        current = repository.get_user(user.org_id, user.user_id)
        if current is None:
            raise UserNotFound
        user = current
    raise ChangedMeanwhile


def begin_again(*, pk: str) -> Erasure:
    """For the server itself: of somebody who was erased and came back with a backup, in whole or
    in the history only. Raises UserNotFound for what is no `User.pk`; OnlyOwner,
    ChangedMeanwhile."""
    keys = split_reference(pk)
    if keys is None:
        raise UserNotFound
    org_id, user_id, _ = keys
    user = repository.get_user(org_id, user_id)
    if user is not None:
        return begin(actor=Actor.system(org_id=org_id), user=user)
    before = erasures.get_erasure(user_id)
    if before is not None and before.swept_at is None:
        # It knows better what to look for.
        return before
    now = datetime.now(UTC).replace(microsecond=0)
    return erasures.save_erasure(
        Erasure(org_id, user_id, now, version=before.version if before else None)
    )


def work_on(erasure: Erasure, *, seconds: float | None = None) -> bool:
    """Removes what there is, for about so long; without end by default. False where something is
    left, as it is the first time where somebody waits. Raises StoreUnavailable, ChangedMeanwhile;
    it then goes on from there another time."""
    deadline = None if seconds is None else time.monotonic() + seconds
    for keeper in keepers():
        for _ in keeper.erase(erasure):
            if deadline is not None and time.monotonic() >= deadline:
                return False
    if erasure.email_key:
        if deadline is not None:
            # Invitations by other organisations: to find them takes reading those of everybody.
            return False
        for _ in own_data.withdraw_invitations_to(erasure.email_key):
            pass
    with suppress(ChangedMeanwhile):
        # Whoever was faster has removed as much.
        erasures.save_erasure(erasure.swept(done=_has_settled(erasure)))
    return True


def work_on_while_waited_for(erasure: Erasure) -> bool:
    """As `work_on`, for a request. What the store refuses is done later."""
    with suppress(StoreError, ChangedMeanwhile):
        return work_on(erasure, seconds=REQUEST_SECONDS)
    return False


def due_erasures() -> Iterator[Erasure]:
    """Those with something left to do, now. Raises StoreUnavailable."""
    for listed in erasures.unfinished_erasures():
        # The list lags behind.
        erasure = erasures.get_erasure(listed.user_id)
        if erasure is not None and _is_due(erasure):
            yield erasure


def finish(erasure: Erasure) -> None:
    """Does what is left, beside others who may be at it. Raises StoreUnavailable,
    ChangedMeanwhile."""
    current: Erasure | None = erasure
    for attempt in range(_ATTEMPTS):
        if current is None or not _is_due(current):
            return
        try:
            work_on(current)
        except ChangedMeanwhile:
            if attempt == _ATTEMPTS - 1:
                raise
            current = erasures.get_erasure(erasure.user_id)
        else:
            return


def unfinished_of(email: str) -> Erasure | None:
    """For who repeats an erasure that was cut short: reads all that are unfinished."""
    email_key = normalise_email(email)
    found = (one for one in erasures.unfinished_erasures() if one.email_key == email_key)
    return next(found, None)


def withdraw_invitations_to(email: str) -> bool:
    """For the address of somebody without an account: whether it was invited anywhere."""
    return any([*own_data.withdraw_invitations_to(normalise_email(email))])


def erased() -> Iterator[str]:
    """`User.pk` of everybody who was erased, those included where something is left to do."""
    for one in erasures.unfinished_erasures():
        yield one.pk
    for one in erasures.finished_erasures():
        yield one.pk


def is_address_of(user: User, typed: str) -> bool:
    try:
        return normalise_email(typed) == user.email_key
    except InvalidEmail:
        return False


def _begun(actor: Actor, user: User, action: str) -> Erasure:
    before = erasures.get_erasure(user.user_id)
    erasure = replace(Erasure.of(user), version=before.version if before else None)
    transaction = Transaction()
    erasures.begin_erasure(transaction, user, erasure)
    _keep_an_owner(transaction, user)
    oneself = actor.user_id == user.user_id
    transaction.put(
        audit_item(
            subject=user.audit_subject,
            actor_id=actor.user_id,
            actor_name="" if oneself else actor.name,
            action=action,
        )
    )
    transaction.commit()
    with suppress(StoreError):
        attempts.logins_per_address().clear(user.email_key)
    return replace(erasure, version=(erasure.version or 0) + 1)


def _keep_an_owner(transaction: Transaction, user: User) -> None:
    """The commit raises ChangedMeanwhile when the other owner is none any more by then."""
    if not user.is_owner or user.deactivated_at is not None:
        return
    if user.removed_with:
        # With the organisation, which may be restored and then needs its owners.
        raise OnlyOwner
    if user.deleted_at is not None:
        return
    other = repository.another_owner(user.org_id, {user.user_id})
    if other is None:
        raise OnlyOwner
    repository.require_owner(transaction, other)


def _has_settled(erasure: Erasure) -> bool:
    since = datetime.now(UTC) - erasure.begun_at
    return since.total_seconds() > settings.REMOVAL_SETTLES_SECONDS


def _is_due(erasure: Erasure) -> bool:
    return not erasure.done and (erasure.swept_at is None or _has_settled(erasure))
