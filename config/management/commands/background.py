from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand

from config import scheduled

log = logging.getLogger("backroom.background")

Work = Callable[[], object]
# Seconds between the rounds of each.
ROUNDS: dict[Work, float] = {
    scheduled.deliver_webhooks: 5,
    scheduled.sweep_requests: 30,
    scheduled.notify_supervisors: 60,
    scheduled.finish_removals: 60,
}


class Command(BaseCommand):
    help = (
        "Times out requests, calls askers, tells supervisors and finishes removals, again and again"
        " until interrupted: all that has to happen without anybody looking. Any number may run at"
        " once."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        due = dict.fromkeys(ROUNDS, time.monotonic())
        try:
            while True:
                do_what_is_due(due, ROUNDS, time.monotonic)
                time.sleep(max(0.0, min(due.values()) - time.monotonic()))
        except KeyboardInterrupt:
            return


def do_what_is_due(
    due: dict[Work, float], pauses: dict[Work, float], now: Callable[[], float]
) -> None:
    """Notes when each is due again, so many seconds after it has ended. What goes wrong is logged
    and left for the next round."""
    for work, moment in list(due.items()):
        if moment > now():
            continue
        try:
            work()
        except Exception:
            log.exception("A round of background work failed.")
        due[work] = now() + pauses[work]
