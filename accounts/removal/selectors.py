"""Reads of removals."""

from __future__ import annotations

from accounts.entities import Actor
from accounts.errors import PermissionDenied
from accounts.removal import repository
from accounts.removal.entities import Job, Task


def pending_jobs(actor: Actor) -> list[Job]:
    """What is not finished, of all organisations; for the server itself. One query for each
    hundred. Raises PermissionDenied."""
    if not actor.is_system:
        raise PermissionDenied
    return list(repository.pending_jobs())


def task_of(org_id: str) -> Task | None:
    """What is being done to an organisation. One read."""
    job = repository.find_job(org_id)
    return None if job is None else job.task
