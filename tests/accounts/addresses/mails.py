"""Mails as people see them: whom they went to, what they say, where they lead."""

from __future__ import annotations

import re
from email.message import EmailMessage as Parsed
from email.parser import BytesParser
from email.policy import default

from django.core import mail
from django.core.mail import EmailMessage
from django.http import HttpResponseBase


def sent() -> list[EmailMessage]:
    """Since the last look."""
    messages, mail.outbox[:] = [*mail.outbox], []
    return messages


def only() -> EmailMessage:
    (message,) = sent()
    return message


def recipients() -> list[str]:
    return [address for message in sent() for address in message.recipients()]


def parsed(message: EmailMessage) -> Parsed:
    """As it travels."""
    return BytesParser(_class=Parsed, policy=default).parsebytes(message.message().as_bytes())


def text(message: EmailMessage) -> str:
    return str(message.body)


def html(message: EmailMessage) -> str:
    ((content, kind),) = message.alternatives  # type: ignore[attr-defined]  # of EmailMultiAlternatives
    assert kind == "text/html"
    return str(content)


def path_in(message: EmailMessage) -> str:
    """Of the first link, which is the same in both parts."""
    (link, *_others) = re.findall(r"^https?://\S+$", text(message), re.MULTILINE)
    assert f'href="{link}"' in html(message)
    return re.sub(r"^https?://[^/]+", "", link)


def token_in(message: EmailMessage) -> str:
    return path_in(message).rstrip("/").rpartition("/")[2]


def seen(response: HttpResponseBase) -> tuple[int, bytes, dict[str, str]]:
    """All of an answer that does not differ from one request to the next."""
    passing = {"X-Request-ID", "Expires"}
    headers = {name: value for name, value in response.items() if name not in passing}
    return response.status_code, bytes(response.content), headers  # type: ignore[attr-defined]  # none streams
