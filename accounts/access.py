"""Pages for people who are logged in."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from accounts.destinations import page_of_form

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def to_login(request: HttpRequest, back: str) -> HttpResponse:
    """To the login, and from there to `back`."""
    response = redirect_to_login(back)
    if "HX-Request" not in request.headers:
        return response
    # fetch would follow a redirect and put the login page inside this one.
    return HttpResponse(status=204, headers={"HX-Redirect": response.headers["Location"]})


def login_required(view: View) -> View:
    """Leads to the login, and from there back to the page.

    What a form or a part of a page asks for after its session has ended leads to the whole page:
    its own address may take nothing but forms.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        is_page = request.method in ("GET", "HEAD") and "HX-Request" not in request.headers
        return to_login(
            request,
            request.get_full_path() if is_page else page_of_form(request, "accounts:account"),
        )

    return cast(View, guarded)
