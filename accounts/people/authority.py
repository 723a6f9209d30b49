"""As `accounts.authority`, with the answer where somebody is out of reach."""

from __future__ import annotations

from accounts.authority import codes_of as codes_of
from accounts.authority import may_manage as may_manage
from accounts.authority import may_reach as may_reach
from accounts.authority import owns as owns
from accounts.entities import Actor, Membership
from accounts.people.errors import BeyondOwnPermissions


def may_manage_elsewhere(actor: Actor, person: Membership) -> bool:
    """Whether it is the stores that `may_manage` fails for, and nothing else."""
    own = {role.role_id: role for role in person.custom_roles}
    return may_reach(actor, person.user.roles, actor.stores, own) and not may_manage(actor, person)


def require_to_manage(actor: Actor, person: Membership) -> None:
    """Raises BeyondOwnPermissions."""
    if not may_manage(actor, person):
        raise BeyondOwnPermissions
