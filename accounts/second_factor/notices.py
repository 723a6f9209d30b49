"""What people are told by mail when their second factor changes, so that a stranger is noticed."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from accounts import mail
from accounts.entities import User
from accounts.errors import MailNotSent


@dataclass(frozen=True, slots=True)
class Notice:
    """Lazy texts, for they are said in the language of whoever gets them."""

    subject: object
    sentence: object


SWITCHED_ON = Notice(
    _("Your second factor is on"),
    _("From now on logging in to Backroom takes your password and a code of your app."),
)
SWITCHED_OFF = Notice(
    _("Your second factor is off"),
    _("From now on logging in to Backroom takes your password only."),
)
CODES_RENEWED = Notice(
    _("You have new recovery codes"),
    _("Your earlier recovery codes do not work any more."),
)
CODE_USED = Notice(
    _("A recovery code was used"),
    _("Somebody logged in to your account with one of your recovery codes."),
)
LOCKED = Notice(
    _("Somebody tried codes of your second factor"),
    _("There were too many wrong codes, by somebody who knows your password or is logged in."),
)


def send(notice: Notice, user: User, *, own: bool = True, left: int | None = None) -> None:
    """What it is about is done already; a mail that fails is in the log. `left` recovery codes;
    `own` where `user` did it, as far as one can tell."""
    with suppress(MailNotSent):
        mail.send(
            "security_notice",
            to=user.email,
            language=mail.spoken(user.language) if own else user.language,
            person=user.name,
            notice=notice,
            left=left,
        )
