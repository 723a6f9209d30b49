"""Where somebody can go from an error page. Nothing here asks the store, or can fail."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

_CURSOR = "cursor"


def ways_on(request: HttpRequest, *, bad_cursor: bool) -> list[tuple[str, str]]:
    """(text, address), the best one first; empty where the catalogue is as good as any."""
    ways = []
    if bad_cursor and _CURSOR in request.GET:
        query = request.GET.copy()
        del query[_CURSOR]
        address = request.path + (f"?{query.urlencode()}" if query else "")
        ways.append((_("Go to the first page"), address))
    # Whether the session still holds is for the page to say that the link leads to.
    if settings.SESSION_COOKIE_NAME in request.COOKIES:
        if request.path.startswith(reverse("staff")):
            ways.append((_("Go to my start page"), reverse("staff")))
        elif request.path.startswith(reverse("accounts:account")):
            ways.append((_("My account"), reverse("accounts:account")))
    return [way for way in ways if way[1] != request.get_full_path()]
