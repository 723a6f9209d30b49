"""What removals can answer when the answer is no."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from storage.domain import Conflict, Invalid, NotFound


class WrongName(Invalid):
    code = "wrong_name"
    message = _("This is not the name of the organisation.")

    def __init__(self) -> None:
        super().__init__(fields={"name": [self.message]})


class NotDeleted(Conflict):
    code = "not_deleted"
    message = _("This organisation is not deleted.")


class BeingDestroyed(Conflict):
    code = "being_destroyed"
    message = _("This organisation is being destroyed. Nothing brings it back.")


class InvalidRestoreLink(NotFound):
    """One answer for every link that does not work, so that it tells nothing about anybody."""

    code = "invalid_restore_link"
    message = _("This link does not work, or not any more.")


class Overtaken(Exception):
    """Something changed since the job, or an item of its work, was read: look again."""
