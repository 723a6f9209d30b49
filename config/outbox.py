"""Where e-mail goes on a machine that sends none: to the terminal, or into a folder."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

_FOR_THE_OWNER = 0o700
_WIDTH = 72


class ConsoleBackend(BaseEmailBackend):
    """Prints who would get what, and the text of it, so that links can be opened from there."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            # One write, for several processes share the terminal.
            sys.stdout.write(_shown(message))
        sys.stdout.flush()
        return len(email_messages)


class FolderBackend(BaseEmailBackend):
    """A file for each message, whole and in the order of their names; mail programs open them."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder = Path(settings.EMAIL_FILE_PATH)
        folder.mkdir(mode=_FOR_THE_OWNER, parents=True, exist_ok=True)
        for message in email_messages:
            name = f"{datetime.now(UTC):%Y%m%d-%H%M%S-%f}-{uuid.uuid4().hex[:6]}.eml"
            (folder / name).write_bytes(message.message().as_bytes())
        return len(email_messages)


def _shown(message: EmailMessage) -> str:
    head = f"-- E-mail to {', '.join(message.recipients())} ".ljust(_WIDTH, "-")
    return f"\n{head}\n{message.subject}\n\n{str(message.body).rstrip()}\n{'-' * _WIDTH}\n\n"
