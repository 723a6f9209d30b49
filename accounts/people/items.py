"""Invitations as items of the table `accounts`, and back.

An invitation is `ORG-…` / `INVITATION-…`. Its `id` in the index is `<organisation>#<address>`, and
its index partition is chosen by the organisation: so the list of one organisation is one query,
whatever the number of shards. That there is one for each address is a marker's doing, in the same
partition of the table, `ORG-…` / `INVITED#<address>`, which has no `itemType`.
"""

from __future__ import annotations

from accounts.people.entities import Invitation
from accounts.tables import (
    INVITATION,
    AccountItem,
    at_version,
    bounds,
    item_type,
    moment,
    roles_in,
    seconds,
    stores_in,
)


def invitation_item(invitation: Invitation) -> AccountItem:
    item = AccountItem(
        invitation.org_id,
        invitation.invitation_id,
        item_type=list_partition(invitation.org_id),
        id=f"{list_prefix(invitation.org_id)}{invitation.email_key}",
        org_id=invitation.org_id,
        invitation_id=invitation.invitation_id,
        email=invitation.email,
        roles=set(invitation.roles) or None,
        store_ids=bounds(invitation.stores),
        digest=invitation.digest,
        invited_by=invitation.invited_by,
        name=invitation.inviter,
        created_at=seconds(invitation.created_at),
        expires_at=seconds(invitation.expires_at),
    )
    return at_version(item, invitation.version)


def invitation_of(item: AccountItem) -> Invitation:
    return Invitation(
        org_id=item.org_id,
        invitation_id=item.invitation_id,
        email=item.email,
        email_key=item.id.removeprefix(list_prefix(item.org_id)),
        roles=roles_in(item.roles or ()),
        stores=stores_in(item.store_ids),
        digest=item.digest,
        invited_by=item.invited_by,
        inviter=item.name or "",
        created_at=moment(item.created_at),
        expires_at=moment(item.expires_at),
        version=item.version,
    )


def invited_marker(org_id: str, email_key: str, invitation_id: str = "") -> AccountItem:
    sort = f"INVITED#{email_key}"
    return AccountItem(org_id, sort, org_id=org_id, invitation_id=invitation_id or None)


def list_partition(org_id: str) -> str:
    return item_type(INVITATION, org_id)


def list_prefix(org_id: str) -> str:
    return f"{org_id}#"


def list_end(org_id: str) -> str:
    """`$` is the character after `#`."""
    return f"{org_id}$"
