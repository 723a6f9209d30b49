"""Going on with what takes longer than a request: organisations that are deleted, restored or
destroyed, and people who are erased. Any number may be at it, and be killed at any moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from accounts.entities import Actor
from accounts.errors import ChangedMeanwhile
from accounts.personal_data.entities import Erasure
from accounts.personal_data.erasure import due_erasures
from accounts.personal_data.erasure import finish as finish_erasure
from accounts.removal import runner
from accounts.removal.entities import Job
from accounts.removal.runner import Outcome
from accounts.removal.selectors import pending_jobs
from storage.errors import StoreError
from storage.explanations import STORE_FAILURES

# After which the work goes on from there another time.
FAILURES: tuple[type[Exception], ...] = (StoreError, *STORE_FAILURES)
_OF_ERASURES: tuple[type[Exception], ...] = (*FAILURES, ChangedMeanwhile)


def finish_jobs(
    seconds_left: Callable[[], float] | None = None,
) -> Iterator[tuple[Job, Outcome | Exception]]:
    """What became of each that was unfinished; UNFINISHED where no time was left for it."""
    for job in pending_jobs(Actor.system(org_id="")):
        yield job, _worked_on(job, None if seconds_left is None else seconds_left())


def finish_erasures() -> Iterator[tuple[Erasure, Exception | None]]:
    for erasure in due_erasures():
        yield erasure, _finished(erasure)


def _worked_on(job: Job, seconds: float | None) -> Outcome | Exception:
    try:
        return runner.work_on(job.org_id, seconds=seconds)
    except FAILURES as error:
        return error


def _finished(erasure: Erasure) -> Exception | None:
    try:
        finish_erasure(erasure)
    except _OF_ERASURES as error:
        return error
    return None
