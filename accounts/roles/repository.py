"""What is stored about own roles, one function for each question."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from accounts.errors import ChangedMeanwhile
from accounts.permissions import CustomRole
from accounts.roles.entities import Holders
from accounts.roles.errors import RoleNameTaken
from accounts.roles.items import LIST_KEY, name_marker
from accounts.tables import ROLE, AccountItem, at_version, people_only, role_item, role_of
from storage import markers
from storage.transactions import Transaction

# More than an organisation can have, those of late deleted included.
_PAGE_SIZE = 300
_PEOPLE_LOOKED_AT = 500


def roles_of(org_id: str, *, consistent: bool) -> list[CustomRole]:
    """Deleted ones included, in no particular order: one query."""
    # As `tables.people_only`.
    roles_only = AccountItem.sort.between(f"{ROLE}-", f"{ROLE}-\uffff")
    found = AccountItem.slice(org_id, roles_only, page_size=_PAGE_SIZE, consistent=consistent)
    return [role_of(item) for item in found.items]


def get_role(org_id: str, role_id: str) -> CustomRole | None:
    """Deleted ones too: one strongly consistent read."""
    item = AccountItem.find(org_id, role_id, consistent=True)
    return None if item is None else role_of(item)


def holders_of(org_id: str, role_id: str) -> Holders:
    """Deleted people not included: one query, of the first 500 people."""
    found = AccountItem.slice(
        org_id,
        people_only(),
        page_size=_PEOPLE_LOOKED_AT,
        filter_condition=AccountItem.roles.contains(role_id)
        & AccountItem.deleted_at.does_not_exist(),
    )
    return Holders(len(found.items), found.last_key is None)


def list_version(org_id: str) -> int | None:
    """Of the list of roles, which every new one changes; None before the first."""
    item = AccountItem.find(org_id, LIST_KEY, consistent=True)
    return None if item is None else item.version


def note_new_role(transaction: Transaction, org_id: str, version: int | None) -> None:
    """The commit raises ChangedMeanwhile unless the list is still at this version."""
    item = at_version(AccountItem(org_id, LIST_KEY, org_id=org_id), version)
    transaction.put(item, on_failure=ChangedMeanwhile)


def add_role(transaction: Transaction, role: CustomRole) -> None:
    """The commit raises RoleNameTaken."""
    markers.claim(transaction, name_marker(role), taken=RoleNameTaken)
    transaction.put(role_item(role), condition=AccountItem.partition.does_not_exist())


def change_role(transaction: Transaction, before: CustomRole, after: CustomRole) -> CustomRole:
    """Returns what is stored after it; the commit raises RoleNameTaken, ChangedMeanwhile.

    The name is taken only while the role is not deleted.
    """
    old = None if before.deleted_at else name_marker(before)
    new = None if after.deleted_at else name_marker(after)
    if old is not None and new is not None:
        markers.move(transaction, old, new, taken=RoleNameTaken)
    elif new is not None:
        markers.claim(transaction, new, taken=RoleNameTaken)
    elif old is not None:
        markers.release(transaction, old)
    changed = replace(after, updated_at=datetime.now(UTC).replace(microsecond=0))
    transaction.put(role_item(changed), on_failure=ChangedMeanwhile)
    return replace(changed, version=(before.version or 0) + 1)


def forget_role(transaction: Transaction, role: CustomRole) -> None:
    """For good; of a deleted one, whose name is free already."""
    transaction.delete(role_item(role), on_failure=ChangedMeanwhile)
