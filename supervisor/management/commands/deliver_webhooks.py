from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext as _

from supervisor.callbacks.delivering import Delivered, deliver
from supervisor.rounds import in_rounds


class Command(BaseCommand):
    help = "Calls the askers that wait for news. Any number may run at once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--every",
            type=float,
            metavar="SECONDS",
            help="Go on until interrupted, so long after each round.",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        pause: float | None = options["every"]

        def work() -> int:
            done = deliver()
            failed = done.failed
            if pause is None or done != Delivered():
                text = _(
                    "Calls received: %(received)d, to be tried again: %(postponed)d,"
                    " given up: %(given_up)d."
                )
                said = {
                    "received": done.received,
                    "postponed": done.postponed,
                    "given_up": done.given_up,
                }
                self.stdout.write(text % said)
            # With pauses the rest is for the next round.
            return failed + work() if done.left and pause is None else failed

        in_rounds(work, every=pause)
