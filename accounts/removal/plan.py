"""Which steps a job has, and in which order.

Deleting tells the owners first, so that whoever did not mean it hears of it at once. Restoring
opens the organisation last, so that nobody finds half of it. Where a step must not miss what began
before the organisation was deleted, it waits until that has settled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from accounts.removal import repository, steps
from accounts.removal.entities import Job, Task
from accounts.removal.followers import Piece, followers
from storage.transactions import Transaction

END = "end"


@dataclass(frozen=True, slots=True)
class Step:
    """`work` does a piece of it and says where the next begins; None at its end."""

    name: str
    work: Callable[[Job], str | None]
    waits: bool = False


def steps_of(task: Task) -> Sequence[Step]:
    """Without the end."""
    if task is Task.DELETE:
        return (
            Step("owners", steps.tell_owners),
            *_of_followers(task),
            Step("members", steps.delete_members),
            *_of_followers(task, again="late "),
        )
    if task is Task.RESTORE:
        return (Step("members", steps.restore_members), *_of_followers(task))
    return (*_of_followers(task, waits=True), Step("members", steps.destroy_members, waits=True))


def end(job: Job) -> str:
    """Empty when the job is done, else the name of the step to go back to."""
    if job.task is Task.DELETE:
        steps.close(job)
    elif job.task is Task.RESTORE:
        steps.reopen(job)
    elif not steps.erase(job):
        return "members"
    return ""


def _of_followers(task: Task, *, again: str = "", waits: bool = False) -> list[Step]:
    def step(follow: Callable[[Piece], str | None]) -> Callable[[Job], str | None]:
        return lambda job: follow(_piece(job))

    return [
        Step(f"{again}{follower.name}", step(getattr(follower, task.value)), waits or bool(again))
        for follower in followers()
    ]


def _piece(job: Job) -> Piece:
    def bind(transaction: Transaction) -> None:
        repository.bind(transaction, job)

    return Piece(job.org_id, job.id, job.position, job.actor, bind)
