"""Every change of the catalogue, whoever asks for it and however."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from accounts.audit_trail import entry
from accounts.entities import Actor
from catalog import repository
from catalog.entities import (
    DATA_FIELDS,
    Product,
    ProductData,
    Status,
    differences,
    new_product,
)
from catalog.errors import ProductChanged, ProductNotFound
from catalog.heading_repository import follow_changes
from catalog.rules import parse_product
from storage.audit import AuditItem
from storage.idempotency import AlreadyDone, IdempotencyKey
from storage.transactions import Transaction

COPY_SUFFIX = "-COPY"


@dataclass(frozen=True, slots=True)
class Created:
    """`is_new` is False when an earlier request with the same key had made it already."""

    product: Product
    is_new: bool = True


def create_product(
    *, actor: Actor, raw: Mapping[str, Any], idempotency: IdempotencyKey | None = None
) -> Created:
    """Raises Forbidden, Invalid (by field), SkuTaken, KeyReused."""
    actor.require("catalog.add_product", actor.org_id)
    if idempotency and (earlier := _recall(idempotency)):
        return Created(earlier, is_new=False)
    product = new_product(actor.org_id, parse_product(raw), _now())
    transaction = Transaction()
    if idempotency:
        idempotency.remember(transaction, {"product_id": product.id})
    try:
        stored = _write(actor, None, product, "catalog.add_product", transaction)
    except AlreadyDone:
        assert idempotency is not None
        return Created(_recall(idempotency) or product, is_new=False)
    return Created(stored)


def _recall(idempotency: IdempotencyKey) -> Product | None:
    result = idempotency.recall()
    if result is None:
        return None
    product = repository.find_product(result["product_id"], consistent=True)
    if product is None:
        raise ProductNotFound
    return product


def replace_product(
    *, actor: Actor, product_id: str, raw: Mapping[str, Any], version: int
) -> Product:
    """Says everything anew; what `raw` leaves out gets its default.

    `version` is the one the caller saw. Raises ProductNotFound, Forbidden, Invalid, SkuTaken,
    and ProductChanged with what is stored now.
    """
    before = _own(actor, product_id, "catalog.change_product", version)
    return _change(actor, before, parse_product(raw))


def change_product(
    *, actor: Actor, product_id: str, raw: Mapping[str, Any], version: int
) -> Product:
    """Changes the fields that `raw` has. Raises as `replace_product`."""
    before = _own(actor, product_id, "catalog.change_product", version)
    stored = {name: getattr(before.data, name) for name in DATA_FIELDS}
    return _change(actor, before, parse_product({**stored, **raw}))


def set_product_status(*, actor: Actor, product_id: str, status: Status, version: int) -> Product:
    """Publishes, archives, or takes back to draft."""
    before = _own(actor, product_id, "catalog.change_product", version)
    return _change(actor, before, replace(before.data, status=status))


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many of several products were changed, were like that already, or were lost races."""

    changed: int
    unchanged: int
    failed: int


def set_status_of_products(*, actor: Actor, product_ids: Sequence[str], status: Status) -> Outcome:
    """The same as `set_product_status` for several, whatever their versions.

    Raises Forbidden; other people's and deleted products count as failed.
    """
    actor.require("catalog.change_product", actor.org_id)
    found = repository.find_products(product_ids)
    changed: list[tuple[Product, Product]] = []
    unchanged = failed = 0
    for product_id in dict.fromkeys(product_ids):
        before = found.get(product_id)
        if before is None or before.org_id != actor.org_id:
            failed += 1
        elif before.data.status is status:
            unchanged += 1
        else:
            try:
                after = before.with_data(replace(before.data, status=status), _now())
                _store(actor, before, after, "catalog.change_product")
                changed.append((before, after))
            except ProductChanged:
                failed += 1
    follow_changes(changed)
    return Outcome(len(changed), unchanged, failed)


def duplicate_product(*, actor: Actor, product_id: str) -> Product:
    """A draft that says the same under the first free SKU `…-COPY`, `…-COPY-2`, …; no GTIN.

    Raises SkuTaken when somebody takes that SKU at the same moment.
    """
    original = _own(actor, product_id, "catalog.view_product", None)
    actor.require("catalog.add_product", actor.org_id)
    sku = _free_copy_sku(actor.org_id, original.data.sku)
    data = replace(original.data, sku=sku, status=Status.DRAFT, gtin="")
    return _write(actor, None, new_product(actor.org_id, data, _now()), "catalog.add_product")


def _free_copy_sku(org_id: str, sku: str) -> str:
    stem = sku[:50].removesuffix(COPY_SUFFIX) + COPY_SUFFIX
    candidates = [stem, *(f"{stem}-{number}" for number in range(2, 100))]
    for some in (candidates[:5], candidates[5:]):
        taken = repository.find_product_ids_by_sku(org_id, some)
        free = [sku for sku in some if sku not in taken]
        if free:
            return free[0]
    return candidates[-1]


def delete_product(*, actor: Actor, product_id: str, version: int) -> None:
    """Removes the product for good; its history stays.

    Raises ProductNotFound, Forbidden, and ProductChanged with what is stored now.
    """
    before = _own(actor, product_id, "catalog.delete_product", version)
    _write(actor, before, None, "catalog.delete_product")


def _own(actor: Actor, product_id: str, permission: str, version: int | None) -> Product:
    product = repository.find_product(product_id, consistent=True)
    if product is None or product.org_id != actor.org_id:
        raise ProductNotFound
    actor.require(permission, product.org_id)
    if version is not None and version != product.version:
        raise ProductChanged(product)
    return product


def _change(actor: Actor, before: Product, data: ProductData) -> Product:
    """Writes nothing when nothing differs, so that saving twice leaves one entry of history."""
    if data == before.data:
        return before
    return _write(actor, before, before.with_data(data, _now()), "catalog.change_product")


def _write(
    actor: Actor,
    before: Product | None,
    after: Product | None,
    action: str,
    transaction: Transaction | None = None,
) -> Product:
    _store(actor, before, after, action, transaction)
    follow_changes([(before, after)])
    if after is None:
        assert before is not None
        return before
    return replace(after, version=after.version + 1)


def _store(
    actor: Actor,
    before: Product | None,
    after: Product | None,
    action: str,
    transaction: Transaction | None = None,
) -> None:
    """Without the navigation, which `follow_changes` brings up to date."""
    transaction = transaction or Transaction()
    repository.stage_change(transaction, before, after, audit_of(actor, before, after, action))
    transaction.commit()


def audit_of(actor: Actor, before: Product | None, after: Product | None, action: str) -> AuditItem:
    product = after or before
    assert product is not None
    changes = differences(before.data if before else None, after.data if after else None)
    return entry(actor, product.audit_subject, action, changes)


def _now() -> datetime:
    return datetime.now(UTC)
