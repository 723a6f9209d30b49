"""The navigation: which categories and brands there are, kept beside the entries of the listing.

A heading stands at both ends of its facet and holds the facet's label and the links one level
below. It follows the products: it is completed after a product was listed, and taken apart after
the last one left. Both read the store as it is then, so whoever comes last repairs what the other
did, in whatever order two processes meet.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from pynamodb.expressions.update import Action

from catalog import listing
from catalog.entities import Product
from catalog.listing import BRANDS, FIRST, LAST
from catalog.tables import ListingItem, child_text, slug_of_child
from storage.configuration import configuration

# The catalogue is shared by all organisations: nobody may fill an item (400 KB), or everybody's
# pages, with categories. Those beyond are found by search and on the pages of their products.
MOST_CHILDREN = 200

Change = tuple[Product | None, Product | None]
"""Before and after; None where there was or is no product."""


@dataclass(slots=True)
class _Wanted:
    label: str
    children: dict[str, str] = field(default_factory=dict)


def follow_changes(changes: Iterable[Change]) -> None:
    """Brings the navigation up to date with what was just written.

    Nothing for changes that stay in the same categories and brand. Else one read for all new
    places that are known, and for every place that was left a query that looks for others.
    """
    came: list[Product] = []
    left: dict[object, Product] = {}
    for before, after in changes:
        old = listing.heading_parents(before) if before else []
        new = listing.heading_parents(after) if after else []
        if old == new:
            continue
        if after is not None and new:
            came.append(after)
        if before is not None and old:
            left[before.category_slugs, before.data.brand] = before
    _complete(came)
    for product in left.values():
        _remove_empty(product)


def _complete(products: Sequence[Product]) -> None:
    wanted = _wanted(products)
    if not wanted:
        return
    keys = [(facet, end) for facet in wanted for end in (FIRST, LAST)]
    keys += [(BRANDS, slug) for facet in wanted if (slug := _brand_slug(facet))]
    found = ListingItem.find_many(keys, consistent=True)
    stored = {(item.facet, item.name_key): item for item in found}
    for facet, want in wanted.items():
        for end in (FIRST, LAST):
            _complete_end(facet, end, want, stored.get((facet, end)))
        slug = _brand_slug(facet)
        if slug and (BRANDS, slug) not in stored:
            ListingItem.amend(BRANDS, slug, actions=[ListingItem.label.set(want.label)])


def _wanted(products: Iterable[Product]) -> dict[str, _Wanted]:
    wanted: dict[str, _Wanted] = {}
    for product in products:
        for facet, label, child in listing.heading_parents(product):
            want = wanted.setdefault(_stored_facet(facet), _Wanted(label))
            if child:
                want.children.setdefault(*child)
    return wanted


def _complete_end(facet: str, end: str, want: _Wanted, item: ListingItem | None) -> None:
    linked = {slug_of_child(child) for child in (item.children if item else None) or ()}
    missing = {
        child_text(slug, label) for slug, label in want.children.items() if slug not in linked
    }
    if len(linked) + len(missing) > MOST_CHILDREN:
        missing = set()
    if item is not None and item.label is not None and not missing:
        return
    actions: list[Action] = [
        ListingItem.label.set(ListingItem.label | want.label),
        ListingItem.price_key.set(end),
    ]
    if end == LAST:
        actions.append(ListingItem.newest_key.set(end))
    if missing:
        actions.append(ListingItem.children.add(missing))
    ListingItem.amend(facet, end, actions=actions)


def _remove_empty(product: Product) -> None:
    """Unlinks the categories and the brand that `product` was the last of, and looks again."""
    names, slugs = product.data.category, product.category_slugs
    for depth in range(len(slugs), 0, -1):
        facet = listing.category_facet(slugs[:depth])
        if not _is_empty(facet):
            break
        parent = listing.category_facet(slugs[: depth - 1]) if depth > 1 else listing.ALL
        _unlink(_stored_facet(parent), "/".join(slugs[:depth]))
        _forget_label(facet)
        if not _is_empty(facet):
            data = replace(product.data, category=names[:depth], brand="")
            _complete([replace(product, data=data)])
    if product.data.brand:
        _remove_brand_if_empty(product)


def _remove_brand_if_empty(product: Product) -> None:
    facet = listing.heading_parents(product)[-1][0]
    if not _is_empty(facet):
        return
    ListingItem(BRANDS, _brand_slug(facet)).delete()
    _forget_label(facet)
    if not _is_empty(facet):
        _complete([replace(product, data=replace(product.data, category=()))])


def _unlink(facet: str, slug: str) -> None:
    """However the category was written."""
    for item in ListingItem.find_many([(facet, FIRST), (facet, LAST)], consistent=True):
        spellings = {child for child in item.children or () if slug_of_child(child) == slug}
        if spellings:
            actions = [ListingItem.children.delete(spellings)]
            ListingItem.amend(facet, item.name_key, actions=actions)


def _forget_label(facet: str) -> None:
    """Whoever comes next says anew how it is written."""
    for end in (FIRST, LAST):
        ListingItem.amend(
            facet,
            end,
            actions=[ListingItem.label.remove()],
            condition=ListingItem.label.exists(),
        )


def _is_empty(facet: str) -> bool:
    between = ListingItem.name_key.between(FIRST + "\x00", LAST)
    found = ListingItem.slice(facet, between, page_size=2, consistent=True)
    return all(item.is_heading for item in found.items)


def _stored_facet(facet: str) -> str:
    """With several shards the heading of everything is in the first one."""
    return listing.all_facets(configuration().shards)[0] if facet == listing.ALL else facet


def _brand_slug(facet: str) -> str:
    return facet.removeprefix("brand#") if facet.startswith("brand#") else ""
