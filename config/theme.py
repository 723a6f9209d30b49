"""Which theme a page has: the person's, else the one that was chosen on this device."""

from __future__ import annotations

from django.http import HttpRequest

from accounts.entities import THEMES

THEME_COOKIE = "theme"


def theme_of(request: HttpRequest) -> str:
    """`config.personal` has found out what the person wants, where one is logged in."""
    theme = getattr(request, "theme", "") or request.COOKIES.get(THEME_COOKIE, "")
    return theme if theme in THEMES else "auto"
