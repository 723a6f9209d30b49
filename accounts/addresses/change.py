"""Moving to another e-mail address, once it is proved that it is one's own."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from django.conf import settings
from django.urls import reverse

from accounts import attempts, mail, selectors
from accounts.addresses import links, repository
from accounts.addresses.errors import InvalidLink, SameEmail
from accounts.audit_trail import record
from accounts.entities import Actor, User, normalise_email
from accounts.errors import ChangedMeanwhile, EmailTaken, MailNotSent
from storage.audit import Changes
from storage.transactions import Transaction

_PURPOSE = "email_change"
_DIGEST_LENGTH = 22
_TRIES = 3


def request_email_change(
    *, actor: Actor, user: User, email: str, client_address: str, absolute: Callable[[str], str]
) -> None:
    """Sends one mail to the new address: a link, or that somebody has it already.

    `user` is the actor. Leaves an audit entry, and changes nothing yet. `absolute` makes an address
    of a path. Raises ConfirmationNeeded, InvalidEmail, SameEmail, TooManyAttempts, MailNotSent.
    """
    actor.require_confirmation()
    email_key, email = normalise_email(email), email.strip()
    if email == user.email:
        raise SameEmail
    attempts.hit(attempts.links_per_client(), attempts.client_key(client_address))
    attempts.hit(attempts.links_per_address(), email_key)

    taken = email_key != user.email_key and repository.is_taken(email_key)
    token = links.seal(
        _PURPOSE, [user.pk, _digest(user), email], seconds=settings.EMAIL_CHANGE_SECONDS
    )
    transaction = Transaction()
    record(transaction, user, user.audit_subject, "accounts.request_email_change")
    transaction.commit()
    if taken:
        mail.send("email_change_taken", to=email, language=mail.spoken(user.language))
    else:
        mail.send(
            "email_change",
            to=email,
            language=mail.spoken(user.language),
            link=absolute(reverse("accounts:email-confirm", args=[token])),
            duration=links.duration(settings.EMAIL_CHANGE_SECONDS),
        )


def open_email_link(*, user: User, token: str) -> str:
    """The address that `user` wants to move to, as typed. No request.

    A link works for the person who asked for it only, and so with a login: whoever gets it because
    of a mistyped address cannot take the account with it. Raises InvalidLink, whatever is wrong:
    forged, expired, used, somebody else's, or the password or the address has changed since.
    """
    pk, digest, email = links.open_sealed(_PURPOSE, token, count=3)
    if pk != user.pk or not hmac.compare_digest(digest, _digest(user)):
        raise InvalidLink
    return email


def confirm_email_change(*, user: User, token: str, client_address: str) -> User:
    """Moves the person to the new address; uses the link up. Sessions go on.

    Tells the old address. Counts as an attempt of the client until it succeeds. Raises InvalidLink,
    EmailTaken where somebody was faster, TooManyAttempts, ChangedMeanwhile.
    """
    per_client, client_key = attempts.resets_per_client(), attempts.client_key(client_address)
    attempts.hit(per_client, client_key)
    for _ in range(_TRIES):
        before = selectors.get_own_membership(actor=user.actor).user
        email = open_email_link(user=before, token=token)
        try:
            moved = _moved(before, email)
        except ChangedMeanwhile:
            # In something else, or by another use of the link: the link itself knows.
            continue
        except EmailTaken:
            now = selectors.get_own_membership(actor=user.actor).user
            open_email_link(user=now, token=token)
            raise
        per_client.forgive(client_key)
        with suppress(MailNotSent):
            language = mail.spoken(before.language)
            mail.send("email_changed", to=before.email, language=language, name=before.name)
        return moved
    raise ChangedMeanwhile


def _moved(user: User, email: str) -> User:
    moved = replace(user, email=email, email_key=normalise_email(email))
    transaction = Transaction()
    repository.move_address(transaction, user, moved)
    changes: Changes = {"email": (user.email, moved.email)}
    record(transaction, user, user.audit_subject, "accounts.change_email", changes)
    transaction.commit()
    return replace(moved, version=(user.version or 0) + 1)


def _digest(user: User) -> str:
    """Changes with the address, so that a link works once, and with the password."""
    message = f"{_PURPOSE}\0{user.credential_stamp}\0{user.email}".encode()
    return hashlib.sha256(message).hexdigest()[:_DIGEST_LENGTH]
