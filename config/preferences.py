"""Language and theme of the visitor: two cookies, set by plain forms.

The cookies are the device's. Of somebody who is logged in the choice is also stored with the
person, whose preference wins, here and on every other device.

These forms carry no CSRF token, because a token would put a cookie on every anonymous page and
so keep it out of every cache; a display preference needs only the Origin check below.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.templatetags.static import static
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import i18n
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts.entities import THEMES
from accounts.profile import choose
from config import errors
from config.theme import THEME_COOKIE


def same_origin(
    view: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Refuses a form sent by another site; replaces the CSRF token where nothing is at stake."""

    @csrf_exempt
    @wraps(view)
    def checked(request: HttpRequest) -> HttpResponseBase:
        origin = request.headers.get("Origin")
        if origin is not None and origin != f"{request.scheme}://{request.get_host()}":
            return errors.csrf_failure(request)
        return view(request)

    return checked


@same_origin
@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    response: HttpResponse = i18n.set_language(request)
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES):
        _remember(request, language=language)
    return response


@same_origin
@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        target = "/"
    response = HttpResponseRedirect(target)
    theme = request.POST.get("theme", "")
    if theme in THEMES:
        _remember(request, theme=theme)
        response.set_cookie(
            THEME_COOKIE,
            theme,
            max_age=settings.LANGUAGE_COOKIE_AGE,
            secure=settings.HTTPS_ONLY,
            httponly=True,
            samesite="Lax",
        )
    return response


def _remember(request: HttpRequest, **choice: str) -> None:
    """A form of another site comes without the session's cookie, which is SameSite."""
    if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
        choose(user=request.user.account, said=choice)


def favicon(_request: HttpRequest) -> HttpResponse:
    """Browsers ask for this address by habit, whatever a page says."""
    return HttpResponseRedirect(static("icons/favicon.ico"))
