"""Categories and brands come and go with their products."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from catalog import selectors, services
from catalog.entities import Status
from catalog.errors import CategoryNotFound
from catalog.heading_repository import MOST_CHILDREN, follow_changes
from catalog.search import Criteria
from storage.meter import measure
from tests.catalog.products import product
from tests.catalog.test_services import ALICE, CHARLIE, make, names

pytestmark = pytest.mark.usefixtures("store")


def top_categories() -> list[str]:
    heading = selectors.list_public_products().heading
    return [link.label for link in heading.children] if heading else []


def test_a_category_that_came_back_is_linked_again() -> None:
    """Whatever another process did to the navigation in the meantime."""
    mug = make()
    services.set_product_status(actor=ALICE, product_id=mug.id, status=Status.ARCHIVED, version=1)
    assert top_categories() == []
    services.set_product_status(actor=ALICE, product_id=mug.id, status=Status.PUBLIC, version=2)
    assert top_categories() == ["Kitchen"]
    assert [link.label for link in selectors.list_brands().items] == ["Acme"]


def test_many_coming_and_going_at_once_leave_the_navigation_right() -> None:
    def come_and_go(number: int) -> None:
        product = make(sku=f"S-{number}", category=f"Kitchen/Shelf {number % 3}")
        if number % 2:
            services.delete_product(actor=ALICE, product_id=product.id, version=1)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(come_and_go, range(32)))
    kitchen = selectors.list_public_products(Criteria(category=("kitchen",)))
    assert kitchen.heading is not None
    assert [link.label for link in kitchen.heading.children] == ["Shelf 0", "Shelf 1", "Shelf 2"]
    for card in selectors.list_public_products(limit=100).cards:
        services.delete_product(actor=ALICE, product_id=card.id, version=1)
    assert top_categories() == []
    assert selectors.list_brands().items == ()


def test_one_spelling_of_a_category_stands_and_goes_with_its_last_product() -> None:
    mug = make()
    shout = make(CHARLIE, category="KITCHEN!!! ★")
    assert top_categories() == ["Kitchen"]
    services.delete_product(actor=ALICE, product_id=mug.id, version=1)
    services.delete_product(actor=CHARLIE, product_id=shout.id, version=1)
    assert top_categories() == []
    make(sku="MUG-2", category="kitchen")
    assert top_categories() == ["kitchen"]


def test_nobody_can_fill_the_shared_navigation() -> None:
    for number in range(0, MOST_CHILDREN + 20, 20):
        follow_changes(
            (None, product(n, category=(f"Category {n:04d}",))) for n in range(number, number + 20)
        )
    assert len(top_categories()) <= MOST_CHILDREN
    mug = make(category="Zebra/Stripes")
    with measure() as meter:
        assert selectors.list_public_products(limit=24).cards[0].id == mug.id
    assert meter.capacity < 5
    assert names(category=("zebra", "stripes")) == ["Blue mug"]


def test_the_last_product_takes_its_category_and_brand_along() -> None:
    mug, plate = make(), make(sku="P-1", name="Plate", category="Kitchen/Plates", brand="Umbra")
    services.delete_product(actor=ALICE, product_id=mug.id, version=1)
    kitchen = selectors.list_public_products(Criteria(category=("kitchen",)))
    assert kitchen.heading is not None
    assert [link.label for link in kitchen.heading.children] == ["Plates"]
    assert [link.label for link in selectors.list_brands().items] == ["Umbra"]
    services.delete_product(actor=ALICE, product_id=plate.id, version=1)
    home = selectors.list_public_products()
    assert home.heading is not None
    assert home.heading.children == ()
    make()
    home = selectors.list_public_products()
    assert home.heading is not None
    assert [link.label for link in home.heading.children] == ["Kitchen"]


def test_brands_come_a_page_at_a_time_and_the_last_is_never_empty() -> None:
    for number in range(selectors.LARGEST_PAGE):
        make(sku=f"S-{number}", brand=f"Brand {number:03d}")
    first = selectors.list_brands()
    assert len(first.items) == selectors.LARGEST_PAGE
    assert first.next_cursor is None
    make(sku="ONE-MORE", brand="Zest")
    first = selectors.list_brands()
    last = selectors.list_brands(first.next_cursor)
    assert [link.label for link in last.items] == ["Zest"]
    assert last.next_cursor is None


def test_a_category_that_never_was_is_not_found() -> None:
    with pytest.raises(CategoryNotFound):
        selectors.list_public_products(Criteria(category=("nowhere",)))
