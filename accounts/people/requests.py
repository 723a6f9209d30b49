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
