"""Counting attempts in the store, so that a limit holds over all processes and instances."""

from __future__ import annotations

import hashlib
import hmac
import math
import time
from dataclasses import dataclass

from storage.client import call
from storage.configuration import configuration
from storage.domain import TooMany
from storage.ephemeral import EphemeralItem


@dataclass(frozen=True, slots=True)
class Throttle:
    """At most `limit` attempts per key in each window of `window_seconds`.

    Count first, then do the work: counting afterwards lets simultaneous attempts through.
    Keys are stored as keyed hashes, for they are addresses of people and of machines.
    """

    name: str
    limit: int
    window_seconds: int

    def hit(self, key: str) -> None:
        """Counts one attempt (one write). Raises TooMany once the window's limit is passed."""
        now = time.time()
        window_end = (math.floor(now / self.window_seconds) + 1) * self.window_seconds
        answer = call(
            "UpdateItem",
            {
                "TableName": EphemeralItem.physical_name(),
                "Key": {"key": {"S": self._stored_key(key, window_end)}},
                "UpdateExpression": "ADD attempts :one SET expires_at = :end",
                "ExpressionAttributeValues": {
                    ":one": {"N": "1"},
                    ":end": {"N": str(window_end + self.window_seconds)},
                },
                "ReturnValues": "UPDATED_NEW",
            },
        )
        attempts = int(answer["Attributes"]["attempts"]["N"])
        if attempts > self.limit:
            wait = max(1, math.ceil(window_end - now))
            raise TooMany(retry_after=wait, first=attempts == self.limit + 1)

    def clear(self, key: str) -> None:
        """Forgets the attempts of the current window, after a success."""
        window_end = (math.floor(time.time() / self.window_seconds) + 1) * self.window_seconds
        call(
            "DeleteItem",
            {
                "TableName": EphemeralItem.physical_name(),
                "Key": {"key": {"S": self._stored_key(key, window_end)}},
            },
        )

    def forgive(self, key: str) -> None:
        """Takes back one attempt, so that successes do not count and failures still do."""
        window_end = (math.floor(time.time() / self.window_seconds) + 1) * self.window_seconds
        stored_key = self._stored_key(key, window_end)
        # The window may have ended since the attempt; then there is nothing to take back.
        EphemeralItem.amend(
            stored_key,
            actions=[EphemeralItem.attempts.add(-1)],
            condition=EphemeralItem.attempts > 0,
        )

    def _stored_key(self, key: str, window_end: int) -> str:
        secret = configuration().cursor_secret
        digest = hmac.new(secret, f"{self.name}\0{key}".encode(), hashlib.sha256).hexdigest()
        return f"throttle#{self.name}#{digest[:32]}#{window_end}"
