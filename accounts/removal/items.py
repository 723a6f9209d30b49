"""Removal jobs as items of the table `accounts`, and back.

A job is `ORG-…` / `JOB-…`, with the uuid of its organisation. The document in `job` is compared
as a whole wherever a job is changed or relied on, so its members are always in the same order.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pynamodb.expressions.condition import Condition

from accounts.removal.entities import Job, Task
from accounts.tables import AccountItem, at_version, item_type

JOB = "JOB"


def job_item(job: Job) -> AccountItem:
    item = AccountItem(
        job.org_id,
        job.id,
        item_type=item_type(JOB, job.id),
        id=job.id,
        org_id=job.org_id,
        job=document_of(job),
    )
    return at_version(item, job.version)


def job_of(item: AccountItem) -> Job:
    said = item.job
    return Job(
        org_id=item.org_id,
        task=Task(said["task"]),
        actor_id=said["actor_id"],
        actor_name=said["actor_name"],
        begun_at=datetime.fromtimestamp(said["begun_at"], UTC),
        settled_at=datetime.fromtimestamp(said["settled_at"], UTC),
        step=said["step"],
        position=said["position"],
        site=said["site"],
        stamp=said["stamp"],
        version=item.version,
    )


def document_of(job: Job) -> dict[str, Any]:
    return {
        "task": job.task.value,
        "step": job.step,
        "position": job.position,
        "actor_id": job.actor_id,
        "actor_name": job.actor_name,
        "begun_at": int(job.begun_at.timestamp()),
        "settled_at": int(job.settled_at.timestamp()),
        "site": job.site,
        "stamp": job.stamp,
    }


def is_still(job: Job) -> Condition:
    condition: Condition = AccountItem.job == document_of(job)
    return condition


def kind_of(item: AccountItem) -> str:
    """`USER`, `STORE`, …; empty for a marker, which stands for another item."""
    stored: str = item.item_type or ""
    return stored.partition("#")[0]
