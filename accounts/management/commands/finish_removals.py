from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.entities import Actor
from accounts.errors import ChangedMeanwhile
from accounts.management.removals import said
from accounts.people.expired_invitations import remove_long_expired
from accounts.personal_data.erasure import due_erasures
from accounts.personal_data.erasure import finish as finish_erasure
from accounts.removal import runner
from accounts.removal.selectors import pending_jobs
from storage.errors import StoreError
from storage.explanations import STORE_FAILURES


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
        for job in pending_jobs(Actor.system(org_id="")):
            try:
                outcome = runner.work_on(job.org_id)
            except (StoreError, *STORE_FAILURES) as error:
                self.stderr.write(f"{job.org_id}  {error}")
                failed.append(job.org_id)
            else:
                self.stdout.write(f"{job.org_id}  {said(job.task, outcome)}")
        for erasure in due_erasures():
            try:
                finish_erasure(erasure)
            except (StoreError, ChangedMeanwhile) as error:
                self.stderr.write(f"{erasure.pk}  {error}")
                failed.append(erasure.pk)
            else:
                self.stdout.write(_("%(id)s  Erased.") % {"id": erasure.pk})
        try:
            count = remove_long_expired()
        except (StoreError, *STORE_FAILURES) as error:
            self.stderr.write(f"INVITATION  {error}")
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
