"""A call to the asker's address: what it says, and when it is tried again. Pure."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from supervisor.entities import Code, Request

FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=4)
SHORTEST_PUT_OFF = timedelta(minutes=1)
GIVEN_UP_AFTER = timedelta(days=1)
KEPT = timedelta(days=30)
GONE = 410


class Event(StrEnum):
    ANSWERED = "request.answered"
    CORRECTED = "request.corrected"
    TIMED_OUT = "request.timed_out"
    CANCELLED = "request.cancelled"


class State(StrEnum):
    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


class CallProblem(StrEnum):
    """Why there was no usable answer."""

    ADDRESS_REFUSED = "address_refused"
    NAME_NOT_FOUND = "name_not_found"
    NO_CONNECTION = "no_connection"
    CERTIFICATE = "certificate"
    TIME_OUT = "time_out"
    BROKEN_ANSWER = "broken_answer"
    INTERNAL = "internal"
    NOT_ALLOWED = "not_allowed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one attempt: the status of the answer, or else the problem."""

    status: int | None = None
    problem: CallProblem | None = None

    @property
    def is_delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_final(self) -> bool:
        """Whether trying again is pointless: the receiver says that it is gone for good, or its
        address is one that is never called."""
        return self.status == GONE or self.problem is CallProblem.ADDRESS_REFUSED


@dataclass(frozen=True, slots=True)
class Attempt:
    at: datetime
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to `url`; `body` is the JSON text, the same at every attempt; `asked_by`
    is the id of who is told it.

    While it waits, `next_at` is when it is due; while somebody sends it, when others may.
    """

    id: str
    org_id: str
    store_id: str
    request_id: str
    asked_by: str
    event: Event
    url: str
    body: str
    made_at: datetime
    next_at: datetime | None
    state: State = State.WAITING
    attempts: tuple[Attempt, ...] = ()

    @staticmethod
    def new_id() -> str:
        return f"DELIVERY-{uuid.uuid4()}"

    @property
    def host(self) -> str:
        """All of the address that everybody may see: what follows can be a secret."""
        return urlsplit(self.url).hostname or ""

    def held_until(self, moment: datetime) -> Delivery:
        return replace(self, next_at=moment)

    def put_off(self, now: datetime) -> Delivery:
        """For others to have their turn first: half as long again as it has waited already, so one
        that waits for long is rarely looked at. It counts as no attempt."""
        pause = min(max((now - self.made_at) / 2, SHORTEST_PUT_OFF), LONGEST_PAUSE)
        return self.held_until(now + pause)

    def after(self, attempt: Attempt, chance: float) -> Delivery:
        """`chance` between 0 and 1 spreads what failed at the same moment."""
        tried = replace(self, attempts=(*self.attempts, attempt))
        if attempt.outcome.is_delivered:
            return replace(tried, state=State.DELIVERED, next_at=None)
        next_at = attempt.at + pause_after(len(tried.attempts), chance)
        if attempt.outcome.is_final or next_at > self.made_at + GIVEN_UP_AFTER:
            return replace(tried, state=State.FAILED, next_at=None)
        return replace(tried, next_at=next_at)


def pause_after(attempts: int, chance: float) -> timedelta:
    """Doubles from FIRST_PAUSE up to LONGEST_PAUSE, less up to a half of it by chance."""
    pause = min(FIRST_PAUSE * 2 ** min(attempts - 1, 20), LONGEST_PAUSE)
    milliseconds = int(pause / timedelta(milliseconds=1) * (1 - chance / 2))
    return timedelta(milliseconds=milliseconds)


def event_of(before: Request, after: Request) -> Event | None:
    """What the asker is told when one becomes the other, None for what is no news to them."""
    if before.code is not after.code:
        return {
            Code.RESPONSE_RECEIVED: Event.ANSWERED,
            Code.TIMEOUT: Event.TIMED_OUT,
            Code.CANCELLED: Event.CANCELLED,
        }.get(after.code)
    # Who is erased leaves the answer as it is, without their name.
    return None if _said(before) == _said(after) else Event.CORRECTED


def _said(request: Request) -> tuple[str, datetime] | None:
    return (request.answer.text, request.answer.at) if request.answer else None
