"""Pages for people who are logged in."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from accounts.destinations import page_of_form

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def login_required(view: View) -> View:
    """Leads to the login, and from there back to the page.

    What a form sends after its session has ended leads to the page of the form: its own address may
    take nothing but forms.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        is_page = request.method in ("GET", "HEAD")
        return redirect_to_login(
            request.get_full_path() if is_page else page_of_form(request, "accounts:account")
        )

    return cast(View, guarded)
