"""Whether somebody may be given these roles and stores."""

from __future__ import annotations

from collections.abc import Container, Mapping

from django.utils.translation import gettext_lazy as _

from accounts.entities import CUSTOM_ROLE, Actor
from accounts.people.authority import may_reach
from accounts.people.entities import MOST_ROLES, MOST_STORES, is_id
from accounts.people.errors import BeyondOwnPermissions, UnknownRole, UnknownStore
from accounts.permissions import CustomRole, Role
from accounts.stores.selectors import find_stores

_BUILT_IN = frozenset(role.value for role in Role)
_NO_ROLE = _("Choose at least one role.")
_NO_STORE = _("Choose at least one store: you do not work in all of them yourself.")
_TOO_MANY_ROLES = _("Choose at most %(most)d roles.")
_TOO_MANY_STORES = _("Choose at most %(most)d stores, or all.")
_OWNER_EVERYWHERE = _("Owners work in all stores.")


def require_to_give(
    actor: Actor,
    roles: tuple[str, ...],
    stores: frozenset[str] | None,
    own: Mapping[str, CustomRole],
    held: frozenset[str] | None = None,
) -> None:
    """That these are roles and stores, and that the actor may give them.

    `own` has the organisation's own roles by id; stores among `held` are there already. One request
    where somebody is bound to others. Raises UnknownRole, BeyondOwnPermissions; UnknownStore, also
    for stores that the actor does not reach.
    """
    _require_known(roles, own)
    if not may_reach(actor, roles, actor.stores, own):
        raise BeyondOwnPermissions
    if stores is None:
        if actor.stores is not None:
            raise UnknownStore(_NO_STORE)
        return
    if Role.OWNER in roles:
        raise UnknownStore(_OWNER_EVERYWHERE)
    if len(stores) > MOST_STORES:
        raise UnknownStore(_TOO_MANY_STORES % {"most": MOST_STORES})
    new = stores - (held or frozenset())
    if not all(is_id("STORE", each) for each in new):
        raise UnknownStore
    found = find_stores(actor, store_ids=new) if new else {}
    if not all(each in found and found[each].deleted_at is None for each in new):
        raise UnknownStore


def _require_known(roles: tuple[str, ...], own: Container[str]) -> None:
    if not roles:
        raise UnknownRole(_NO_ROLE)
    if len(roles) > MOST_ROLES:
        raise UnknownRole(_TOO_MANY_ROLES % {"most": MOST_ROLES})
    if not all(role in (own if role.startswith(CUSTOM_ROLE) else _BUILT_IN) for role in roles):
        raise UnknownRole
