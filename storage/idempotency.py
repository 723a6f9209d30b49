"""Remembering which request made what, so that a repeated POST answers instead of acting again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from storage.domain import Conflict
from storage.ephemeral import EphemeralItem, expiry, living
from storage.transactions import Transaction

KEPT_SECONDS = 24 * 60 * 60


class KeyReused(Conflict):
    code = "idempotency_key_reused"


class AlreadyDone(Exception):
    """Another request with the same key was faster; recall its result."""


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A client's key within `scope` (who, and for what); `fingerprint` stands for the body."""

    scope: str
    key: str
    fingerprint: str

    @classmethod
    def for_body(cls, *, scope: str, key: str, body: bytes) -> IdempotencyKey:
        return cls(scope, key, hashlib.sha256(body).hexdigest())

    @property
    def stored_key(self) -> str:
        digest = hashlib.sha256(f"{self.scope}\0{self.key}".encode()).hexdigest()
        return f"idempotency#{digest}"

    def recall(self) -> dict[str, Any] | None:
        """What the first request with this key made, or None. One read.

        Raises KeyReused when the key came with another body before.
        """
        item = living(self.stored_key)
        if item is None:
            return None
        if item.document["fingerprint"] != self.fingerprint:
            raise KeyReused
        result: dict[str, Any] = item.document["result"]
        return result

    def remember(self, transaction: Transaction, result: dict[str, Any]) -> None:
        """Adds the record to the transaction that makes `result`, before anything else.

        The first failure speaks, and what a repetition makes is usually there already: its
        markers would answer "taken". Commit raises AlreadyDone when another request with this
        key came first.
        """
        transaction.put(
            EphemeralItem(
                self.stored_key,
                expires_at=expiry(KEPT_SECONDS),
                document={"fingerprint": self.fingerprint, "result": result},
            ),
            condition=EphemeralItem.key.does_not_exist() | (EphemeralItem.expires_at <= expiry(0)),
            on_failure=AlreadyDone,
        )
