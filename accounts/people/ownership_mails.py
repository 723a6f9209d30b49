"""What both hear when an organisation is handed over."""

from __future__ import annotations

from contextlib import suppress

from accounts import mail
from accounts.entities import Organisation, User
from accounts.errors import MailNotSent
from accounts.people.entities import harmless


def tell_about_ownership(
    new_owner: User, giver: User, organisation: Organisation | None, *, step_down: bool
) -> None:
    """It is done already; a mail that fails is in the log."""
    for person in (new_owner, giver):
        with suppress(MailNotSent):
            mail.send(
                "ownership",
                to=person.email,
                language=person.language,
                name=harmless(person.name),
                new_owner=harmless(new_owner.name),
                giver=harmless(giver.name),
                organisation=harmless(organisation.name if organisation else ""),
                is_new_owner=person is new_owner,
                step_down=step_down,
            )
