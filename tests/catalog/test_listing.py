from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from catalog import listing
from catalog.entities import Product, Status
from catalog.tables import raw_entries
from catalog.words import normalise
from storage.transactions import MAX_ACTIONS
from tests.catalog.products import product

names = st.text(min_size=1, max_size=80)


def facets(item: Product) -> list[str]:
    return [entry.facet for entry in listing.entries(item)]


def test_a_public_product_is_listed_in_every_way_into_the_catalogue() -> None:
    mug = product(name="Blue mug", brand="Acme Home", category=("Kitchen", "Tea & Coffee"))
    assert facets(mug) == [
        "org#ORG-1#public",
        "all",
        "category#kitchen",
        "category#kitchen/tea-coffee",
        "brand#acme-home",
        *[f"word#{word[:3]}" for word in listing.search_words(mug)],
    ]
    assert listing.search_words(mug)[:4] == ["blue", "mug", "acme", "home"]


def test_a_draft_is_listed_in_its_organisation_only() -> None:
    draft = product(name="Blue mug", brand="Acme", category=("Kitchen",), status=Status.DRAFT)
    assert all(facet.startswith("org#ORG-1#") for facet in facets(draft))


def test_renaming_the_largest_product_fits_into_one_transaction() -> None:
    old = product(
        name=" ".join(f"aword{n}" for n in range(60)),
        brand="Brand",
        category=("A1", "B2", "C3", "D4", "E5"),
    )
    new = replace(old, data=replace(old.data, name=old.data.name.replace("aword", "bword")))
    keys = raw_entries(old).keys() | raw_entries(new).keys()
    product_markers_and_audit = 4
    idempotency_record = 1
    assert len(keys) + product_markers_and_audit + idempotency_record <= MAX_ACTIONS


@given(names, names)
def test_name_keys_sort_as_the_normalised_names_do(first: str, second: str) -> None:
    one, two = product(1, name=first), product(2, name=second)
    ordered = sorted([one, two], key=lambda item: listing.sort_keys(item)[0].encode())
    by_name = sorted(
        [one, two],
        key=lambda item: (
            [word.encode() for word in (normalise(item.data.name) or item.id).split()],
            item.id,
        ),
    )
    assert ordered == by_name


prices = st.decimals(0, 9_999_999_999, places=2)


@given(prices, prices)
def test_price_keys_sort_as_amounts_do(first: Decimal, second: Decimal) -> None:
    assert (listing.price_text(first) < listing.price_text(second)) == (first < second)
    assert len(listing.price_text(first)) == len(listing.price_text(second))


@given(names)
def test_every_entry_lies_between_the_headings_of_its_facet(name: str) -> None:
    for entry in listing.entries(product(name=name)):
        for key in (entry.name_key, entry.price_key, entry.newest_key):
            assert listing.FIRST.encode() < key.encode() < listing.LAST.encode()
            assert len(key.encode()) <= 1024


@given(names)
def test_entries_of_one_product_never_collide(name: str) -> None:
    entries = listing.entries(product(name=name, brand=name, category=("a",)))
    assert len({(entry.facet, entry.name_key) for entry in entries}) == len(entries)


def test_with_several_shards_everything_else_keeps_its_key() -> None:
    sharded = {entry.facet for entry in listing.entries(product(brand="Acme"), shards=4)}
    plain = set(facets(product(brand="Acme")))
    assert sharded - plain <= {"all#0", "all#1", "all#2", "all#3"}
    assert plain - sharded == {"all"}
