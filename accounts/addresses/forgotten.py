"""A link to set a password, for who forgot it: to whom, only the mailbox learns."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.urls import reverse

from accounts import attempts, mail, reset_links
from accounts.addresses import links, repository
from accounts.entities import Actor, Membership, normalise_email


def request_password_reset(
    *, email: str, client_address: str, absolute: Callable[[str], str]
) -> None:
    """Sends one mail: a link, or to an address with which nobody can log in, why it is so.

    Both after as many requests to the store. `absolute` makes an address of a path. Raises
    InvalidEmail, TooManyAttempts, MailNotSent.
    """
    email_key = normalise_email(email)
    attempts.hit(attempts.links_per_client(), attempts.client_key(client_address))
    attempts.hit(attempts.links_per_address(), email_key)

    holder = repository.holder_of(email_key)
    if holder is None or not holder.active:
        repository.write_for_nobody()
        _say_that_nobody_can(email.strip(), holder, absolute("/"))
        return
    link = reset_links.issue_reset_link(
        actor=Actor.system(org_id=holder.user.org_id),
        user=holder.user,
        seconds=settings.PASSWORD_RESET_SECONDS,
    )
    mail.send(
        "password_reset",
        # As it is stored: what is equal for us may be another mailbox elsewhere.
        to=holder.user.email,
        language=mail.spoken(holder.user.language),
        name=holder.user.name,
        link=absolute(reverse("accounts:reset", args=[link.token])),
        duration=links.duration(settings.PASSWORD_RESET_SECONDS),
    )


def _say_that_nobody_can(email: str, holder: Membership | None, home_link: str) -> None:
    if holder is None:
        mail.send("password_reset_unknown", to=email, language=mail.spoken(), home_link=home_link)
        return
    mail.send(
        "password_reset_closed",
        to=holder.user.email,
        language=mail.spoken(holder.user.language),
        name=holder.user.name,
        organisation=holder.organisation.name,
        organisation_deleted=holder.organisation.deleted_at is not None,
    )
