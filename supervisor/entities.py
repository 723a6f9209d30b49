"""A request, what may happen to it, and when. Pure: no framework, no store.

A request is `PENDING` until it is answered, timed out or cancelled; `code` says which of these.
Whether it is overdue depends on the clock alone: `as_of` is what everybody is shown and what every
rule looks at, whether or not somebody has stored it yet.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Self

from supervisor.keys import HIGHEST_PRIORITY

_ID_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
ID_LENGTH = 16
LEASE = timedelta(minutes=15)
LONGEST_EXCERPT = 160
# Twelve texts of 5,000 characters stay below the 400 KB that an item may have.
MOST_EARLIER_ANSWERS = 10
MOST_ADDITIONS = 10


class RequestStatus(StrEnum):
    PENDING = "PENDING"
    NOT_PENDING = "NOT_PENDING"


class Code(StrEnum):
    PENDING_RESPONSE = "PENDING_RESPONSE"
    TIMEOUT = "TIMEOUT"
    RESPONSE_RECEIVED = "RESPONSE_RECEIVED"
    CANCELLED = "CANCELLED"

    @property
    def status(self) -> RequestStatus:
        return RequestStatus.PENDING if self is Code.PENDING_RESPONSE else RequestStatus.NOT_PENDING


class Urgency(StrEnum):
    """What people call priorities, from the least."""

    WHENEVER = "whenever"
    TODAY = "today"
    SOON = "soon"
    AT_ONCE = "at_once"

    @property
    def priorities(self) -> range:
        """Three each, and the highest alone."""
        lowest = list(Urgency).index(self) * 3
        return range(lowest, min(lowest + 3, HIGHEST_PRIORITY + 1))

    @classmethod
    def of(cls, priority: int) -> Urgency:
        return list(cls)[priority // 3]


class Step(StrEnum):
    """What can be done with a request that is there."""

    CLAIM = "claim"
    RELEASE = "release"
    ASSIGN = "assign"
    PRIORITISE = "prioritise"
    NOTE = "note"
    ADD = "add"
    ANSWER = "answer"
    CORRECT = "correct"
    CANCEL = "cancel"
    TIME_OUT = "time_out"
    REOPEN = "reopen"
    FORGET_CALLER = "forget_caller"


_WAITING = Code.PENDING_RESPONSE
TRANSITIONS: Mapping[tuple[Code, Step], Code] = MappingProxyType(
    {
        **{
            (_WAITING, step): _WAITING
            for step in (Step.CLAIM, Step.RELEASE, Step.ASSIGN, Step.PRIORITISE, Step.ADD)
        },
        (_WAITING, Step.ANSWER): Code.RESPONSE_RECEIVED,
        (_WAITING, Step.CANCEL): Code.CANCELLED,
        (_WAITING, Step.TIME_OUT): Code.TIMEOUT,
        (Code.TIMEOUT, Step.REOPEN): _WAITING,
        (Code.RESPONSE_RECEIVED, Step.CORRECT): Code.RESPONSE_RECEIVED,
        **{(code, Step.NOTE): code for code in Code},
        **{(code, Step.FORGET_CALLER): code for code in Code},
    }
)
"""(what it is, what is done) → what it is afterwards. Anything else is refused."""


@dataclass(frozen=True, slots=True)
class Person:
    user_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Answer:
    text: str
    by: Person
    at: datetime


@dataclass(frozen=True, slots=True)
class Handling:
    """Who is on it. Until `until` nobody else can claim it."""

    by: Person
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Question:
    """What the asker says, checked (`supervisor.rules`). `priority` is 0 to 9, 9 most urgent.
    `reference` is a product or an order, in the asker's own words."""

    header: str
    body: str
    caller_name: str = ""
    phone_number: str = field(default="", repr=False)
    reference: str = ""
    priority: int = 0
    tags: frozenset[str] = frozenset()

    @property
    def names_caller(self) -> bool:
        return bool(self.caller_name or self.phone_number)

    @property
    def excerpt(self) -> str:
        """How the body begins, in one line."""
        line = " ".join(self.body.split())
        if len(line) <= LONGEST_EXCERPT:
            return line
        return f"{line[: LONGEST_EXCERPT - 1].rstrip()}…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What the rules of time look at, of a request as of its summary. `closed_at` is when it
    stopped waiting; of one that timed out, `missed_by` is the id of whoever was on it then."""

    id: str
    org_id: str
    store_id: str
    asked_by: Person
    asked_at: datetime
    deadline: datetime
    code: Code = _WAITING
    handling: Handling | None = None
    closed_at: datetime | None = None
    missed_by: str = ""
    version: int | None = None

    @property
    def status(self) -> RequestStatus:
        return self.code.status

    def as_of(self, now: datetime) -> Self:
        """What it is at that moment: timed out once its deadline has passed, and no longer in the
        hands of somebody whose lease has ended."""
        if self.code is not _WAITING:
            return self
        if self.deadline < now:
            return self.timed_out()
        if self.handling is not None and self.handling.until <= now:
            return replace(self, handling=None)
        return self

    def timed_out(self) -> Self:
        """By the clock, not by who noticed."""
        handling = self.handling
        missed_by = handling.by.user_id if handling and handling.until > self.deadline else ""
        return replace(
            self,
            code=Code.TIMEOUT,
            closed_at=self.deadline,
            handling=None,
            missed_by=missed_by,
        )

    def allows(self, step: Step) -> bool:
        return (self.code, step) in TRANSITIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary(Case):
    """What lists show of a request: neither its caller nor its answer. It is read and never
    written."""

    header: str
    excerpt: str
    reference: str
    priority: int
    tags: frozenset[str]
    answered_by: Person | None = None


@dataclass(frozen=True, slots=True)
class Addition:
    """What whoever asked has added to the question while it waited."""

    text: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Request(Case):
    """`additions` are oldest first, and so are `earlier_answers`, the last ten that were corrected.
    `time_zone` is the IANA name of where the store was when it was asked. `callback_url` is called
    when there is news for the asker, if it is not empty."""

    question: Question
    additions: tuple[Addition, ...] = ()
    answer: Answer | None = None
    earlier_answers: tuple[Answer, ...] = ()
    time_zone: str = "UTC"
    callback_url: str = field(default="", repr=False)

    @staticmethod
    def new_id() -> str:
        return "".join(secrets.choice(_ID_ALPHABET) for _ in range(ID_LENGTH))

    @property
    def audit_subject(self) -> str:
        return f"request#{self.id}"

    @property
    def summary(self) -> Summary:
        question = self.question
        return Summary(
            **{one.name: getattr(self, one.name) for one in fields(Case)},
            header=question.header,
            excerpt=question.excerpt,
            reference=question.reference,
            priority=question.priority,
            tags=question.tags,
            answered_by=self.answer.by if self.answer else None,
        )


def now_in_milliseconds() -> datetime:
    """As precise as keys are."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
