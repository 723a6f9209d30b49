"""A listing as large as asked, written directly: what pages read, nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from catalog.entities import Product, ProductData, Status
from catalog.heading_repository import follow_changes
from catalog.tables import ListingItem, raw_entries
from storage.transactions import MAX_ACTIONS, Transaction

START = datetime(2026, 1, 1, tzinfo=UTC)
COLOURS = ("amber", "blue", "coral", "green", "ivory", "plum", "red", "slate")
THINGS = ("basket", "blanket", "chair", "jug", "lamp", "mirror", "plate", "vase")


def fill_catalogue(size: int) -> None:
    """`size` products in "all"; every tenth of them also in a category."""
    transaction = Transaction()
    for entry in _entries(size):
        transaction.put_raw(ListingItem, entry)
        if len(transaction) == MAX_ACTIONS:
            transaction.commit()
            transaction = Transaction()
    transaction.commit()
    follow_changes([(None, _product(0))])


def _entries(size: int) -> Iterator[dict[str, Any]]:
    for number in range(size):
        wanted = {"all", "category#home"} if number % 10 == 0 else {"all"}
        for (facet, _), entry in raw_entries(_product(number)).items():
            if facet in wanted:
                yield entry


def _product(number: int) -> Product:
    moment = START + timedelta(seconds=number)
    colour, thing = COLOURS[number % 8], THINGS[number // 8 % 8]
    data = ProductData(
        sku=f"HOM-{number}",
        name=f"{colour.title()} {thing} no. {number}",
        price=Decimal(number % 500) + Decimal("0.95"),
        currency="EUR",
        brand="Fernhill",
        category=("Home", "Living room"),
        image_url=f"/pictures/vase-{number % 100}.svg",
        status=Status.PUBLIC,
    )
    return Product(f"{number:016d}", "ORG-1", data, moment, moment, moment)
