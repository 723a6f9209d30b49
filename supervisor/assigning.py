"""Into whose hands a request can be put: people who may answer in its store."""

from __future__ import annotations

from collections.abc import Iterable

from accounts.directory_repository import users_of
from accounts.entities import Actor, User
from accounts.permissions import Grants
from accounts.repository import get_membership, in_organisation
from accounts.roles.repository import roles_of
from accounts.tables import user_of
from supervisor import notice_repository
from supervisor.entities import Person
from supervisor.errors import CannotBeAssigned

ANSWER = "supervisor.answer_request"
ASSIGN = "supervisor.assign_request"
# As many as one query gives; in larger organisations one chooses among the first of them.
MOST_LOOKED_AT = 500


def people_who_may_answer(actor: Actor, *, store_id: str) -> list[Person]:
    """By name, also for who may not see people otherwise; of the first MOST_LOOKED_AT people of the
    organisation. One query, and one more where somebody has an own role. Raises PermissionDenied.
    """
    actor.require(ASSIGN, actor.org_id, store_id)
    rows = users_of(actor.org_id, most=MOST_LOOKED_AT).rows
    people = [row.entity for row in rows]
    codes: dict[str, frozenset[str]] = {}
    if any(user.custom_roles for user in people):
        own = roles_of(actor.org_id, consistent=False)
        codes = {role.role_id: role.permissions for role in own if role.deleted_at is None}
    found = [user for user in people if _may_answer(user, codes, store_id)]
    found.sort(key=lambda user: (user.name.casefold(), user.user_id))
    return [Person(user.user_id, user.name) for user in found]


def by_duty(
    actor: Actor, people: Iterable[Person], *, store_id: str
) -> tuple[list[Person], list[Person]]:
    """Those who are on duty for this store, and the others: one query for each hundred on duty."""
    notices = notice_repository.people_on_duty(actor.org_id)
    there = {one.user_id for one in notices if one.stores is None or store_id in one.stores}
    on_duty: list[Person] = []
    others: list[Person] = []
    for person in people:
        (on_duty if person.user_id in there else others).append(person)
    return on_duty, others


def find_assignee(actor: Actor, *, store_id: str, user_id: str) -> Person:
    """One read, two of who has own roles. Raises CannotBeAssigned."""
    membership = get_membership(actor.org_id, user_id) if user_id.startswith("USER-") else None
    if membership is None or not membership.active:
        raise CannotBeAssigned
    if not membership.actor.may(ANSWER, actor.org_id, store_id):
        raise CannotBeAssigned
    return Person(membership.user.user_id, membership.user.name)


def names_of(actor: Actor, user_ids: Iterable[str]) -> dict[str, str]:
    """Of people of the actor's organisation: one read, none for nobody."""
    wanted = sorted(set(user_ids))
    items = in_organisation(actor.org_id, wanted) if wanted else {}
    return {user_id: user_of(item).name for user_id, item in items.items()}


def _may_answer(user: User, codes: dict[str, frozenset[str]], store_id: str) -> bool:
    own = (codes.get(role, frozenset[str]()) for role in user.custom_roles)
    grants = Grants(user.built_in_roles, frozenset().union(*own))
    reaches = user.stores is None or store_id in user.stores
    return user.may_log_in and reaches and ANSWER in grants
