"""Nobody gives, or decides about, more than they have; and only owners decide about owners."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from accounts.entities import CUSTOM_ROLE, Actor, Membership
from accounts.permissions import CustomRole, Grants, Role, declared_codes


def owns(actor: Actor) -> bool:
    """Owning is more than the sum of all permissions. A token limited to some of them does not."""
    grants = actor.permissions
    return isinstance(grants, Grants) and Role.OWNER in grants.roles


def may_reach(
    actor: Actor,
    roles: Iterable[str],
    stores: frozenset[str] | None,
    own: Mapping[str, CustomRole],
) -> bool:
    """Whether `roles` in `stores` is nothing that the actor lacks. `own` has the organisation's own
    roles by id; what is not there permits nothing."""
    roles = tuple(roles)
    if Role.OWNER in roles and not owns(actor):
        return False
    return actor.may_give(codes_of(roles, own), stores)


def codes_of(roles: Iterable[str], own: Mapping[str, CustomRole]) -> frozenset[str]:
    """Everything that they permit together."""
    codes: set[str] = set()
    for role in roles:
        if role.startswith(CUSTOM_ROLE):
            codes |= own[role].permissions if role in own else frozenset()
        else:
            codes |= {code for code in declared_codes() if Role(role).grants(code)}
    return frozenset(codes)


def may_manage(actor: Actor, person: Membership) -> bool:
    own = {role.role_id: role for role in person.custom_roles}
    return may_reach(actor, person.user.roles, person.user.stores, own)
