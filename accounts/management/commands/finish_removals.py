from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.management.removals import said
from accounts.people.expired_invitations import remove_long_expired
from accounts.removal.finishing import FAILURES, finish_erasures, finish_jobs


class Command(BaseCommand):
    help = (
        "Goes on with organisations that are being deleted, restored or destroyed, and with people"
        " who are being erased, and removes invitations that expired more than 30 days ago. Any"
        " number of these may run at once, and be killed at any moment."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--loop",
            type=float,
            metavar="SECONDS",
            help="Look again, so many seconds after being done, without end.",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        failed = self._finish()
        while options["loop"]:
            time.sleep(options["loop"])
            failed = self._finish()
        if failed:
            raise CommandError(_("Not finished: %(ids)s.") % {"ids": ", ".join(failed)})

    def _finish(self) -> list[str]:
        """What the store was in the way of."""
        failed = []
        for job, outcome in finish_jobs():
            if isinstance(outcome, Exception):
                self.stderr.write(f"{job.org_id}  {outcome}")
                failed.append(job.org_id)
            else:
                self.stdout.write(f"{job.org_id}  {said(job.task, outcome)}")
        for erasure, error in finish_erasures():
            if error is not None:
                self.stderr.write(f"{erasure.pk}  {error}")
                failed.append(erasure.pk)
            else:
                self.stdout.write(_("%(id)s  Erased.") % {"id": erasure.pk})
        try:
            count = remove_long_expired()
        except FAILURES as refusal:
            self.stderr.write(f"INVITATION  {refusal}")
            failed.append("INVITATION")
        else:
            if count:
                text = ngettext(
                    "%(count)d invitation that had expired long ago is removed.",
                    "%(count)d invitations that had expired long ago are removed.",
                    count,
                )
                self.stdout.write(text % {"count": count})
        return failed
