"""What timers run elsewhere, as functions for scheduled events on AWS Lambda.

Each does one round of the command of its name, writes counts into the log unless there was nothing
to do, and returns them as JSON can say them. Any number may run at once and be cut off at any
moment: the next one goes on. What something was in the way of is counted and left for it, so
nothing is raised for that.
"""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import django
from django.apps import apps

log = logging.getLogger("backroom.scheduled")

Count = dict[str, int]
# To end what is under way, and to say what was done.
_TO_END_SECONDS = 3.0


def sweep_requests(_event: Any = None, _context: Any = None) -> Count:
    _set_up()
    from supervisor.by_the_way import do_by_the_way
    from supervisor.sweeping import sweep

    counts = asdict(sweep())
    counts["failed"] += do_by_the_way()
    return _noted("sweep_requests", counts)


def deliver_webhooks(_event: Any = None, context: Any = None) -> Count:
    """Begins no call that the function has no time for any more."""
    _set_up()
    from supervisor.callbacks.delivering import ROUND_SECONDS, deliver
    from supervisor.callbacks.sending import LONGEST_SECONDS

    seconds = min(ROUND_SECONDS, _seconds_left(context)() - LONGEST_SECONDS)
    return _noted("deliver_webhooks", asdict(deliver(seconds=seconds)))


def notify_supervisors(_event: Any = None, _context: Any = None) -> Count:
    _set_up()
    from supervisor.notifying import notify

    done = notify()
    return _noted("notify_supervisors", asdict(done), failed=done.failed + done.left)


def forget_callers(_event: Any = None, _context: Any = None) -> Count:
    _set_up()
    from supervisor.forgetting import forget_callers as forget

    return _noted("forget_callers", {"forgotten": forget()})


def finish_removals(_event: Any = None, context: Any = None) -> Count:
    """`unfinished` are organisations that no time was left for, or whose time has not come."""
    _set_up()
    from accounts.people.expired_invitations import remove_long_expired
    from accounts.removal.finishing import FAILURES, finish_erasures, finish_jobs
    from accounts.removal.runner import Outcome

    counts: Counter[str] = Counter(finished=0, unfinished=0, invitations=0)
    errors: list[Exception] = []
    for _job, outcome in finish_jobs(_seconds_left(context)):
        if isinstance(outcome, Exception):
            errors.append(outcome)
        else:
            counts["finished" if outcome is Outcome.DONE else "unfinished"] += 1
    for _erasure, error in finish_erasures():
        if error is None:
            counts["finished"] += 1
        else:
            errors.append(error)
    try:
        counts["invitations"] = remove_long_expired()
    except FAILURES as error:
        errors.append(error)
    for kind in {type(error).__name__ for error in errors}:
        log.warning("left for the next time", extra={"fields": {"error": kind}})
    return _noted("finish_removals", {**counts, "failed": len(errors)})


def _set_up() -> None:
    """An event may be the first thing that a new process sees."""
    if not apps.ready:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        django.setup()


def _seconds_left(context: Any) -> Callable[[], float]:
    """Until the function is cut off; for ever where nobody says when."""
    if context is None:
        return lambda: float("inf")
    return lambda: context.get_remaining_time_in_millis() / 1000 - _TO_END_SECONDS


def _noted(work: str, counts: Mapping[str, int], *, failed: int | None = None) -> Count:
    """`failed` is that of the counts, if nobody says otherwise."""
    said = {name: int(count) for name, count in counts.items()}
    if said.get("failed") if failed is None else failed:
        level = logging.WARNING
    else:
        level = logging.INFO if any(said.values()) else logging.DEBUG
    log.log(level, "scheduled work", extra={"fields": {"work": work, **said}})
    return said
