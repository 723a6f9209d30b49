from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest


def page_links(request: HttpRequest, next_cursor: str | None) -> dict[str, str | None]:
    """`first_url` and `next_url` for the template: None on the first page, and on the last one."""
    following = f"{request.path}?{urlencode({'cursor': next_cursor})}" if next_cursor else None
    return {"first_url": request.path if request.GET.get("cursor") else None, "next_url": following}
