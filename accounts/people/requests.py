"""What pages and programs alike take from a request."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse

from accounts import mail
from accounts.people.invitations import LinkTo


def link_to(request: HttpRequest) -> LinkTo:
    """Makes the address of the page on which an invitation is accepted."""

    def address(token: str) -> str:
        return mail.absolute(request, reverse("accounts:invitation", args=[token]))

    return address


def client_address(request: HttpRequest) -> str:
    """As the request middleware found it; without the middleware nobody vouches for a proxy."""
    address: str = getattr(request, "client_address", request.META.get("REMOTE_ADDR", ""))
    return address
