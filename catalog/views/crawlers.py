"""What crawlers ask for first: robots.txt and the sitemap."""

from __future__ import annotations

from collections.abc import Iterable
from string import ascii_lowercase
from xml.sax.saxutils import escape

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from catalog import selectors
from catalog.addresses import brand_path, category_path, product_path
from catalog.listing import FIRST, LAST
from catalog.views.caching import for_an_hour

NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
# The protocol's limit for one file, see https://www.sitemaps.org/protocol.html
MOST_ADDRESSES = 50_000

# Part 0 holds the pages that lead to products. Products follow by the first letter of their
# name, so that each part stays the same when products of other letters come and go.
BOUNDS = (FIRST, *ascii_lowercase, "{", LAST)
PARTS = len(BOUNDS)


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    lines = (
        "User-agent: *",
        "Disallow: /staff/",
        "Disallow: /accounts/",
        "Disallow: /api/",
        "Disallow: /search/",
        f"Sitemap: {request.build_absolute_uri(reverse('catalog:sitemap-index'))}",
    )
    response = HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


@require_safe
@for_an_hour
def sitemap_index(request: HttpRequest) -> HttpResponse:
    _refuse_query(request)
    parts = (reverse("catalog:sitemap", args=[number]) for number in range(PARTS))
    return _xml("sitemapindex", "sitemap", request, parts)


@require_safe
@for_an_hour
def sitemap(request: HttpRequest, number: int) -> HttpResponse:
    _refuse_query(request)
    if number >= PARTS:
        raise Http404
    if number == 0:
        return _xml("urlset", "url", request, _leading_pages())
    low, high = BOUNDS[number - 1], BOUNDS[number]
    cards = selectors.public_cards_between(low, high, MOST_ADDRESSES)
    return _xml("urlset", "url", request, (product_path(card.id, card.slug) for card in cards))


def _refuse_query(request: HttpRequest) -> None:
    """Each other query would be another address, made anew although caches hold the first."""
    if request.META.get("QUERY_STRING"):
        raise Http404


def _leading_pages() -> Iterable[str]:
    yield reverse("catalog:home")
    yield reverse("catalog:brands")
    heading = selectors.list_public_products(limit=1).heading
    if heading:
        yield from (category_path(link.slug) for link in heading.children)
    cursor = None
    while True:
        page = selectors.list_brands(cursor)
        yield from (brand_path(link.slug) for link in page.items)
        cursor = page.next_cursor
        if cursor is None:
            return


def _xml(kind: str, entry: str, request: HttpRequest, paths: Iterable[str]) -> HttpResponse:
    base = request.build_absolute_uri("/").rstrip("/")
    entries = "".join(f"<{entry}><loc>{escape(base + path)}</loc></{entry}>\n" for path in paths)
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<{kind} xmlns="{NAMESPACE}">\n{entries}</{kind}>\n'
    )
    return HttpResponse(text, content_type="application/xml; charset=utf-8")
