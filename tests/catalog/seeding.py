"""Fills the catalogue quickly: real entries through the repository, several products at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from accounts.entities import Actor
from catalog import repository
from catalog.entities import Product, ProductData, Status, Stock, new_product
from catalog.heading_repository import follow_changes
from catalog.services import audit_of
from storage.errors import TransactionTooLarge
from storage.transactions import MAX_ACTIONS, Transaction

CATEGORIES = (
    ("Kitchen", "Mugs", "Espresso"),
    ("Kitchen", "Mugs"),
    ("Kitchen", "Pans"),
    ("Garden", "Tools"),
    ("Garden",),
    ("Toys", "Puzzles"),
    ("Café", "Té"),
    (),
)
BRANDS = ("Marlowick", "Casa Tomillar", "Ødegård", "Nimbus & Sons", "")
THINGS = ("Mug", "Pan", "Trowel", "Kettle", "Puzzle", "Lamp", "Blanket", "Basket", "Spoon", "Vase")
LOOKS = ("Blue", "Striped", "Small", "Tall", "Café", "Oak", "Wool", "Enamel", "Quiet", "Winter")
_START = datetime(2026, 1, 1, tzinfo=UTC)


def sample(number: int) -> ProductData:
    """The `number`-th product of an endless, always equal series; all of them public."""
    look = LOOKS[number // len(THINGS) % len(LOOKS)]
    thing = THINGS[number % len(THINGS)]
    return ProductData(
        sku=f"S-{number:06}",
        name=f"{look} {thing} {number}",
        description=f"Number {number} of a series made for tests.",
        price=Decimal(100 + number * 37 % 9900) / 100,
        currency="EUR",
        brand=BRANDS[number % len(BRANDS)],
        category=CATEGORIES[number % len(CATEGORIES)],
        image_url=f"/pictures/mug-{number % 100}.svg" if number % 7 else "",
        stock=tuple(Stock)[number % len(Stock)],
        status=Status.PUBLIC,
    )


def seed(
    count: int,
    *,
    actor: Actor,
    make: Callable[[int], ProductData] = sample,
    first: int = 0,
) -> list[Product]:
    """`make(first)` and the `count - 1` after it, as `actor`'s; as many a transaction as fit."""
    made = (
        new_product(actor.org_id, make(number), _START + timedelta(seconds=number))
        for number in range(first, first + count)
    )
    return list(_written(made, actor))


def seed_one(actor: Actor, **changes: object) -> Product:
    """One product that differs from `sample(0)` by `changes`; with its stored version."""
    from dataclasses import replace

    data = replace(sample(0), **changes)  # type: ignore[arg-type]
    (product,) = seed(1, actor=actor, make=lambda _number: data)
    return product


def _written(products: Iterable[Product], actor: Actor) -> Iterator[Product]:
    from dataclasses import replace

    waiting = Transaction()
    held: list[Product] = []
    for product in products:
        one = Transaction()
        audit = audit_of(actor, None, product, "catalog.add_product")
        repository.stage_change(one, None, product, audit)
        if len(waiting) + len(one) > MAX_ACTIONS:
            if not held:
                raise TransactionTooLarge(f"one product takes {len(one)} actions")
            waiting.commit()
            follow_changes([(None, listed) for listed in held])
            waiting, held = Transaction(), []
        waiting.extend(one)
        held.append(product)
        yield replace(product, version=1)
    waiting.commit()
    follow_changes([(None, listed) for listed in held])
