"""The listing can be made again from the products, with everything around it left alone."""

from __future__ import annotations

import random
import uuid
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from accounts.entities import User
from catalog.entities import Product, ProductData, Status
from catalog.money import in_currency
from catalog.repository import find_product, stage_change
from catalog.services import audit_of
from catalog.tables import ListingItem, ProductItem, listed_product_key, listing_of
from storage.client import call
from storage.evolution.models import state_of_models
from storage.evolution.operation import Options, SilentReporter, Work
from storage.migrations import RebuildItems
from storage.scanning import scan_pages
from storage.transactions import Transaction
from storage.typed import RawItem, plain_item
from tests.catalog.seeding import sample, seed
from tests.storage.faults import attempts, injected

PRODUCTS = 240
REBUILD = RebuildItems(
    "product-listing", "products", listing_of, listed_product_key, kind="ProductItem"
)


def rebuild() -> dict[str, Any]:
    state = state_of_models({"catalog"})
    assert REBUILD.state_after(state, "catalog") == state
    return REBUILD.apply(
        Work(
            app="catalog",
            before=state,
            after=state,
            job=uuid.uuid4().hex,
            token=uuid.uuid4().hex,
            options=Options(),
            reporter=SilentReporter(),
            still_ours=lambda: None,
            leased=False,
        )
    )


def listing() -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (item["facet"]["S"], item["name_key"]["S"]): plain_item(item)
        for page in scan_pages(ListingItem.physical_name())
        for item in page.items
    }


def raw_listing() -> list[RawItem]:
    return [item for page in scan_pages(ListingItem.physical_name()) for item in page.items]


def put(item: RawItem) -> None:
    call("PutItem", {"TableName": ListingItem.physical_name(), "Item": item})


def delete(item: RawItem) -> None:
    key = {"facet": item["facet"], "name_key": item["name_key"]}
    call("DeleteItem", {"TableName": ListingItem.physical_name(), "Key": key})


@pytest.fixture
def products(alice: User) -> list[Product]:
    def mixed(number: int) -> ProductData:
        data = sample(number)
        price = in_currency(data.price, data.currency)
        return replace(data, price=price, status=tuple(Status)[number % len(Status)])

    return seed(PRODUCTS, actor=alice.actor, make=mixed)


def wreck(chance: random.Random) -> int:
    """Removes, alters, moves and invents entries; headings stay."""
    done = 0
    for item in raw_listing():
        if "card" not in item or chance.random() < 0.5:
            continue
        done += 1
        match chance.randrange(5):
            case 0:
                delete(item)
            case 1:
                put({**item, "text": {"S": " nonsense "}})
            case 2:
                put({name: value for name, value in item.items() if name != "price_key"})
            case 3:
                put({**item, "name_key": {"S": f"stray {done}"}, "label": {"S": "Stray"}})
            case 4:
                card = item["card"]["S"].replace('"id":"', '"id":"gone')
                put({**item, "name_key": {"S": f"orphan {done}"}, "card": {"S": card}})
    return done


def test_a_wrecked_listing_becomes_what_it_was(products: list[Product]) -> None:
    before = listing()
    headings = [item for item in before.values() if "card" not in item]
    assert len(headings) > 10
    assert wreck(random.Random(3)) > 1000
    assert listing() != before
    summary = rebuild()
    assert listing() == before
    assert min(summary["changed"], summary["removed"]) > 200


def test_a_listing_that_is_right_is_not_written_to(products: list[Product]) -> None:
    before = listing()
    with attempts("TransactWriteItems") as bodies:
        summary = rebuild()
    assert (summary["changed"], summary["removed"]) == (0, 0)
    assert not any(ListingItem.physical_name() in str(body) for body in bodies)
    assert listing() == before


def test_an_empty_listing_is_filled(products: list[Product]) -> None:
    before = listing()
    for item in raw_listing():
        if "card" in item:
            delete(item)
    rebuild()
    assert listing() == before


def test_a_product_that_changes_meanwhile_is_listed_as_it_is_then(
    products: list[Product], alice: User
) -> None:
    """Whether entries are being made for it, or taken away."""
    wreck(random.Random(5))
    chance = random.Random(6)
    writes = 0

    def interfere(request: Any) -> None:
        nonlocal writes
        if ListingItem.physical_name().encode() not in request.body or b"audit" in request.body:
            return
        writes += 1
        if writes % 3 == 1:
            change(chance.choice(products), alice, f"Changed {writes}")

    with injected("TransactWriteItems", always=interfere):
        rebuild()
    assert writes > 20
    assert {key: item for key, item in listing().items() if "card" in item} == {
        (item["facet"]["S"], item["name_key"]["S"]): plain_item(item)
        for page in scan_pages(ProductItem.physical_name())
        for product in page.items
        if not product["id"]["S"].startswith("sku#")
        for item in listing_of(product)
    }


def change(product: Product, alice: User, name: str) -> None:
    current = find_product(product.id, consistent=True)
    assert current
    data = replace(current.data, name=name, price=Decimal("3.50"))
    after = replace(current, data=data)
    transaction = Transaction()
    audit = audit_of(alice.actor, current, after, "catalog.change_product")
    stage_change(transaction, current, after, audit)
    transaction.commit()


def test_the_key_of_the_product_is_known_for_entries_only(products: list[Product]) -> None:
    keys = [listed_product_key(item) for item in raw_listing()]
    assert {key["id"]["S"] for key in keys if key} == {product.id for product in products}
    assert None in keys
