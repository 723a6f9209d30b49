"""What goes out by e-mail: in the language of whoever gets it, as text and as HTML."""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import translation

from accounts.errors import MailNotSent

log = logging.getLogger("backroom.mail")

# Out-of-office replies and the like are not for us (RFC 3834).
_HEADERS = {"Auto-Submitted": "auto-generated"}


def send(name: str, /, *, to: str, language: str = "", **context: Any) -> None:
    """Sends templates/mail/<name>.txt and .html; the first line of the text is the subject.

    `language` as in User; empty is that of the site. Both templates know `context` and
    `subject`. One attempt, before it returns. Raises MailNotSent; the log says why, without the
    address.
    """
    with translation.override(language or settings.LANGUAGE_CODE):
        subject, _, body = render_to_string(f"mail/{name}.txt", context).strip().partition("\n")
        # Whatever a name may bring along, a header is one line.
        subject = " ".join(subject.split())
        # A copy, for back ends add what they need.
        message = EmailMultiAlternatives(
            subject, body.strip() + "\n", to=[to], headers={**_HEADERS}
        )
        page = render_to_string(f"mail/{name}.html", {**context, "subject": subject})
        message.attach_alternative(page, "text/html")
    try:
        message.send()
    # Whatever a back end raises: SMTP, sockets, or a provider's client.
    except Exception as error:
        log.warning(
            "mail not sent", extra={"fields": {"mail": name, "reason": type(error).__name__}}
        )
        raise MailNotSent from error


def spoken(language: str = "") -> str:
    """`language`, else that of the page: for what people at the browser cause for themselves."""
    return language or translation.get_language() or settings.LANGUAGE_CODE


def absolute(request: HttpRequest | None, path: str) -> str:
    """The address of a page for somebody elsewhere; `path` begins with a slash.

    With PUBLIC_URL, which production requires, the request is not looked at; a header that anybody
    can send decides nothing there. Without it the host of the request, an allowed one; and in
    commands, where there is none, the server on this machine.
    """
    if settings.PUBLIC_URL or request is None:
        return f"{settings.PUBLIC_URL or settings.SERVED_AT}{path}"
    return request.build_absolute_uri(path)
