"""All incidents of a help desk's log, replayed on the supervisor queue.

    .venv/bin/python -m benchmarks.incident_replay incident_event_log.csv.gz [--every 1]

Not part of `make bench`. The log is the one of the UCI repository, “Incident management process
enriched event log”. Its incidents are asked, assigned, moved, answered and so on, in the order of
the log, by one process with an engine in memory; in the end every request, list, timeline and
counter is as the log says (tests/supervisor/help_desk.py). It has to be done within a quarter of an
hour, for then whoever took something on first has it no longer.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from benchmarks.environment import application_environment


def replay(log: Path, every: int) -> None:
    from accounts import services as accounts
    from supervisor.entities import LEASE
    from tests.supervisor.help_desk import open_desk
    from tests.supervisor.incidents import read_log

    desk = open_desk(
        accounts.sign_up(
            email="bench@example.com",
            password="correct horse battery",
            name="Bench",
            organisation_name="Bench",
        )
    )
    lines = read_log(log, every)
    started = time.perf_counter()
    desk.replay(lines)
    seconds = time.perf_counter() - started
    assert seconds < LEASE.total_seconds(), f"{seconds:.0f} s: too long for this log"
    desk.assert_ended()
    steps = ", ".join(f"{do.value} {count:,}" for do, count in sorted(desk.done.items()))
    print(
        f"{len(desk.seen):,} incidents, {desk.done.total():,} steps, {seconds:.0f} s: {steps};"
        " everything ended as the log says"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("log", type=Path)
    parser.add_argument("--every", type=int, default=1, help="Each so many-th incident only.")
    options = parser.parse_args()
    with application_environment():
        replay(options.log, options.every)


if __name__ == "__main__":
    main()
