"""What organisations and stores decide about their queues. Pure."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from supervisor.entities import Urgency
from supervisor.rules import RESPONSE_TIMES

MOST_CANNED_ANSWERS = 200


@dataclass(frozen=True, slots=True)
class ResponseTimes:
    """How long supervisors of a store have. Without a `version` the store has said nothing."""

    org_id: str
    store_id: str
    allowances: Mapping[Urgency, timedelta]
    only_opening_hours: bool = False
    version: int | None = None

    @classmethod
    def usual(cls, org_id: str, store_id: str) -> ResponseTimes:
        return cls(org_id, store_id, RESPONSE_TIMES)

    @property
    def audit_subject(self) -> str:
        return f"response-times#{self.store_id}"

    @property
    def minutes(self) -> dict[Urgency, int]:
        return {one: self.allowances[one] // timedelta(minutes=1) for one in Urgency}

    def allowance(self, priority: int) -> timedelta:
        return self.allowances[Urgency.of(priority)]


@dataclass(frozen=True, slots=True)
class CannedAnswer:
    """A text that an organisation often answers with."""

    org_id: str
    id: str
    title: str
    text: str
    version: int | None = None

    @staticmethod
    def new_id() -> str:
        return f"ANSWER-{uuid.uuid4()}"

    @property
    def audit_subject(self) -> str:
        return f"canned-answer#{self.id}"


@dataclass(frozen=True, slots=True)
class Contents:
    """The titles of an organisation's canned answers by their ids, so that a menu of them is one
    read of a few kilobytes."""

    org_id: str
    titles: Mapping[str, str]
    version: int | None = None

    @property
    def in_order(self) -> list[tuple[str, str]]:
        """(id, title) by title."""
        return sorted(self.titles.items(), key=lambda pair: (pair[1].casefold(), pair[0]))
