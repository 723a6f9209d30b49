"""The removal of an organisation: deleting, restoring and destroying it, piece by piece."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from accounts.entities import Actor, Organisation, User

_STAMP_BYTES = 12


class Task(StrEnum):
    DELETE = "delete"
    RESTORE = "restore"
    DESTROY = "destroy"


@dataclass(frozen=True, slots=True)
class Job:
    """What is being done to an organisation, and how far it has come.

    While there is one, the organisation is deleted: deleting marks it at the beginning, restoring
    takes the mark away at the end. `step` and `position` say what comes next; both are empty in the
    beginning. `stamp` is random, so that no two jobs are ever the same. `settled_at` is when
    nothing that began before the organisation was deleted can still be under way. `site` is what
    links in mails begin with.
    """

    org_id: str
    task: Task
    actor_id: str
    actor_name: str
    begun_at: datetime
    settled_at: datetime
    step: str = ""
    position: str = ""
    site: str = ""
    stamp: str = field(default_factory=lambda: secrets.token_urlsafe(_STAMP_BYTES))
    version: int | None = None

    @property
    def id(self) -> str:
        return job_id(self.org_id)

    @property
    def actor(self) -> Actor:
        """Who asked; for the history, not for what may be done."""
        return Actor(self.actor_id, self.org_id, self.actor_name)

    @property
    def is_settled(self) -> bool:
        return self.settled_at.timestamp() <= time.time()

    def at(self, step: str, position: str) -> Job:
        return replace(self, step=step, position=position, version=(self.version or 0) + 1)


@dataclass(frozen=True, slots=True)
class RestoreLink:
    """`token` is what the address of the page ends with; whoever has it can restore."""

    organisation: Organisation
    user: User
    expires_at: datetime
    token: str = field(repr=False)


def job_id(org_id: str) -> str:
    """The same for all jobs of an organisation, for there is one at a time at most. What was
    deleted by it says so under this id, until it is restored."""
    return f"JOB-{org_id.removeprefix('ORG-')}"
