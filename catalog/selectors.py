"""What somebody may see of the catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace

import orjson

from accounts.entities import ANONYMOUS, Actor
from catalog import listing, listing_repository, repository
from catalog.entities import Card, Heading, Link, Listing, Product, Sort, Status
from catalog.errors import CategoryNotFound, ProductNotFound
from catalog.listing_repository import Position, Row
from catalog.rules import CATEGORY_LEVELS, sku_or_none
from catalog.search import Criteria, Driver, plan
from storage.audit import AuditEntry, history
from storage.cursors import open_sealed, seal
from storage.domain import Forbidden
from storage.pages import Page, page_of

PAGE = 24
LARGEST_PAGE = 100
SITEMAP_BATCH = 250
SEARCH_REQUESTS = 3
STAFF_SEARCH_REQUESTS = 6
LONGEST_ORGANISATION_ID = 100


def find_product(product_id: str, actor: Actor = ANONYMOUS) -> Product:
    """A public product, or any one of the actor's organisation. One read.

    Raises ProductNotFound, for somebody else's draft too.
    """
    product = repository.find_product(product_id)
    if product is None or not _may_see(actor, product):
        raise ProductNotFound
    return product


def find_product_by_sku(sku: str, actor: Actor = ANONYMOUS, org_id: str = "") -> Product:
    """The product with this SKU: of `org_id` if given, else of the actor's organisation first.

    SKUs are unique per organisation only. Two reads where an organisation is known, and one
    query for other people's: then the oldest public one. Raises ProductNotFound.
    """
    normalised = sku_or_none(sku)
    if normalised is None or len(org_id) > LONGEST_ORGANISATION_ID:
        raise ProductNotFound
    owner = org_id or actor.org_id
    own = repository.find_product_by_sku(owner, normalised) if owner else None
    if own is not None and _may_see(actor, own):
        return own
    other = None if org_id else repository.public_product_with_sku(normalised)
    if other is None:
        raise ProductNotFound
    return other


def find_own_product(actor: Actor, product_id: str, permission: str) -> Product:
    """A product of the actor's organisation, for staff pages and before a change.

    Strongly consistent, for a form is filled from it. Raises ProductNotFound for other
    people's, Forbidden where the actor lacks `permission`.
    """
    product = repository.find_product(product_id, consistent=True)
    if product is None or product.org_id != actor.org_id:
        raise ProductNotFound
    actor.require(permission, product.org_id)
    return product


def _may_see(actor: Actor, product: Product) -> bool:
    return product.is_public or actor.may("catalog.view_product", product.org_id)


def list_public_products(
    criteria: Criteria = Criteria(),  # noqa: B008  # frozen
    *,
    sort: Sort = Sort.NAME,
    limit: int = PAGE,
    cursor: str | None = None,
) -> Listing:
    """Public products: everything, a category, a brand, or what a search finds.

    One request, a search or a combination of filters at most three. Raises InvalidCursor, and
    CategoryNotFound for a category or brand that never had a product.
    """
    if len(criteria.category) > CATEGORY_LEVELS:
        raise CategoryNotFound
    criteria = replace(criteria, org_id="", statuses=(Status.PUBLIC,))
    if criteria.is_search:
        return _search(criteria, sort, limit, cursor, SEARCH_REQUESTS)
    return _browse(criteria, sort, limit, cursor)


def list_own_products(
    actor: Actor,
    *,
    text: str = "",
    category: tuple[str, ...] = (),
    brand: str = "",
    statuses: tuple[Status, ...] = tuple(Status),
    sort: Sort = Sort.NAME,
    limit: int = PAGE,
    cursor: str | None = None,
) -> Listing:
    """The products of the actor's organisation, drafts first. At most six requests."""
    actor.require("catalog.view_product", actor.org_id)
    criteria = Criteria(text, category, brand, actor.org_id, statuses)
    return _search(criteria, sort, limit, cursor, STAFF_SEARCH_REQUESTS)


def all_own_products(actor: Actor) -> Iterator[Product]:
    """Everything the actor's organisation has, by status and name, read a batch at a time."""
    actor.require("catalog.view_product", actor.org_id)
    for status in Status:
        facet = listing.organisation_facet(actor.org_id, status)
        for rows in _batches(facet, LARGEST_PAGE):
            found = repository.find_products(row.card.id for row in rows)
            yield from (found[row.card.id] for row in rows if row.card.id in found)


def count_own_products(actor: Actor) -> int:
    """How many the actor's organisation has. Reads the lists of all of them."""
    actor.require("catalog.view_product", actor.org_id)
    facets = (listing.organisation_facet(actor.org_id, status) for status in Status)
    return sum(listing_repository.count_entries(facet) for facet in facets)


def public_cards_between(low: str, high: str, most: int) -> Iterator[Card]:
    """Public products whose name in key form is from `low` up to, but not with, `high`."""
    after = Position(low, low)
    count = 0
    for rows in _batches(listing.ALL, SITEMAP_BATCH, after):
        for row in rows:
            if row.position.name_key >= high or count == most:
                return
            count += 1
            yield row.card


def _batches(facet: str, size: int, after: Position | None = None) -> Iterator[list[Row]]:
    while True:
        rows = listing_repository.browse(facet, Sort.NAME, most=size, after=after).rows
        # A short batch is not the last one: a request also ends at 1 MB.
        if not rows:
            return
        yield rows
        after = rows[-1].position


def list_brands(cursor: str | None = None) -> Page[Link]:
    """Brands with public products, by name. One query."""
    after = open_sealed(cursor, purpose="brands")["after"] if cursor else ""
    links, capacity = listing_repository.brands(most=LARGEST_PAGE + 1, after=after)
    return page_of(
        links, LARGEST_PAGE, lambda link: seal({"after": link.slug}, purpose="brands"), capacity
    )


def product_history(actor: Actor, product: Product, cursor: str | None = None) -> Page[AuditEntry]:
    """Raises Forbidden for anybody outside the product's organisation."""
    if not actor.may("catalog.view_product", product.org_id):
        raise Forbidden
    return history(product.audit_subject, cursor=cursor)


def _browse(criteria: Criteria, sort: Sort, limit: int, cursor: str | None) -> Listing:
    facet = listing.ALL
    if criteria.category:
        facet = listing.category_facet(criteria.category)
    elif criteria.brand:
        facet = listing.brand_facet(criteria.brand)
    purpose = _purpose(criteria, sort)
    opened = open_sealed(cursor, purpose=purpose) if cursor else None
    after = Position(*opened["after"]) if opened else None
    found = listing_repository.browse(facet, sort, most=limit + 1, after=after)
    heading = found.heading
    if opened is not None:
        heading = Heading(opened["label"])
    elif heading is None and facet != listing.ALL and not found.rows:
        raise CategoryNotFound
    shown, more = found.rows[:limit], len(found.rows) > limit
    following = None
    if more:
        label = heading.label if heading else ""
        following = seal({"after": _plain(shown[-1].position), "label": label}, purpose=purpose)
    return Listing(tuple(row.card for row in shown), following, heading)


def _search(criteria: Criteria, sort: Sort, limit: int, cursor: str | None, budget: int) -> Listing:
    drivers = plan(criteria, sort)
    purpose = _purpose(criteria, sort)
    after = None
    if cursor:
        opened = open_sealed(cursor, purpose=purpose)
        drivers = [driver for driver in drivers if driver.name == opened["driver"]]
        after = Position(*opened["after"])
    if not drivers:
        return Listing(())
    driver, found = listing_repository.search(
        drivers, sort, most=limit + 1, statuses=criteria.statuses, budget=budget, after=after
    )
    shown = found.rows[:limit]
    if len(found.rows) > limit:
        following = _search_cursor(driver, shown[-1].position, purpose)
        return Listing(tuple(row.card for row in shown), following)
    if found.resume is not None:
        following = _search_cursor(driver, found.resume, purpose)
        return Listing(tuple(row.card for row in shown), following, exhaustive=False)
    return Listing(tuple(row.card for row in shown))


def _search_cursor(driver: Driver, position: Position, purpose: str) -> str:
    return seal({"driver": driver.name, "after": _plain(position)}, purpose=purpose)


def _plain(position: Position) -> tuple[str, str, int]:
    return (position.name_key, position.sort_key, position.stretch)


def _purpose(criteria: Criteria, sort: Sort) -> str:
    asked = {**asdict(criteria), "text": " ".join(criteria.terms), "sort": sort}
    return "products:" + orjson.dumps(asked, option=orjson.OPT_SORT_KEYS).decode()
