"""What somebody did, in the transaction that does it."""

from __future__ import annotations

from accounts.entities import Actor, User
from storage.audit import AuditItem, Changes, audit_item
from storage.transactions import Transaction


def record(
    transaction: Transaction,
    actor: Actor | User,
    subject: str,
    action: str,
    changes: Changes | None = None,
) -> None:
    """`subject` and `action` as in storage.audit. People who act for themselves are actors, too."""
    transaction.put(entry(actor, subject, action, changes))


def entry(
    actor: Actor | User, subject: str, action: str, changes: Changes | None = None
) -> AuditItem:
    return audit_item(
        subject=subject,
        actor_id=actor.user_id,
        actor_name=actor.name,
        action=action,
        changes=changes,
    )
