"""What a product went through, told to those whom it concerns."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.test import Client

from catalog import services
from catalog.entities import Product, Status
from tests.catalog.pages import link
from tests.catalog.staff import history_of, page_of

if TYPE_CHECKING:
    from accounts.entities import User

LogIn = Callable[["User"], Client]


def test_history_says_who_changed_what_in_peoples_words(
    alice: User, bob: User, mug: Product, log_in: LogIn
) -> None:
    services.change_product(
        actor=alice.actor,
        product_id=mug.id,
        raw={"price": "13", "category": "Kitchen/Cups", "stock": "low_stock"},
        version=mug.version,
    )
    services.set_product_status(
        actor=alice.actor, product_id=mug.id, status=Status.PUBLIC, version=mug.version + 1
    )
    page = log_in(bob).get(page_of(mug, "product-history"))
    entries = history_of(page)
    assert [entry[0] for entry in entries] == ["Published", "Changed", "Created"]
    assert {entry[1] for entry in entries} == {"by Alice"}
    assert entries[1][2] == {
        "Price": "12.50 → 13.00",
        "Category": "Kitchen › Mugs → Kitchen › Cups",
        "Availability": "In stock → Few left",
    }
    assert entries[2][2]["Category"] == "Kitchen › Mugs"


def test_long_history_is_paged(alice: User, mug: Product, log_in: LogIn) -> None:
    product = mug
    for number in range(30):
        product = services.change_product(
            actor=alice.actor,
            product_id=mug.id,
            raw={"name": f"Mug {number}"},
            version=product.version,
        )
    staff = log_in(alice)
    first = staff.get(page_of(mug, "product-history"))
    second = staff.get(link(first, "next") or "")
    assert len(history_of(first)) + len(history_of(second)) == 31
    assert link(second, "first") == page_of(mug, "product-history")
