from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext as _

from supervisor.notifying import Notified, notify
from supervisor.rounds import in_rounds


class Command(BaseCommand):
    help = "Tells supervisors on duty by e-mail what waits. Any number may run at once."

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
            done = notify()
            if pause is None or done != Notified():
                text = _("Mails sent: %(sent)d, to be tried again: %(failed)d.")
                self.stdout.write(text % {"sent": done.sent, "failed": done.failed + done.left})
            return done.failed + done.left

        in_rounds(work, every=pause)
