"""What reading the listing costs, and that every way of paging shows everything once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace as replace_configuration
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog import selectors
from catalog.entities import Listing, Product, Sort
from catalog.heading_repository import follow_changes
from catalog.listing import sort_keys
from catalog.search import Criteria
from catalog.tables import ListingItem, raw_entries
from storage.configuration import configuration, configure
from storage.cursors import seal
from storage.errors import InvalidCursor
from storage.meter import Meter, measure
from tests.catalog.products import product, put_raw

KEY = {Sort.NAME: 0, Sort.PRICE: 1, Sort.PRICE_DESCENDING: 1, Sort.NEWEST: 2}


def fill(products: list[Product]) -> None:
    put_raw(ListingItem, (entry for item in products for entry in raw_entries(item).values()))


def walk(criteria: Criteria, sort: Sort, limit: int) -> list[Listing]:
    pages = [selectors.list_public_products(criteria, sort=sort, limit=limit)]
    while cursor := pages[-1].next_cursor:
        pages.append(
            selectors.list_public_products(criteria, sort=sort, limit=limit, cursor=cursor)
        )
    return pages


def ids(pages: list[Listing]) -> list[str]:
    return [card.id for page in pages for card in page.cards]


def in_order(products: list[Product], sort: Sort) -> list[str]:
    ordered = sorted(products, key=lambda item: sort_keys(item)[KEY[sort]].encode())
    if sort in (Sort.PRICE_DESCENDING, Sort.NEWEST):
        ordered.reverse()
    return [item.id for item in ordered]


@pytest.fixture
def shop(store: None) -> list[Product]:
    products = [
        product(
            number,
            name=f"{'Blue' if number % 2 else 'Red'} chair {number:03d}",
            brand="Acme" if number % 3 else "Umbra",
            category=("Home", "Seats" if number % 5 else "Tables"),
        )
        for number in range(1, 61)
    ]
    fill(products)
    return products


@pytest.mark.parametrize("sort", Sort)
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(limit=st.integers(1, 70))
def test_paging_shows_everything_once_and_in_order(
    shop: list[Product], sort: Sort, limit: int
) -> None:
    pages = walk(Criteria(), sort, limit)
    assert ids(pages) == in_order(shop, sort)
    assert all(page.cards for page in pages)


@pytest.mark.parametrize("sort", Sort)
def test_paging_with_shards_shows_the_same(shop: list[Product], sort: Sort) -> None:
    before = configuration()
    configure(replace_configuration(before, shards=3))
    try:
        fill(shop)
        assert ids(walk(Criteria(), sort, 7)) == in_order(shop, sort)
    finally:
        configure(before)


@pytest.mark.parametrize("sort", Sort)
@pytest.mark.parametrize("text", ["chair", "cha", "blue", "chair blue", "red cha"])
def test_paging_through_a_search_shows_every_match_once(
    shop: list[Product], sort: Sort, text: str
) -> None:
    wanted = {
        item.id
        for item in shop
        if ("blue" not in text or "blue" in item.data.name.lower())
        and ("red" not in text or "red" in item.data.name.lower())
    }
    found = ids(walk(Criteria(text=text), sort, 7))
    assert sorted(found) == sorted(wanted)


def test_a_complete_word_keeps_the_order_that_was_asked_for(shop: list[Product]) -> None:
    for sort in Sort:
        assert ids(walk(Criteria(text="chair"), sort, 9)) == in_order(shop, sort)


def test_category_and_brand_combine(shop: list[Product]) -> None:
    wanted = [
        item.id
        for item in shop
        if item.data.brand == "Acme" and item.data.category == ("Home", "Tables")
    ]
    criteria = Criteria(brand="acme", category=("home", "tables"))
    assert sorted(ids(walk(criteria, Sort.NAME, 5))) == sorted(wanted)


def test_a_search_within_a_category_finds_only_there(shop: list[Product]) -> None:
    wanted = [item.id for item in shop if item.data.category == ("Home", "Tables")]
    criteria = Criteria(text="chair", category=("home", "tables"))
    assert sorted(ids(walk(criteria, Sort.NAME, 5))) == sorted(wanted)


def test_a_product_with_several_fitting_words_comes_once(store: None) -> None:
    fill([product(1, name="Chair covers for chairs and chairlifts"), product(2, name="Chairs")])
    for sort in Sort:
        assert sorted(ids(walk(Criteria(text="chai"), sort, 1))) == [f"{n:016d}" for n in (1, 2)]


def test_a_cursor_is_good_for_its_own_list_only(shop: list[Product]) -> None:
    cursor = selectors.list_public_products(sort=Sort.NAME, limit=5).next_cursor
    assert cursor
    for criteria, sort in [
        (Criteria(), Sort.PRICE),
        (Criteria(brand="acme"), Sort.NAME),
        (Criteria(text="chair"), Sort.NAME),
    ]:
        with pytest.raises(InvalidCursor):
            selectors.list_public_products(criteria, sort=sort, cursor=cursor)
    with pytest.raises(InvalidCursor):
        selectors.list_public_products(cursor=seal({"after": ["a", "b", 0]}, purpose="other"))


def test_a_word_that_is_rare_answers_although_another_is_common(store: None) -> None:
    """The common word alone would need far more than three requests to come to the rare one."""
    common = [product(number, name=f"widget {number:05d}") for number in range(3000)]
    fill([*common, product(9999, name="Widget zygote")])
    with measure() as meter:
        found = selectors.list_public_products(Criteria(text="widget zygote"))
    assert [card.name for card in found.cards] == ["Widget zygote"]
    assert found.exhaustive
    assert len(meter.calls) <= selectors.SEARCH_REQUESTS


def test_a_search_that_stops_early_says_so_and_goes_on(store: None) -> None:
    """Two common words that never meet until the very end: honest, bounded and resumable."""
    fill(
        [product(number, name=f"alpha thing {number:05d}") for number in range(700)]
        + [product(1000 + number, name=f"bravo thing {number:05d}") for number in range(700)]
        + [product(5000, name="zz alpha bravo")]
    )
    criteria = Criteria(text="alpha bravo")
    pages = walk(criteria, Sort.NAME, 24)
    assert not pages[0].exhaustive
    assert pages[-1].exhaustive
    assert ids(pages) == [f"{5000:016d}"]


PAGES = {
    "everything": (Criteria(), 1),
    "category": (Criteria(category=("home",)), 1),
    "brand": (Criteria(brand="acme"), 1),
    "one word": (Criteria(text="lamp"), 2),
    "two words": (Criteria(text="lamp brass"), 3),
    "rare word": (Criteria(text="zygote lamp"), 3),
    "nothing found": (Criteria(text="nonexistent"), 2),
}


def spent(sort: Sort) -> dict[str, Meter]:
    meters = {}
    for name, (criteria, _) in PAGES.items():
        with measure() as meters[name]:
            selectors.list_public_products(criteria, sort=sort)
    return meters


def fill_catalogue(size: int) -> None:
    """As many products in "all" as asked; a tenth of them in a category, a brand and a word."""

    def entries_of_ten(first: int) -> Iterator[dict[str, Any]]:
        # The other nine differ in their number only: to work out each takes as long as to store it.
        name = f"Lamp {'steel' if first % 20 else 'brass'} {first:06d}"
        item = product(first, name=name, brand="Acme", category=("Home",))
        entries = {facet: entry for (facet, _), entry in raw_entries(item).items()}
        yield from (entries[facet] for facet in ("category#home", "brand#acme", "word#lam"))
        for number in range(first, first + 10):
            yield {
                name: {"S": value["S"].replace(f"{first:06d}", f"{number:06d}")}
                for name, value in entries["all"].items()
            }

    put_raw(ListingItem, (entry for first in range(0, size, 10) for entry in entries_of_ten(first)))
    fill([product(10**9, name="Lamp zygote", brand="Acme", category=("Home",))])
    follow_changes([(None, product(10**9, brand="Acme", category=("Home",)))])


@pytest.mark.slow
def test_pages_cost_the_same_in_a_small_and_in_a_large_catalogue(store: None) -> None:
    fill_catalogue(1_000)
    small = {sort: spent(sort) for sort in Sort}
    fill_catalogue(100_000)
    large = {sort: spent(sort) for sort in Sort}
    for sort in Sort:
        for name, (_, most_requests) in PAGES.items():
            few, many = small[sort][name], large[sort][name]
            assert {call.operation for call in many.calls} == {"Query"}
            assert len(many.calls) <= most_requests, (name, sort)
            if most_requests == 1:
                assert many.capacity == few.capacity, (name, sort)
            assert many.capacity <= 40, (name, sort)


def test_the_pages_of_a_list_do_not_overlap(shop: list[Product]) -> None:
    pages = walk(Criteria(), Sort.NAME, 10)
    for one, two in pairwise(pages):
        assert not {card.id for card in one.cards} & {card.id for card in two.cards}
