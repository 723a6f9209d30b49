"""Pages in the language, time zone and theme of whoever is logged in."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone, translation

from accounts.entities import User
from accounts.profile import zone_of
from config.middleware import GetResponse
from storage.errors import StoreError

# What lies here is the same for everybody, or knows no sessions: nobody is read for it.
IMPERSONAL = ("/api/", "/pictures/", "/preferences/", "/sitemap", "/robots.txt", "/favicon.ico")
PERSONAL_ALL_THE_SAME = "/api/v1/docs"


class PersonalMiddleware:
    """What a person prefers wins over what was chosen on the device.

    It reads session and person, which pages read anyway. Afterwards it notes, once an hour at
    most, that the session is in use.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        user = _person(request)
        if user is None:
            return self.get_response(request)
        if user.language in dict(settings.LANGUAGES):
            # LocaleMiddleware, which comes before, has activated the device's; it names this one.
            translation.activate(user.language)
            cast(Any, request).LANGUAGE_CODE = user.language
        cast(Any, request).theme = user.theme
        with timezone.override(zone_of(user)):
            response = self.get_response(request)
        if request.user.is_authenticated:
            cast(Any, request).session.note_use()
        return response


def _person(request: HttpRequest) -> User | None:
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return None
    path = request.path_info
    if path.startswith(IMPERSONAL) and path != PERSONAL_ALL_THE_SAME:
        return None
    # The page itself will ask again and say what is wrong.
    with suppress(StoreError):
        return cast("User | None", getattr(request.user, "account", None))
    return None
