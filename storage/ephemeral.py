"""Items that are worthless after a while: counters of attempts, idempotency keys, uploads."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from pynamodb.attributes import BinaryAttribute, NumberAttribute, TTLAttribute, UnicodeAttribute

from storage.attributes import DocumentAttribute
from storage.table import Table


class EphemeralItem(Table):
    """`key` starts with the kind of item and `#`. Expiry is compared on read: deletion lags."""

    class Meta:
        logical_name = "ephemeral"

    key = UnicodeAttribute(hash_key=True)
    expires_at = TTLAttribute()
    attempts = NumberAttribute(null=True)
    revision = NumberAttribute(null=True)
    document = DocumentAttribute(null=True)
    content = BinaryAttribute(null=True, legacy_encoding=False)

    @property
    def expired(self) -> bool:
        return bool(self.expires_at.timestamp() <= time.time())


def expiry(seconds: float) -> datetime:
    return datetime.fromtimestamp(time.time() + seconds, UTC)


def living(key: str) -> EphemeralItem | None:
    """The item with this key unless its time is over: one strongly consistent read."""
    item = EphemeralItem.find(key, consistent=True)
    return None if item is None or item.expired else item
