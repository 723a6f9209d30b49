"""What people are told when something happened to their account, so that a stranger is noticed."""

from __future__ import annotations

from contextlib import suppress

from django.urls import reverse

from accounts import mail
from accounts.entities import User
from accounts.errors import MailNotSent


def tell_of_new_password(user: User) -> None:
    """What it is about is done; a mail that fails is in the log."""
    with suppress(MailNotSent):
        mail.send(
            "password_changed",
            to=user.email,
            language=mail.spoken(user.language),
            name=user.name,
            forgot_link=mail.absolute(None, reverse("accounts:forgot")),
        )
