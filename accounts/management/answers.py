"""What commands ask at the terminal."""

from __future__ import annotations

import getpass

from django.core.management.base import CommandError
from django.utils.translation import gettext as _


def ask(question: str, *, instead: str) -> str:
    """Raises CommandError, which names the option `instead`, where nobody can answer."""
    try:
        return input(question)
    except EOFError:
        raise _nobody_answers(instead) from None


def ask_for_password(*, instead: str) -> str:
    """Typed twice, not shown. Raises CommandError where they differ, or as `ask`."""
    try:
        password = getpass.getpass(_("Password: "))
        again = getpass.getpass(_("Password again: "))
    except EOFError:
        raise _nobody_answers(instead) from None
    if password != again:
        raise CommandError(_("The two passwords differ."))
    return password


def _nobody_answers(instead: str) -> CommandError:
    text = _("Nobody is here to answer a question: use %(option)s.")
    return CommandError("\n" + text % {"option": instead})
