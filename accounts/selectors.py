"""Reads of accounts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts import passwords, repository
from accounts.entities import (
    ANONYMOUS,
    Actor,
    Membership,
    Organisation,
    User,
    normalise_email,
)
from accounts.errors import UserNotFound
from storage.audit import AuditEntry

_SYSTEM = Actor.system(org_id="")


def actor_of(request: HttpRequest) -> Actor:
    """Who asks: the person logged in, or ANONYMOUS. Reads session and user at most once."""
    actor: Actor = getattr(request.user, "actor", ANONYMOUS)
    if actor.is_anonymous:
        return actor
    return replace(actor, confirmed_at=getattr(request.session, "confirmed_at", None))


def shown_actor(entry: AuditEntry) -> str:
    """Whom the history names for an entry; people who were erased have no name any more."""
    if (entry.actor_id, entry.actor_name) == (_SYSTEM.user_id, _SYSTEM.name):
        return _("the operator")
    if entry.actor_name or not entry.actor_id.startswith("USER-"):
        return entry.actor_name or entry.actor_id
    return _("somebody who was erased")


def get_own_membership(*, actor: Actor) -> Membership:
    """Oneself and one's organisation: one request. Raises UserNotFound."""
    membership = repository.get_membership(actor.org_id, actor.user_id)
    if membership is None or not membership.active:
        raise UserNotFound
    return membership


def get_own_organisation(*, actor: Actor) -> Organisation:
    """One request. Raises UserNotFound."""
    organisation = repository.get_organisation(actor.org_id)
    if organisation is None:
        raise UserNotFound
    return organisation


def find_member(*, org_id: str, user_id: str, roles: Iterable[str] = ()) -> Membership | None:
    """For authenticators only: whom a verified token names. None for who may not log in.

    `roles` as in `repository.get_membership`.
    """
    membership = repository.get_membership(org_id, user_id, roles)
    return membership if membership is not None and membership.active else None


def find_membership(*, email: str) -> Membership | None:
    """For commands on the server itself: the person with this address and the organisation."""
    found = repository.membership_by_email(normalise_email(email))
    if found is None or not found.active:
        return None
    return repository.get_membership(found.user.org_id, found.user.user_id)


def people_without_password(*, org_id: str | None) -> Iterator[User]:
    """For commands on the server itself: those of one organisation, or of all (None).

    Not those who are deleted, or whose organisation is.
    """
    people = repository.every_user() if org_id is None else repository.users_of(org_id)
    closed: dict[str, bool] = {}
    for user in people:
        if user.deleted_at is not None or passwords.is_usable(user.password):
            continue
        if user.org_id not in closed:
            organisation = repository.get_organisation(user.org_id)
            # People of one organisation come together, so one is enough to remember.
            closed = {user.org_id: organisation is None or organisation.deleted_at is not None}
        if not closed[user.org_id]:
            yield user
