"""Products for tests that need no store, or fill it directly."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from catalog.entities import Product, ProductData, Status
from storage.table import Table
from storage.transactions import MAX_ACTIONS, Transaction

START = datetime(2026, 1, 1, tzinfo=UTC)


def product(number: int = 1, *, org_id: str = "ORG-1", **data: Any) -> Product:
    """A public product named by its number; `data` overrides fields of ProductData."""
    values: dict[str, Any] = {
        "sku": f"SKU-{number}",
        "name": f"Product {number:06d}",
        "price": Decimal(number % 1000) + Decimal("0.99"),
        "currency": "EUR",
        "status": Status.PUBLIC,
    }
    moment = START + timedelta(seconds=number)
    return Product(
        id=f"{number:016d}",
        org_id=org_id,
        data=ProductData(**{**values, **data}),
        created_at=moment,
        updated_at=moment,
        published_at=moment,
    )


def put_raw(table: type[Table], items: Iterable[dict[str, Any]]) -> None:
    """Writes typed items in the largest transactions there are: the fastest way in."""
    transaction = Transaction()
    for item in items:
        transaction.put_raw(table, item)
        if len(transaction) == MAX_ACTIONS:
            transaction.commit()
            transaction = Transaction()
    transaction.commit()
