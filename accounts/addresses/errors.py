"""What proving an address can answer when the answer is no."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from storage.domain import Invalid, NotFound


class InvalidLink(NotFound):
    """One answer for every link that does not work, so that it tells nothing about anybody."""

    code = "invalid_link"
    message = _("This link does not work, or not any more.")


class SameEmail(Invalid):
    code = "same_email"
    message = _("This is your e-mail address already.")

    def __init__(self) -> None:
        super().__init__(fields={"email": [self.message]})
