"""What exports and erasures can answer when the answer is no."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from storage.domain import Conflict, Invalid


class WrongAddress(Invalid):
    """What was typed to confirm is not the address of whom it is about."""

    code = "wrong_address"
    message = _("This is not the e-mail address of the account.")

    def __init__(self) -> None:
        super().__init__(fields={"email": [self.message]})


class OnlyOwner(Conflict):
    code = "only_owner"
    message = _(
        "An organisation keeps an owner. Make somebody else an owner first, or delete the"
        " organisation."
    )


class NotDeleted(Conflict):
    code = "person_not_deleted"
    message = _("Only people who are deleted already can be erased.")
