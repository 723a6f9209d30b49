"""Storing that deadlines have passed. Nobody waits for it: what is overdue is shown as timed out
anyway. Any number of sweepers may work at once, and each request times out once."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial

from supervisor import repository, services
from supervisor.entities import now_in_milliseconds
from supervisor.rounds import survived

_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Swept:
    """How many requests this sweeper has timed out, for how many another one was faster, and how
    often something was in the way: those are left for the next one."""

    timed_out: int
    lost: int
    failed: int = 0


def sweep() -> Swept:
    """Everything that is overdue when it begins: a query and a read for each hundred, a transaction
    each."""
    now = now_in_milliseconds()
    done: Counter[bool | None] = Counter()
    for partition in repository.partitions_of_deadlines():
        after = None
        while True:
            read = partial(repository.overdue, partition, now=now, most=_AT_ONCE, after=after)
            found = survived(read, otherwise=None)
            if found is None:
                done[None] += 1
                break
            late, after = found
            for request in late:
                done[survived(partial(services.time_out, request), otherwise=None)] += 1
            if after is None:
                break
    return Swept(timed_out=done[True], lost=done[False], failed=done[None])
