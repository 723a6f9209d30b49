"""Calls to askers, their secret and retention, as JSON says them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from storage.pages import Page
from supervisor.callbacks.entities import Attempt, CallProblem, Delivery, Event, State
from supervisor.callbacks.secret_repository import SigningSecret
from supervisor.callers import Forgotten
from supervisor.retention import MOST_DAYS
from supervisor.retention_repository import Retention


class AttemptOut(BaseModel):
    """`status` is that of the answer; where there was none, `problem` says why."""

    at: datetime
    status: int | None
    problem: CallProblem | None

    @classmethod
    def of(cls, attempt: Attempt) -> Self:
        return cls(at=attempt.at, status=attempt.outcome.status, problem=attempt.outcome.problem)


class DeliveryOut(BaseModel):
    """`host` is of the address that is called; `next_attempt_at` is null when there is none any
    more."""

    id: str
    event: Event
    host: str
    state: State
    made_at: datetime
    next_attempt_at: datetime | None
    attempts: list[AttemptOut]

    @classmethod
    def of(cls, delivery: Delivery) -> Self:
        return cls(
            id=delivery.id,
            event=delivery.event,
            host=delivery.host,
            state=delivery.state,
            made_at=delivery.made_at,
            next_attempt_at=delivery.next_at,
            attempts=[AttemptOut.of(one) for one in delivery.attempts],
        )


class DeliveryPage(BaseModel):
    items: list[DeliveryOut]
    next_cursor: str | None = Field(description="For the next page; null on the last one.")

    @classmethod
    def of(cls, page: Page[Delivery]) -> Self:
        items = [DeliveryOut.of(one) for one in page.items]
        return cls(items=items, next_cursor=page.next_cursor)


class SecretOut(BaseModel):
    """Until `earlier_valid_until` calls are signed with the secret before this one as well."""

    secret: str
    since: datetime
    earlier_valid_until: datetime | None

    @classmethod
    def of(cls, secret: SigningSecret) -> Self:
        until = secret.earlier_until
        still = until if until is not None and until > datetime.now(UTC) else None
        return cls(secret=secret.current, since=secret.since, earlier_valid_until=still)


class NumberIn(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    number: Annotated[str, Field(max_length=40, examples=["+34 600 000 000"])]


class ForgottenOut(BaseModel):
    """How many requests do not name their caller any more. Unless `is_complete`, more may."""

    count: int
    is_complete: bool

    @classmethod
    def of(cls, forgotten: Forgotten) -> Self:
        return cls(count=forgotten.count, is_complete=forgotten.is_complete)


class RetentionIn(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    days: Annotated[int, Field(ge=0, le=MOST_DAYS, description="0 is for good.", examples=[90])]


class RetentionOut(BaseModel):
    """For how many days closed requests name their callers. Version 0 is what holds where an
    organisation has said nothing."""

    days: int
    version: int

    @classmethod
    def of(cls, retention: Retention) -> Self:
        return cls(days=retention.days, version=retention.version or 0)


class StaleRetention(BaseModel):
    current: RetentionOut = Field(description="What is stored now.")
