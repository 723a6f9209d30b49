"""Products as they are stored: one function for each question or change."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from catalog.entities import ID_LENGTH, Product
from catalog.errors import ProductChanged, SkuTaken
from catalog.tables import ListingItem, ProductItem, SkuMarker, raw_entries
from storage import markers
from storage.audit import AuditItem
from storage.transactions import Transaction

# The table holds SKU markers too, under keys that this does not match.
SKU_PAGE, SKU_REQUESTS = 50, 10
_ID = re.compile(rf"[a-z0-9]{{{ID_LENGTH}}}")


def find_product(product_id: str, *, consistent: bool = False) -> Product | None:
    """One read."""
    if not _ID.fullmatch(product_id):
        return None
    item = ProductItem.find(product_id, consistent=consistent)
    return item.to_entity() if item else None


def find_products(product_ids: Iterable[str]) -> dict[str, Product]:
    """One read for every hundred ids; strongly consistent. What is no id is passed over."""
    ids = [product_id for product_id in product_ids if _ID.fullmatch(product_id)]
    items = ProductItem.find_many(ids, consistent=True)
    return {item.id: item.to_entity() for item in items}


def find_product_ids_by_sku(org_id: str, skus: Iterable[str]) -> dict[str, str]:
    """SKU → product id, for those that exist in the organisation; strongly consistent."""
    keys = {SkuMarker.key_of(org_id, sku): sku for sku in skus}
    found = SkuMarker.find_many(keys, consistent=True)
    return {keys[marker.id]: marker.product_id for marker in found}


def find_product_by_sku(org_id: str, sku: str) -> Product | None:
    """Of one organisation; strongly consistent. Two reads."""
    marker = SkuMarker.find(SkuMarker.key_of(org_id, sku), consistent=True)
    return find_product(marker.product_id, consistent=True) if marker else None


def public_product_with_sku(sku: str) -> Product | None:
    """Of any organisation, the oldest. One query, at most ten where many have drafts of it."""
    start_key: dict[str, Any] | None = None
    for _ in range(SKU_REQUESTS):
        found = ProductItem.slice(sku, index="sku_gsi", page_size=SKU_PAGE, start_key=start_key)
        products = [item.to_entity() for item in found.items]
        public = [product for product in products if product.is_public]
        if public:
            return min(public, key=lambda product: product.created_at)
        start_key = found.last_key
        if start_key is None:
            break
    return None


def stage_change(
    transaction: Transaction, before: Product | None, after: Product | None, audit: AuditItem
) -> None:
    """Adds everything one change of one product takes: item, SKU marker, listing, audit.

    `before` None creates, `after` None deletes. The version stored must still be that of
    `before`; otherwise commit raises ProductChanged with what is there now, or SkuTaken.
    """
    if before is None and after is None:
        return

    def changed() -> Exception:
        product = before or after
        assert product is not None
        return ProductChanged(find_product(product.id, consistent=True))

    if after is not None:
        transaction.put(ProductItem.from_entity(after), on_failure=changed)
    elif before is not None:
        transaction.delete(ProductItem.from_entity(before), on_failure=changed)
    _stage_marker(transaction, before, after)
    _stage_listing(transaction, before, after)
    transaction.put(audit)


def _stage_marker(transaction: Transaction, before: Product | None, after: Product | None) -> None:
    old = SkuMarker.for_product(before) if before else None
    new = SkuMarker.for_product(after) if after else None
    if old and new:
        markers.move(transaction, old, new, taken=SkuTaken)
    elif new:
        markers.claim(transaction, new, taken=SkuTaken)
    elif old:
        markers.release(transaction, old)


def _stage_listing(transaction: Transaction, before: Product | None, after: Product | None) -> None:
    old: dict[tuple[str, str], dict[str, Any]] = raw_entries(before) if before else {}
    new: dict[tuple[str, str], dict[str, Any]] = raw_entries(after) if after else {}
    for (facet, name_key), entry in new.items():
        if old.get((facet, name_key)) != entry:
            transaction.put_raw(ListingItem, entry)
    for facet, name_key in old.keys() - new.keys():
        transaction.delete_raw(ListingItem, {"facet": {"S": facet}, "name_key": {"S": name_key}})
