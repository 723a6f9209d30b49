"""Where a person wanted to go, which `next` in the address says, while something comes first."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme


def is_local(request: HttpRequest, address: str) -> bool:
    return url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )


def page_of_form(request: HttpRequest, otherwise: str) -> str:
    """Where a form was sent from, as far as the browser says and it is ours; else the page that is
    called `otherwise`."""
    said = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    if not said or not is_local(request, said):
        return reverse(otherwise)
    parts = urlsplit(said)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def wanted(request: HttpRequest) -> str:
    """Empty where nothing was said, and for other sites."""
    address = request.GET.get("next", "")
    return address if is_local(request, address) else ""


def target(request: HttpRequest) -> str:
    """What was wanted, else where people begin."""
    return wanted(request) or resolve_url(settings.LOGIN_REDIRECT_URL)


def passing_on(request: HttpRequest, name: str) -> str:
    """The address of the page called `name`, from where the way goes on as before."""
    return leading_to(name, wanted(request))


def leading_to(name: str, address: str) -> str:
    return f"{reverse(name)}?{urlencode({'next': address}, safe='/')}" if address else reverse(name)
