"""What may be kept of the public pages, and by whom."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers, set_response_etag

MESSAGES_COOKIE = "messages"

View = Callable[..., HttpResponse]


def shared_page(view: View) -> Callable[..., HttpResponseBase]:
    """An anonymous page may be kept by everybody, who asks each time whether it still holds.

    So no price is ever stale and a repeated visit costs a 304. What is made for one person (a
    session, a message of the last action) is kept by nobody else; language and theme are in the
    cookies and headers that `Vary` names.
    """

    @wraps(view)
    def kept(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        patch_vary_headers(response, ("Accept-Language", "Cookie"))
        if is_personal(request):
            response.headers["Cache-Control"] = "private, no-store"
            return response
        response.headers["Cache-Control"] = "public, no-cache"
        # Nothing to compare in a redirect, which has no body.
        etag = set_response_etag(response).headers.get("ETag")
        return get_conditional_response(request, etag=etag, response=response) or response

    return kept


def is_personal(request: HttpRequest) -> bool:
    return settings.SESSION_COOKIE_NAME in request.COOKIES or MESSAGES_COOKIE in request.COOKIES


def for_an_hour(view: View) -> View:
    """For what crawlers fetch: the same for everybody, and costly to make."""

    @wraps(view)
    def kept(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response.headers["Cache-Control"] = "public, max-age=3600"
        return response

    return kept
