"""Invitations that nobody accepted, withdrew or sent again are not kept for ever."""

from __future__ import annotations

import uuid
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from accounts.audit_trail import record
from accounts.entities import Actor
from accounts.people import repository
from accounts.people.errors import InvitationNotFound
from storage.transactions import Transaction

KEPT = timedelta(days=30)
LOOKED_AT = 100


def remove_long_expired() -> int:
    """Of all organisations, those that expired more than 30 days ago; how many there were.

    Looks at a few hundred at most, from anywhere among them, so that it comes round when it is
    repeated: two queries for each shard, and a transaction for each that is removed.
    """
    before = datetime.now(UTC) - KEPT
    found = repository.expired_invitations(before, around=f"ORG-{uuid.uuid4()}", most=LOOKED_AT)
    count = 0
    for invitation in found:
        system = Actor.system(org_id=invitation.org_id)
        transaction = Transaction()
        repository.remove_invitation(transaction, invitation)
        record(transaction, system, invitation.audit_subject, "accounts.expire_invitation")
        # Somebody has sent it again, or withdrawn it.
        with suppress(InvitationNotFound):
            transaction.commit()
            count += 1
    return count
