"""Who has to set up a second factor first is led there from every page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from config.middleware import GetResponse
from config.personal import IMPERSONAL

SET_UP = "accounts:second-factor"
# What it takes to set one up, to prove who one is for that, and to leave.
OPEN = frozenset(
    {
        SET_UP,
        "accounts:second-factor-begin",
        "accounts:confirm",
        "accounts:login",
        "accounts:login-code",
        "accounts:logout",
    }
)


class SecondFactorMiddleware:
    """Comes after the person is known, and before the view. Programs are told by BearerAuth."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        _view: Callable[..., HttpResponseBase],
        _args: tuple[object, ...],
        _kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        match = request.resolver_match
        if match is None or match.view_name in OPEN or not _must_set_up(request):
            return None
        target = reverse(SET_UP)
        if request.headers.get("HX-Request"):
            # fetch would follow a redirect and put that page inside this one.
            return HttpResponse(status=204, headers={"HX-Redirect": target})
        if request.method in ("GET", "HEAD"):
            target = f"{target}?{urlencode({'next': request.get_full_path()}, safe='/')}"
        return HttpResponseRedirect(target)


def _must_set_up(request: HttpRequest) -> bool:
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return False
    if request.path_info.startswith(IMPERSONAL):
        return False
    # A store that does not answer now may do so for the page: no page without having asked.
    return bool(getattr(request.user, "must_set_up_second_factor", False))
