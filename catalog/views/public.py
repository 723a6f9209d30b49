"""The shop window: pages that everybody may see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.selectors import actor_of
from catalog import selectors
from catalog.addresses import brand_path, category_path, product_path
from catalog.entities import Card, Link, Listing, Product
from catalog.search import SHORTEST_PREFIX, Criteria
from catalog.views.caching import shared_page
from catalog.views.listing_address import address_with, shortened, sort_choices, sort_of
from catalog.views.structured_data import as_script, breadcrumb_data, product_data
from catalog.words import normalise, slugify
from storage.meter import measure

MOST_SUGGESTIONS = 6
# The first row of cards is on the screen at once; the others load when they come near.
EAGER_PICTURES = 4

PATHS = {
    "product_path": product_path,
    "category_path": category_path,
    "brand_path": brand_path,
}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A way to narrow or widen a search."""

    label: str
    address: str


@require_safe
@shared_page
def home(request: HttpRequest) -> HttpResponse:
    return _listing_page(request, "catalog/home.html", Criteria())


@require_safe
@shared_page
def category(request: HttpRequest, path: str) -> HttpResponse:
    slugs = _slugs(path)
    if "/".join(slugs) != path:
        return _moved(request, category_path("/".join(slugs)))
    criteria = Criteria(category=slugs)
    listing = _list(request, criteria)
    names = _category_names(slugs, listing)
    trail = [
        (name, category_path("/".join(slugs[:depth]))) for depth, name in enumerate(names, start=1)
    ]
    return _listing_page(
        request,
        "catalog/category.html",
        criteria,
        listing,
        label=names[-1],
        trail=[(_("Catalogue"), reverse("catalog:home")), *trail[:-1]],
        category="/".join(slugs),
        breadcrumb_json=_breadcrumbs(request, trail),
    )


@require_safe
@shared_page
def brand(request: HttpRequest, slug: str) -> HttpResponse:
    if slugify(slug) != slug:
        return _moved(request, brand_path(slugify(slug)))
    criteria = Criteria(brand=slug)
    listing = _list(request, criteria)
    trail = [(_("Brands"), reverse("catalog:brands"))]
    label = listing.heading.label if listing.heading else ""
    label = label or (listing.cards[0].brand if listing.cards else slug)
    return _listing_page(
        request,
        "catalog/brand.html",
        criteria,
        listing,
        label=label,
        trail=[(_("Catalogue"), reverse("catalog:home")), *trail],
        brand=slug,
        breadcrumb_json=_breadcrumbs(request, [*trail, (label, brand_path(slug))]),
    )


@require_safe
@shared_page
def brands(request: HttpRequest) -> HttpResponse:
    page = selectors.list_brands(request.GET.get("cursor") or None)
    groups: dict[str, list[Link]] = {}
    for link in page.items:
        initial = link.slug[:1].upper()
        groups.setdefault(initial if initial.isalpha() else "0–9", []).append(link)
    context = {
        **PATHS,
        "groups": groups,
        "first_url": reverse("catalog:brands") if request.GET.get("cursor") else None,
        "next_url": address_with(request, cursor=page.next_cursor) if page.next_cursor else None,
        "canonical": _canonical(request),
    }
    return render(request, "catalog/brands.html", context)


@require_safe
@shared_page
def search(request: HttpRequest) -> HttpResponse:
    typed = " ".join(request.GET.get("q", "").split())
    text = shortened(typed)
    criteria = Criteria(
        text=text,
        category=_slugs(request.GET.get("category", "")),
        brand=_slug(request.GET.get("brand", "")),
    )
    if not text and not criteria.is_search and (criteria.category or criteria.brand):
        facet = category_path("/".join(criteria.category)) if criteria.category else ""
        return redirect(facet or brand_path(criteria.brand))
    with measure() as meter:
        listing = _list(request, criteria) if criteria.is_search else Listing(())
    categories: tuple[Link, ...] = ()
    if not listing.cards and len(meter.calls) < selectors.SEARCH_REQUESTS:
        categories = _top_categories()
    return _listing_page(
        request,
        "catalog/search.html",
        criteria,
        listing,
        text=text,
        cut=text != typed,
        searched=criteria.is_search,
        only_common_words=bool(normalise(text)) and not criteria.terms,
        too_short=bool(criteria.terms) and len(criteria.terms[-1]) < SHORTEST_PREFIX,
        category="/".join(criteria.category),
        category_label=_label_of_category(criteria.category, listing.cards),
        brand=criteria.brand,
        brand_label=listing.cards[0].brand if criteria.brand and listing.cards else criteria.brand,
        without_category=address_with(request, category=None, cursor=None),
        without_brand=address_with(request, brand=None, cursor=None),
        by_category=_narrower_categories(request, criteria, listing.cards),
        by_brand=_narrower_brands(request, criteria, listing.cards),
        fewer_words=_fewer_words(request, criteria),
        top_categories=categories,
    )


@require_safe
@shared_page
def product_detail(request: HttpRequest, product_id: str, slug: str = "") -> HttpResponse:
    actor = actor_of(request)
    product = selectors.find_product(product_id, actor)
    path = product_path(product.id, product.slug)
    if slug != product.slug:
        return _moved(request, path)
    data = product.data
    trail = [
        (name, category_path("/".join(product.category_slugs[:depth])))
        for depth, name in enumerate(data.category, start=1)
    ]
    picture = request.build_absolute_uri(data.image_url) if data.image_url else ""
    address = request.build_absolute_uri(path)
    context = {
        **PATHS,
        "product": product,
        "data": data,
        "trail": [(_("Catalogue"), reverse("catalog:home")), *trail],
        "canonical": address,
        "picture_address": picture,
        "summary": _summary(product),
        "brand_slug": slugify(data.brand) if data.brand else "",
        "product_json": as_script(product_data(product, address, picture)),
        "breadcrumb_json": _breadcrumbs(request, [*trail, (data.name, path)]),
        "may_change": actor.may("catalog.change_product", product.org_id),
        "may_view_history": actor.may("catalog.view_product", product.org_id),
    }
    return render(request, "catalog/product_detail.html", context)


def _list(request: HttpRequest, criteria: Criteria) -> Listing:
    cursor = request.GET.get("cursor") or None
    return selectors.list_public_products(criteria, sort=sort_of(request), cursor=cursor)


def _listing_page(
    request: HttpRequest,
    template: str,
    criteria: Criteria,
    listing: Listing | None = None,
    **context: Any,
) -> HttpResponse:
    listing = listing or _list(request, criteria)
    cursor = listing.next_cursor
    common = {
        **PATHS,
        "listing": listing,
        **sort_choices(request),
        "children": listing.heading.children if listing.heading else (),
        "first_url": address_with(request, cursor=None) if request.GET.get("cursor") else None,
        "next_url": address_with(request, cursor=cursor) if cursor else None,
        "canonical": _canonical(request),
        "is_plain": not request.GET,
        "eager_pictures": EAGER_PICTURES,
    }
    return render(request, template, {**common, **context})


def _canonical(request: HttpRequest) -> str:
    """Each page of a list stands for itself; the order it is read in makes no other page."""
    return request.build_absolute_uri(
        address_with(request, sort=None, q=None, category=None, brand=None)
    )


def _moved(request: HttpRequest, path: str) -> HttpResponse:
    query = request.META.get("QUERY_STRING", "")
    return HttpResponsePermanentRedirect(f"{path}?{query}" if query else path)


def _slugs(path: str) -> tuple[str, ...]:
    return tuple(slugify(part) for part in path.split("/") if part.strip())


def _slug(text: str) -> str:
    return slugify(text) if text.strip() else ""


def _category_names(slugs: Sequence[str], listing: Listing) -> list[str]:
    """How the levels of a path are written: every product in the category knows them."""
    written = listing.cards[0].category if listing.cards else ()
    names = [*written[: len(slugs)]]
    names += [_readable(slug) for slug in slugs[len(names) :]]
    if listing.heading and listing.heading.label:
        names[-1] = listing.heading.label
    return names


def _readable(slug: str) -> str:
    return slug.replace("-", " ").capitalize()


def _label_of_category(slugs: Sequence[str], cards: Sequence[Card]) -> str:
    if not slugs:
        return ""
    return cards[0].category[len(slugs) - 1] if cards else _readable(slugs[-1])


def _breadcrumbs(request: HttpRequest, trail: Iterable[tuple[str, str]]) -> str:
    home_page = (_("Catalogue"), reverse("catalog:home"))
    return as_script(
        breadcrumb_data(
            [(name, request.build_absolute_uri(path)) for name, path in (home_page, *trail)]
        )
    )


def _summary(product: Product) -> str:
    """What search engines and messengers show below the title."""
    text = " ".join(product.data.description.split())
    return text if len(text) <= 160 else text[:159].rpartition(" ")[0] + "…"


def _top_categories() -> tuple[Link, ...]:
    heading = selectors.list_public_products(limit=1).heading
    return heading.children if heading else ()


def _narrower_categories(
    request: HttpRequest, criteria: Criteria, cards: Sequence[Card]
) -> list[Suggestion]:
    depth = len(criteria.category) + 1
    found = Counter(card.category[:depth] for card in cards if len(card.category) >= depth)
    return _choices(
        request, "category", {"/".join(map(slugify, names)): names[-1] for names in _common(found)}
    )


def _narrower_brands(
    request: HttpRequest, criteria: Criteria, cards: Sequence[Card]
) -> list[Suggestion]:
    if criteria.brand:
        return []
    found = Counter(card.brand for card in cards if card.brand)
    return _choices(request, "brand", {slugify(name): name for name in _common(found)})


def _common(found: Counter[Any]) -> list[Any]:
    return [value for value, _count in found.most_common(MOST_SUGGESTIONS)]


def _choices(request: HttpRequest, parameter: str, labels: Mapping[str, str]) -> list[Suggestion]:
    """Nothing where there is nothing to choose between."""
    if len(labels) < 2:
        return []
    return [
        Suggestion(label, address_with(request, cursor=None, **{parameter: value}))
        for value, label in labels.items()
    ]


def _fewer_words(request: HttpRequest, criteria: Criteria) -> list[Suggestion]:
    if len(criteria.terms) < 2:
        return []
    terms = sorted(criteria.terms, key=len, reverse=True)[:MOST_SUGGESTIONS]
    return [Suggestion(term, address_with(request, cursor=None, q=term)) for term in terms]
