"""What supervisors want to be told by e-mail, and what they were told already. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from supervisor import keys
from supervisor.entities import Case, Summary, Urgency

MOST_NAMED_STORES = 100
MOST_MARKS = 4000
LONGEST_LAST_PART = timedelta(hours=1)
_FIRST_PAUSE = timedelta(minutes=1)
_LONGEST_PAUSE = timedelta(hours=1)


class Reason(StrEnum):
    NEW = "new"
    NEAR = "near"


@dataclass(frozen=True, slots=True)
class Notices:
    """What somebody wants to be told while on duty: what is new and at least as urgent as
    `urgency`, and with `near_deadline` whatever is nearly due. `stores` are ids, None for all that
    the person reaches. Without a `version` the person has said nothing."""

    org_id: str
    user_id: str
    on_duty: bool = False
    urgency: Urgency = Urgency.SOON
    near_deadline: bool = True
    stores: frozenset[str] | None = None
    version: int | None = None

    @property
    def audit_subject(self) -> str:
        return f"notices#{self.user_id}"

    def reasons(self, request: Summary, now: datetime) -> list[Reason]:
        """To tell of this waiting request. What is in somebody else's hands is not new."""
        if self.stores is not None and request.store_id not in self.stores:
            return []
        handling = request.handling
        is_free = handling is None or handling.by.user_id == self.user_id
        reasons = []
        if is_free and request.priority >= self.urgency.priorities[0]:
            reasons.append(Reason.NEW)
        if self.near_deadline and is_near_deadline(request, now):
            reasons.append(Reason.NEAR)
        return reasons


def is_near_deadline(request: Case, now: datetime) -> bool:
    return request.deadline - last_part(request) <= now


def last_part(request: Case) -> timedelta:
    """A quarter of the time between question and deadline, an hour at most: then it is near."""
    return min((request.deadline - request.asked_at) / 4, LONGEST_LAST_PART)


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody was told: the deadline of the request by `mark_of`, in milliseconds.

    `at` is when the last mail went, all moments in milliseconds. Until `busy_until` somebody is at
    it. After `failures` in a row nobody tries again before `retry_at`.
    """

    user_id: str
    marks: Mapping[str, int] = field(default_factory=dict)
    at: int = 0
    busy_until: int = 0
    failures: int = 0
    retry_at: int = 0
    revision: int | None = None

    def is_busy(self, now: datetime) -> bool:
        return self.busy_until > _milliseconds(now)

    def is_put_off(self, now: datetime) -> bool:
        return self.retry_at > _milliseconds(now)

    def is_before(self, moment: datetime) -> bool:
        """Whether the last mail went until then."""
        return self.at <= _milliseconds(moment)

    def knows(self, request: Case, reason: Reason) -> bool:
        return mark_of(request, reason) in self.marks

    def after(self, told: Iterable[tuple[Case, Reason]], now: datetime) -> Told:
        """With these, without what is over by now: no request waits longer than to its deadline."""
        new = {
            mark_of(request, reason): _milliseconds(request.deadline) for request, reason in told
        }
        at = _milliseconds(now)
        living = {mark: due for mark, due in {**self.marks, **new}.items() if due >= at}
        kept = sorted(living.items(), key=lambda pair: pair[1], reverse=True)[:MOST_MARKS]
        return replace(self, marks=dict(kept), at=at, busy_until=0, failures=0, retry_at=0)

    def failed(self, now: datetime) -> Told:
        """A mail could not be sent: the pause before the next attempt is twice as long each time,
        an hour at most."""
        pause = min(_FIRST_PAUSE * 2 ** min(self.failures, 10), _LONGEST_PAUSE)
        retry_at = _milliseconds(now + pause)
        return replace(self, busy_until=0, failures=self.failures + 1, retry_at=retry_at)


def mark_of(request: Case, reason: Reason) -> str:
    """With the deadline, so that one that was reopened is told again."""
    return f"{request.id}.{reason}.{keys.stamp(request.deadline)}"


def _milliseconds(moment: datetime) -> int:
    return int(keys.stamp(moment))
