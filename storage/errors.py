"""Errors of the storage layer itself; what an app may answer is in `storage.domain`."""

from __future__ import annotations

from dataclasses import dataclass


class StoreError(Exception):
    """Something about the store; the request cannot be answered as it is."""


class StoreUnavailable(StoreError):
    """The store did not answer in time, refused the connection, or throttled every attempt."""


class StoreBusy(StoreUnavailable):
    """Other transactions kept touching the same items until the attempts ran out."""


class InvalidCursor(StoreError):
    """A cursor that this application did not sign, or signed for another list."""


class TransactionTooLarge(StoreError):
    """More than the 100 actions that DynamoDB takes in one transaction."""


@dataclass(frozen=True, slots=True)
class CancellationReason:
    """Why one operation failed: DynamoDB's code, e.g. `ConditionalCheckFailed`, and its text."""

    code: str
    message: str = ""


class TransactionCancelled(StoreError):
    """`reasons[i]` belongs to the i-th operation as the caller added it; None where it was fine."""

    def __init__(self, reasons: tuple[CancellationReason | None, ...]) -> None:
        self.reasons = reasons
        failed = [f"#{i}: {reason.code}" for i, reason in enumerate(reasons) if reason]
        super().__init__("transaction cancelled: " + ", ".join(failed))


class EngineError(StoreError):
    """The embedded engine cannot run; the message is one sentence for the person who started it."""


class EngineMissing(EngineError):
    """There is no engine for this platform."""


class EngineLocked(EngineError):
    """Another process uses the data."""


class EngineDamaged(EngineError):
    """The data file is not what it should be; it was left untouched."""
