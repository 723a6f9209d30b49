"""Who changed what, and when: written in the same transaction as the change itself.

Entries stay as they are. Only what they say about a person can be taken out of them, when that
person is erased.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pynamodb.attributes import UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from storage.attributes import DocumentAttribute
from storage.cursors import open_sealed, seal
from storage.pages import Page, page_of
from storage.table import Table
from storage.transactions import MAX_ACTIONS, Transaction

_TIMESTAMP = "%Y-%m-%dT%H:%M:%S.%fZ"
_TIMESTAMP_WIDTH = 27

Changes = Mapping[str, tuple[Any, Any]]
"""Field → (old, new), both as JSON can say them; None where there was or is no value."""


class ActorIndex(GlobalSecondaryIndex["AuditItem"]):
    class Meta:
        index_name = "actor-index"
        projection = AllProjection()

    actor_id = UnicodeAttribute(hash_key=True)
    at = UnicodeAttribute(range_key=True)


class AuditItem(Table):
    class Meta:
        logical_name = "audit"

    subject = UnicodeAttribute(hash_key=True)
    at = UnicodeAttribute(range_key=True)
    actor_id = UnicodeAttribute()
    actor_name = UnicodeAttribute(null=True)
    action = UnicodeAttribute()
    changes = DocumentAttribute(null=True)
    by_actor = ActorIndex()


@dataclass(frozen=True, slots=True)
class AuditEntry:
    subject: str
    at: datetime
    actor_id: str
    actor_name: str
    action: str
    changes: dict[str, tuple[Any, Any]]


Redaction = Callable[[AuditEntry], Changes]
"""What the changes of an entry are to be from now on."""


def audit_item(
    *,
    subject: str,
    actor_id: str,
    actor_name: str = "",
    action: str,
    changes: Changes | None = None,
    at: datetime | None = None,
) -> AuditItem:
    """The item to put into the transaction that makes the change.

    `subject` is e.g. `product#k3v9…`; `action` e.g. `catalog.change_product`. Two entries of
    one microsecond keep apart by a random suffix of the sort key.
    """
    moment = (at or datetime.now(UTC)).astimezone(UTC).strftime(_TIMESTAMP)
    return AuditItem(
        subject,
        f"{moment}#{secrets.token_hex(4)}",
        actor_id=actor_id,
        actor_name=actor_name or None,
        action=action,
        changes=_stored(changes),
    )


def history(
    subject: str, *, limit: int = 25, cursor: str | None = None, reader: str = ""
) -> Page[AuditEntry]:
    """The entries of one subject, newest first: one query. A cursor opens for the same `reader`
    only, which says what somebody may see where not everybody sees all. Raises InvalidCursor."""
    purpose = f"history:{subject}:{reader}" if reader else f"history:{subject}"
    start_key = open_sealed(cursor, purpose=purpose)["key"] if cursor else None
    found = AuditItem.slice(subject, page_size=limit + 1, forward=False, start_key=start_key)
    page = page_of(
        found.items,
        limit,
        lambda item: seal(
            {"key": {"subject": {"S": item.subject}, "at": {"S": item.at}}}, purpose=purpose
        ),
        found.capacity,
    )
    return page.map(_entry)


def entries_of(subject: str) -> Iterator[AuditEntry]:
    """Everything about a subject, oldest first: a query for each hundred."""
    for items in _pages(subject):
        yield from map(_entry, items)


def entries_by(actor_id: str) -> Iterator[AuditEntry]:
    """Everything that somebody did, oldest first: a query for each hundred of the index, which
    lags a moment."""
    for items in _pages(actor_id, ActorIndex.Meta.index_name):
        yield from map(_entry, items)


def redact_subject(subject: str, redaction: Redaction) -> Iterator[int]:
    """Gives the entries of a subject the changes that `redaction` says.

    Yields after each hundred entries, with how many were rewritten, so that one can stop there.
    What says already what it should is not written: done again, it goes on where it stopped.
    """
    for items in _pages(subject):
        yield _rewrite(items, redaction, keep_name=True)


def redact_actor(actor_id: str, redaction: Redaction) -> Iterator[int]:
    """Like `redact_subject` for what somebody did, and takes the name of the actor out."""
    for items in _pages(actor_id, ActorIndex.Meta.index_name):
        yield _rewrite(items, redaction, keep_name=False)


def _pages(key: str, index: str | None = None) -> Iterator[list[AuditItem]]:
    start_key = None
    while True:
        found = AuditItem.slice(key, index=index, page_size=MAX_ACTIONS, start_key=start_key)
        yield found.items
        if found.last_key is None:
            return
        start_key = found.last_key


def _rewrite(items: list[AuditItem], redaction: Redaction, *, keep_name: bool) -> int:
    transaction = Transaction()
    for item in items:
        actions = []
        changes = _stored(redaction(_entry(item)))
        if changes != item.changes:
            stored = AuditItem.changes
            actions.append(stored.set(changes) if changes else stored.remove())
        if item.actor_name and not keep_name:
            actions.append(AuditItem.actor_name.remove())
        if actions:
            transaction.update(
                AuditItem(item.subject, item.at), actions, AuditItem.subject.exists()
            )
    transaction.commit()
    return len(transaction)


def _stored(changes: Changes | None) -> dict[str, list[Any]] | None:
    return {name: list(pair) for name, pair in changes.items()} if changes else None


def _entry(item: AuditItem) -> AuditEntry:
    moment = datetime.strptime(item.at[:_TIMESTAMP_WIDTH], _TIMESTAMP).replace(tzinfo=UTC)
    return AuditEntry(
        subject=item.subject,
        at=moment,
        actor_id=item.actor_id,
        actor_name=item.actor_name or "",
        action=item.action,
        changes={name: (old, new) for name, (old, new) in (item.changes or {}).items()},
    )
