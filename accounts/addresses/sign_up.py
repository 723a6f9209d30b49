"""Signing up with an address that has to be proved first: nobody learns whose addresses we know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from django.conf import settings
from django.urls import reverse

from accounts import attempts, mail, services
from accounts.addresses import links, repository
from accounts.entities import User, clean_name, normalise_email
from accounts.errors import EmailTaken, SignUpClosed

_PURPOSE = "sign_up"


@dataclass(frozen=True, slots=True)
class PendingSignUp:
    """What somebody typed who has proved the address since, by opening the link."""

    email: str = field(repr=False)
    name: str
    organisation_name: str


def request_sign_up(
    *,
    email: str,
    name: str = "",
    organisation_name: str = "",
    client_address: str,
    absolute: Callable[[str], str],
) -> None:
    """Sends one mail: a link, or to an address that is taken, that it is. Nothing is stored.

    Neither says what was typed beside the address, for strangers type addresses of others.
    `absolute` makes an address of a path. Raises InvalidEmail, InvalidName, SignUpClosed,
    TooManyAttempts, MailNotSent.
    """
    if not settings.SIGN_UP_OPEN:
        raise SignUpClosed
    email_key = normalise_email(email)
    email = email.strip()
    claims = [
        email,
        clean_name(name, field="name"),
        clean_name(organisation_name, field="organisation"),
    ]
    attempts.hit(attempts.sign_ups_per_client(), attempts.client_key(client_address))
    attempts.hit(attempts.links_per_address(), email_key)

    holder = repository.holder_of(email_key)
    # Before the difference is made, so that both ways do it.
    token = links.seal(_PURPOSE, claims, seconds=settings.SIGN_UP_LINK_SECONDS)
    if holder is None:
        mail.send(
            "sign_up",
            to=email,
            language=mail.spoken(),
            link=absolute(reverse("accounts:signup-confirm", args=[token])),
            duration=links.duration(settings.SIGN_UP_LINK_SECONDS),
        )
    else:
        mail.send(
            "sign_up_taken",
            # As it is stored: what is equal for us may be another mailbox elsewhere.
            to=holder.user.email,
            language=mail.spoken(holder.user.language),
            active=holder.active,
            login_link=absolute(reverse("accounts:login")),
            forgot_link=absolute(reverse("accounts:forgot")),
        )


def open_sign_up_link(token: str) -> PendingSignUp:
    """One request, none for a link that nobody issued.

    Raises InvalidLink; EmailTaken where the address has an account by now, as after its use.
    """
    pending = _pending(token)
    if repository.is_taken(normalise_email(pending.email)):
        raise EmailTaken
    return pending


def confirm_sign_up(
    *,
    token: str,
    password: str,
    name: str | None = None,
    organisation_name: str | None = None,
    client_address: str,
) -> User:
    """The account, as `services.sign_up` makes it; names that are None are those of the request.

    Counts as an attempt of the client until it succeeds. Raises InvalidLink, EmailTaken (of many
    uses of the link all but one), WeakPassword, InvalidName, SignUpClosed, TooManyAttempts.
    """
    if not settings.SIGN_UP_OPEN:
        raise SignUpClosed
    per_client, client_key = attempts.resets_per_client(), attempts.client_key(client_address)
    attempts.hit(per_client, client_key)
    pending = _pending(token)
    user = services.sign_up(
        email=pending.email,
        password=password,
        name=pending.name if name is None else name,
        organisation_name=(
            pending.organisation_name if organisation_name is None else organisation_name
        ),
    )
    per_client.forgive(client_key)
    return user


def _pending(token: str) -> PendingSignUp:
    return PendingSignUp(*links.open_sealed(_PURPOSE, token, count=3))
