"""Who sees what about the people of an organisation and who was invited."""

from __future__ import annotations

from accounts.entities import Actor, Membership, Role, User
from accounts.errors import UserNotFound
from accounts.own_permissions import ROLE_NAMES
from accounts.people import repository
from accounts.people.authority import may_reach
from accounts.people.entities import Invitation
from accounts.people.invitations import ADD_USER
from accounts.people.managing import CHANGE_USER, DELETE_USER, found_person
from accounts.roles.selectors import VIEW_ROLE, list_roles
from accounts.stores.selectors import VIEW_STORE, all_stores, find_stores, told_apart
from storage.audit import AuditEntry, history
from storage.pages import Page

VIEW_USER = "accounts.view_user"
PAGE = 50
HISTORY_PAGE = 10


def find_person(actor: Actor, *, user_id: str) -> Membership:
    """One request, two for who has own roles. Raises PermissionDenied; UserNotFound, also for who
    is deleted unless the actor may delete people."""
    actor.require(VIEW_USER, actor.org_id)
    person = found_person(actor, user_id)
    if person.user.deleted_at is not None and not actor.may(DELETE_USER, actor.org_id):
        raise UserNotFound
    return person


def person_history(actor: Actor, user: User, cursor: str | None = None) -> Page[AuditEntry]:
    """What became of somebody, newest first: one query. Raises PermissionDenied, InvalidCursor."""
    actor.require(CHANGE_USER, user.org_id)
    return history(user.audit_subject, limit=HISTORY_PAGE, cursor=cursor)


def list_invitations(
    actor: Actor, *, limit: int = PAGE, cursor: str | None = None
) -> Page[Invitation]:
    """Those that nobody has accepted yet, expired ones included, by address: one query.

    Raises PermissionDenied, InvalidCursor.
    """
    actor.require(ADD_USER, actor.org_id)
    return repository.invitations_of(actor.org_id, limit=limit, cursor=cursor)


def roles_to_give(actor: Actor) -> list[tuple[str, str]]:
    """(role, what people call it) of those that are nothing which the actor lacks: one query, none
    without the permission to see roles."""
    own = list_roles(actor) if actor.may(VIEW_ROLE, actor.org_id) else []
    known = {role.role_id: role for role in own}
    named = [(role.value, str(ROLE_NAMES[role])) for role in Role]
    named += [(role.role_id, role.name) for role in own]
    return [each for each in named if may_reach(actor, [each[0]], actor.stores, known)]


def stores_to_give(actor: Actor, held: frozenset[str] | None = None) -> list[tuple[str, str]]:
    """(store id, what tells it from the others) of those that are in use, and of those that
    somebody is bound to already."""
    if not actor.may(VIEW_STORE, actor.org_id):
        return []
    stores = {store.store_id: store for store in all_stores(actor)}
    missing = (held or frozenset()) - stores.keys()
    stores |= find_stores(actor, store_ids=missing) if missing else {}
    return list(told_apart(stores.values()).items())


def store_names(actor: Actor, user: User) -> list[str]:
    """Of the stores that somebody is bound to, as far as the actor may see them."""
    if not user.stores or not actor.may(VIEW_STORE, actor.org_id):
        return []
    found = find_stores(actor, store_ids=user.stores)
    return sorted(told_apart(one for one in found.values() if one.deleted_at is None).values())
