"""Works on jobs: a piece, then its place in the job, then the next piece.

Whoever dies, dies between two places, and the piece at hand is repeated. Several may work on one
job: a piece is written under the condition that the job has not gone on, and whoever comes second
looks where it is now. So nobody has to hold a lease, and none has to run out.
"""

from __future__ import annotations

import time
from enum import Enum

from accounts.removal import plan, repository
from accounts.removal.entities import Job
from accounts.removal.errors import Overtaken
from storage.errors import StoreBusy
from storage.pauses import ATTEMPTS, pause


class Outcome(Enum):
    DONE = "done"
    WAITING = "waiting"
    UNFINISHED = "unfinished"


def work_on(org_id: str, *, seconds: float | None = None) -> Outcome:
    """Does what is to be done to an organisation, for about so long; without end by default.

    DONE where there is nothing (more) to do, WAITING until the job has settled. Raises
    StoreUnavailable; the job then goes on from there another time.
    """
    deadline = None if seconds is None else time.monotonic() + seconds
    job = repository.find_job(org_id)
    overtaken = 0
    while job is not None:
        if deadline is not None and time.monotonic() >= deadline:
            return Outcome.UNFINISHED
        try:
            following = _do_a_piece(job)
        except Overtaken:
            overtaken += 1
            if overtaken > ATTEMPTS:
                raise StoreBusy(f"overtaken {overtaken} times in a row") from None
            pause(overtaken)
            job = repository.find_job(org_id)
            continue
        overtaken = 0
        if following is job:
            return Outcome.WAITING
        job = following
    return Outcome.DONE


def _do_a_piece(job: Job) -> Job | None:
    """The job at its next place: None at its end, the same one where it has to wait."""
    steps = plan.steps_of(job.task)
    names = [step.name for step in steps]
    if job.step == plan.END:
        back = plan.end(job)
        return repository.advance(job, back, "") if back else None
    if job.step not in names:
        # Of another release, perhaps: from the beginning, for every step can be repeated.
        return repository.advance(job, names[0], "")
    number = names.index(job.step)
    step = steps[number]
    if step.waits and not job.is_settled:
        return job
    position = step.work(job)
    if position is not None:
        return repository.advance(job, step.name, position)
    return repository.advance(job, names[number + 1] if number + 1 < len(names) else plan.END, "")
