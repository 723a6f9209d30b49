from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import ngettext

from supervisor.by_the_way import do_by_the_way
from supervisor.rounds import in_rounds
from supervisor.sweeping import sweep


class Command(BaseCommand):
    help = (
        "Times out the requests whose deadline has passed, and once an hour forgets some callers."
        " Removes what is left of stores that are gone. Any number may run at once."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--every",
            type=float,
            metavar="SECONDS",
            help="Go on until interrupted, so long after each sweep.",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        pause: float | None = options["every"]

        def work() -> int:
            swept = sweep()
            if swept.timed_out or pause is None:
                text = ngettext(
                    "%(count)d request timed out.", "%(count)d requests timed out.", swept.timed_out
                )
                self.stdout.write(text % {"count": swept.timed_out})
            return swept.failed + do_by_the_way()

        in_rounds(work, every=pause)
