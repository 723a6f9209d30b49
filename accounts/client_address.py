from __future__ import annotations

from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """As the request middleware found it; without the middleware nobody vouches for a proxy."""
    address: str = getattr(request, "client_address", request.META.get("REMOTE_ADDR", ""))
    return address
