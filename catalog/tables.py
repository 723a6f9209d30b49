"""Products, the markers of their SKUs, and the listing that every page reads."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pynamodb.attributes import (
    ListAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    UTCDateTimeAttribute,
    VersionAttribute,
)
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, LocalSecondaryIndex

from catalog.entities import (
    Card,
    Heading,
    Link,
    Product,
    ProductData,
    Status,
    Stock,
)
from catalog.listing import EntryKeys, entries, entry_text
from catalog.money import in_currency
from storage.attributes import DecimalAttribute, DocumentAttribute
from storage.configuration import configuration
from storage.table import Table
from storage.typed import RawItem


class SkuIndex(GlobalSecondaryIndex["ProductItem"]):
    class Meta:
        index_name = "sku_gsi"
        projection = AllProjection()

    sku = UnicodeAttribute(hash_key=True)


class ProductItem(Table):
    class Meta:
        logical_name = "products"

    id = UnicodeAttribute(hash_key=True)
    org_id = UnicodeAttribute()
    sku = UnicodeAttribute()
    name = UnicodeAttribute()
    description = UnicodeAttribute(null=True)
    brand = UnicodeAttribute(null=True)
    price = DecimalAttribute()
    currency = UnicodeAttribute()
    category = ListAttribute(of=UnicodeAttribute, null=True)
    image_url = UnicodeAttribute(null=True)
    gtin = UnicodeAttribute(null=True)
    stock = UnicodeAttribute()
    status = UnicodeAttribute()
    created_at = UTCDateTimeAttribute()
    updated_at = UTCDateTimeAttribute()
    published_at = UTCDateTimeAttribute(null=True)
    withheld = UnicodeAttribute(null=True)
    version = VersionAttribute()

    sku_gsi = SkuIndex()

    @classmethod
    def from_entity(cls, product: Product) -> ProductItem:
        data = product.data
        version: dict[str, Any] = {"version": product.version} if product.version else {}
        return cls(
            product.id,
            org_id=product.org_id,
            sku=data.sku,
            name=data.name,
            description=data.description or None,
            brand=data.brand or None,
            price=data.price,
            currency=data.currency,
            category=list(data.category) or None,
            image_url=data.image_url or None,
            gtin=data.gtin or None,
            stock=data.stock,
            status=data.status,
            created_at=product.created_at,
            updated_at=product.updated_at,
            published_at=product.published_at,
            withheld=product.withheld or None,
            **version,
        )

    def to_entity(self) -> Product:
        return Product(
            id=self.id,
            org_id=self.org_id,
            data=ProductData(
                sku=self.sku,
                name=self.name,
                description=self.description or "",
                brand=self.brand or "",
                price=in_currency(self.price, self.currency),
                currency=self.currency,
                category=_texts(self.category),
                image_url=self.image_url or "",
                gtin=self.gtin or "",
                stock=Stock(self.stock),
                status=Status(self.status),
            ),
            created_at=self.created_at,
            updated_at=self.updated_at,
            published_at=self.published_at,
            version=self.version,
            withheld=self.withheld or "",
        )


def _texts(values: Any) -> tuple[str, ...]:
    return tuple(values or ())


class SkuMarker(Table):
    """`sku#<organisation>#<SKU>` → the product that has it."""

    class Meta:
        logical_name = "products"
        secondary = True
        prefix = "sku#"

    id = UnicodeAttribute(hash_key=True)
    product_id = UnicodeAttribute()

    @staticmethod
    def key_of(org_id: str, sku: str) -> str:
        return f"{SkuMarker.Meta.prefix}{org_id}#{sku}"

    @classmethod
    def for_product(cls, product: Product) -> SkuMarker:
        return cls(cls.key_of(product.org_id, product.data.sku), product_id=product.id)


class PriceIndex(LocalSecondaryIndex["ListingItem"]):
    class Meta:
        index_name = "price-index"
        projection = AllProjection()

    facet = UnicodeAttribute(hash_key=True)
    price_key = UnicodeAttribute(range_key=True)


class NewestIndex(LocalSecondaryIndex["ListingItem"]):
    class Meta:
        index_name = "newest-index"
        projection = AllProjection()

    facet = UnicodeAttribute(hash_key=True)
    newest_key = UnicodeAttribute(range_key=True)


class ListingItem(Table):
    """An entry of one product in one facet, or the heading of a facet (`label`, `children`)."""

    class Meta:
        logical_name = "product-listing"

    facet = UnicodeAttribute(hash_key=True)
    name_key = UnicodeAttribute(range_key=True)
    price_key = UnicodeAttribute(null=True)
    newest_key = UnicodeAttribute(null=True)
    card = DocumentAttribute(null=True)
    text = UnicodeAttribute(null=True)
    label = UnicodeAttribute(null=True)
    children = UnicodeSetAttribute(null=True)

    price_index = PriceIndex()
    newest_index = NewestIndex()

    @property
    def is_heading(self) -> bool:
        return self.card is None

    def to_card(self) -> Card:
        card: dict[str, Any] = self.card
        return Card(
            id=card["id"],
            slug=card["slug"],
            sku=card["sku"],
            name=card["name"],
            brand=card.get("brand", ""),
            price=Decimal(card["price"]),
            currency=card["currency"],
            category=tuple(card.get("category", ())),
            image_url=card.get("image_url", ""),
            stock=Stock(card["stock"]),
            status=Status(card["status"]),
            org_id=card["org_id"],
        )

    def to_heading(self) -> Heading:
        # Two spellings may have been added at the same moment; the first by name stands.
        links = {slug_of_child(child): child for child in sorted(self.children or (), reverse=True)}
        children = [Link(*child.split("\n", 1)) for child in links.values()]
        return Heading(self.label or "", tuple(sorted(children, key=lambda link: link.label)))


def slug_of_child(child: str) -> str:
    return child.partition("\n")[0]


def child_text(slug: str, label: str) -> str:
    """A link as one member of a heading's `children` set."""
    return f"{slug}\n{label}"


def _card(product: Product) -> dict[str, Any]:
    data = product.data
    card: dict[str, Any] = {
        "id": product.id,
        "slug": product.slug,
        "sku": data.sku,
        "name": data.name,
        "brand": data.brand,
        "price": format(data.price, "f"),
        "currency": data.currency,
        "category": data.category,
        "image_url": data.image_url,
        "stock": data.stock,
        "status": data.status,
        "org_id": product.org_id,
    }
    return {name: value for name, value in card.items() if value}


def raw_entries(product: Product) -> dict[tuple[str, str], dict[str, Any]]:
    """(facet, name key) → the entry in DynamoDB's typed form.

    Built by hand: the entries of one product differ in their keys only, and an import writes
    some fifteen for each product.
    """
    shared = {
        "card": {"S": ListingItem.card.serialize(_card(product))},
        "text": {"S": entry_text(product)},
    }
    return {
        (keys.facet, keys.name_key): {**_raw_keys(keys), **shared}
        for keys in entries(product, configuration().shards)
    }


def _raw_keys(keys: EntryKeys) -> dict[str, Any]:
    return {
        "facet": {"S": keys.facet},
        "name_key": {"S": keys.name_key},
        "price_key": {"S": keys.price_key},
        "newest_key": {"S": keys.newest_key},
    }


def listing_of(item: RawItem) -> list[RawItem]:
    """A stored product → all its entries, as RebuildItems asks for them."""
    return list(raw_entries(ProductItem.from_raw_data(item).to_entity()).values())


def listed_product_key(entry: RawItem) -> RawItem | None:
    """The key of the product that an entry shows; None for headings and brands."""
    if "card" not in entry:
        return None
    return {"id": {"S": ListingItem.card.deserialize(entry["card"]["S"])["id"]}}
