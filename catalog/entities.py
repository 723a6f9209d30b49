"""What a product is, and the rules that hold wherever one comes from."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from catalog.words import slugify

_ID_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
ID_LENGTH = 16


class Status(StrEnum):
    DRAFT = "draft"
    PUBLIC = "public"
    ARCHIVED = "archived"


class Stock(StrEnum):
    IN_STOCK = "in_stock"
    LOW_STOCK = "low_stock"
    OUT_OF_STOCK = "out_of_stock"
    PREORDER = "preorder"


class Sort(StrEnum):
    NAME = "name"
    PRICE = "price"
    PRICE_DESCENDING = "-price"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class ProductData:
    """What a person or a file says of a product, already checked (`catalog.rules`).

    `price` is exact, in units of `currency` (ISO 4217). `category` is a path of names from the
    top, empty where there is none. `gtin` is 8, 12, 13 or 14 digits or empty.
    """

    sku: str
    name: str
    price: Decimal
    currency: str
    description: str = ""
    brand: str = ""
    category: tuple[str, ...] = ()
    image_url: str = ""
    gtin: str = ""
    stock: Stock = Stock.IN_STOCK
    status: Status = Status.DRAFT


DATA_FIELDS = tuple(ProductData.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Product:
    """A product as stored. Times are UTC; `version` grows by one with every change.

    `withheld` names the removal of its organisation, which keeps a public product from the public
    until it is restored; empty otherwise.
    """

    id: str
    org_id: str
    data: ProductData
    created_at: datetime
    updated_at: datetime
    published_at: datetime | None = None
    version: int = 0
    withheld: str = ""
    category_slugs: tuple[str, ...] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        slugs = tuple(slugify(level) for level in self.data.category)
        object.__setattr__(self, "category_slugs", slugs)

    @property
    def slug(self) -> str:
        return slugify(self.data.name)

    @property
    def is_public(self) -> bool:
        return self.data.status is Status.PUBLIC and not self.withheld

    @property
    def audit_subject(self) -> str:
        return f"product#{self.id}"

    def with_data(self, data: ProductData, at: datetime) -> Product:
        """The same product saying something else; the first publication sets `published_at`."""
        published = self.published_at
        if published is None and data.status is Status.PUBLIC:
            published = at
        return replace(self, data=data, updated_at=at, published_at=published)


def new_product(org_id: str, data: ProductData, at: datetime) -> Product:
    return Product(
        id=new_product_id(),
        org_id=org_id,
        data=data,
        created_at=at,
        updated_at=at,
        published_at=at if data.status is Status.PUBLIC else None,
    )


def new_product_id() -> str:
    """80 random bits as 16 lower-case base32 characters."""
    return "".join(secrets.choice(_ID_ALPHABET) for _ in range(ID_LENGTH))


def differences(
    before: ProductData | None, after: ProductData | None
) -> dict[str, tuple[object, object]]:
    """Field → (old, new) as JSON can say them, for the fields that differ."""
    changes = {}
    for name in DATA_FIELDS:
        old, new = _plain(before, name), _plain(after, name)
        if old != new:
            changes[name] = (old, new)
    return changes


def _plain(data: ProductData | None, name: str) -> object:
    if data is None:
        return None
    value = getattr(data, name)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, tuple):
        value = "/".join(value)
    return str(value) or None


@dataclass(frozen=True, slots=True)
class Card:
    """What a list shows of a product."""

    id: str
    slug: str
    sku: str
    name: str
    brand: str
    price: Decimal
    currency: str
    category: tuple[str, ...]
    image_url: str
    stock: Stock
    status: Status
    org_id: str


@dataclass(frozen=True, slots=True)
class Link:
    """A category or a brand as navigation names it; `slug` is the path for a category."""

    slug: str
    label: str


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands above a list: its own label and the categories one level below."""

    label: str = ""
    children: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of cards. `exhaustive` is False when a search stopped looking before the end."""

    cards: tuple[Card, ...]
    next_cursor: str | None = None
    heading: Heading | None = None
    exhaustive: bool = True
