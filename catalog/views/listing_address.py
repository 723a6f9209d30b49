"""The addresses of a list's pages: what was asked, in which order, and where to go on."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from catalog.entities import Sort

LONGEST_QUERY = 100
PARAMETERS = frozenset({"q", "category", "brand", "status", "sort", "cursor"})
SORT_NAMES = {
    Sort.NAME: _("Name"),
    Sort.PRICE: _("Price, low first"),
    Sort.PRICE_DESCENDING: _("Price, high first"),
    Sort.NEWEST: _("Newest"),
}


def address_with(request: HttpRequest, **changes: str | None) -> str:
    """This page's address with other parameters; None takes one away."""
    kept = {name: value for name, value in request.GET.items() if name in PARAMETERS}
    query = {name: value for name, value in {**kept, **changes}.items() if value}
    return request.path + (f"?{urlencode(query)}" if query else "")


def sort_of(request: HttpRequest) -> Sort:
    try:
        return Sort(request.GET.get("sort", ""))
    except ValueError:
        return Sort.NAME


def sort_choices(request: HttpRequest) -> dict[str, Any]:
    """`sorts`, a list of (name, address), and `sort_name`, the one in force."""
    return {
        "sorts": [
            (
                name,
                address_with(request, sort=None if sort is Sort.NAME else sort, cursor=None),
            )
            for sort, name in SORT_NAMES.items()
        ],
        "sort_name": SORT_NAMES[sort_of(request)],
    }


def shortened(text: str) -> str:
    """At most as long as a query may be, without half a word at the end."""
    text = " ".join(text.split())
    if len(text) <= LONGEST_QUERY:
        return text
    return text[: LONGEST_QUERY + 1].rpartition(" ")[0] or text[:LONGEST_QUERY]
