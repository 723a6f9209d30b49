"""What is counted to slow down guessing, and under which keys."""

from __future__ import annotations

import hashlib
from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings

from accounts.entities import normalise_email
from accounts.errors import InvalidEmail, TooManyAttempts
from storage.domain import TooMany
from storage.throttle import Throttle


def hit(throttle: Throttle, key: str) -> None:
    """Counts one attempt. Raises TooManyAttempts."""
    try:
        throttle.hit(key)
    except TooMany as error:
        raise TooManyAttempts(error.retry_after, first=error.first) from error


def logins_per_client() -> Throttle:
    return Throttle(
        "login-client", settings.LOGIN_ATTEMPTS_PER_CLIENT, settings.LOGIN_WINDOW_SECONDS
    )


def logins_per_address() -> Throttle:
    return Throttle(
        "login-address", settings.LOGIN_ATTEMPTS_PER_ADDRESS, settings.LOGIN_WINDOW_SECONDS
    )


def resets_per_client() -> Throttle:
    """As many as logins: whoever may guess passwords that often may guess links that often."""
    return Throttle(
        "reset-client", settings.LOGIN_ATTEMPTS_PER_CLIENT, settings.LOGIN_WINDOW_SECONDS
    )


def second_factors_per_person() -> Throttle:
    """Fewer than passwords: a code has six digits, and three of them are right at any moment."""
    return Throttle(
        "second-factor-person", settings.SECOND_FACTOR_ATTEMPTS, settings.LOGIN_WINDOW_SECONDS
    )


def second_factors_per_client() -> Throttle:
    return Throttle(
        "second-factor-client", settings.LOGIN_ATTEMPTS_PER_CLIENT, settings.LOGIN_WINDOW_SECONDS
    )


def confirmations_per_person() -> Throttle:
    """Not counted with logins, so that nobody outside keeps a person from confirming."""
    return Throttle(
        "confirm-person", settings.LOGIN_ATTEMPTS_PER_ADDRESS, settings.LOGIN_WINDOW_SECONDS
    )


def sign_ups_per_client() -> Throttle:
    return Throttle("sign-up", settings.SIGN_UPS_PER_CLIENT, settings.SIGN_UP_WINDOW_SECONDS)


def refreshes_per_client() -> Throttle:
    """As many as logins; whoever succeeds does not count."""
    return Throttle(
        "refresh-client", settings.LOGIN_ATTEMPTS_PER_CLIENT, settings.LOGIN_WINDOW_SECONDS
    )


def acceptances_per_client() -> Throttle:
    """Of invitations; whoever succeeds does not count."""
    return Throttle(
        "invitation-client", settings.LOGIN_ATTEMPTS_PER_CLIENT, settings.LOGIN_WINDOW_SECONDS
    )


def links_per_client() -> Throttle:
    """Mails with links that somebody had sent, except for signing up."""
    return Throttle("link-client", settings.LINKS_PER_CLIENT, settings.LINK_WINDOW_SECONDS)


def links_per_address() -> Throttle:
    """Whatever for: nobody's mailbox is filled by others."""
    return Throttle("link-address", settings.LINKS_PER_ADDRESS, settings.LINK_WINDOW_SECONDS)


def client_key(client_address: str) -> str:
    """One household or server has a whole /64 of IPv6 addresses to try from."""
    try:
        address = ip_address(client_address)
    except ValueError:
        return client_address
    if isinstance(address, IPv6Address):
        return str(ip_network((address.packed[:8] + bytes(8), 64)))
    return str(address)


def address_key(email: str) -> str:
    """What is no address is looked up like one, so that it answers in the same time."""
    try:
        return normalise_email(email)
    except InvalidEmail:
        return f"invalid:{hashlib.sha256(email.encode('utf-8', 'replace')).hexdigest()}"


def forget_person(email_key: str) -> None:
    """As if nobody had tried to be this person, or had mails sent there, in this window."""
    for throttle in (
        logins_per_address(),
        second_factors_per_person(),
        confirmations_per_person(),
        links_per_address(),
    ):
        throttle.clear(email_key)


def forget_client(client_address: str) -> None:
    key = client_key(client_address)
    for throttle in (
        logins_per_client(),
        second_factors_per_client(),
        resets_per_client(),
        sign_ups_per_client(),
        refreshes_per_client(),
        acceptances_per_client(),
        links_per_client(),
    ):
        throttle.clear(key)
