"""What goes out by e-mail: in the language of whoever gets it, as text and as HTML."""

from __future__ import annotations

import logging
from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation

from accounts.errors import MailNotSent

log = logging.getLogger("backroom.mail")


def send(name: str, *, to: str, language: str = "", **context: Any) -> None:
    """Sends templates/mail/<name>.txt and .html; the first line of the text is the subject.

    `language` as in User; empty is the language of this moment. One attempt, before it returns.
    Raises MailNotSent; the log says why, without the address.
    """
    with translation.override(language or translation.get_language()):
        text = render_to_string(f"mail/{name}.txt", context)
        subject, _, body = text.partition("\n")
        message = EmailMultiAlternatives(subject.strip(), body.strip() + "\n", to=[to])
        message.attach_alternative(render_to_string(f"mail/{name}.html", context), "text/html")
    try:
        message.send()
    # Whatever a back end raises: SMTP, sockets, or a provider's client.
    except Exception as error:
        log.warning(
            "mail not sent", extra={"fields": {"mail": name, "reason": type(error).__name__}}
        )
        raise MailNotSent from error
