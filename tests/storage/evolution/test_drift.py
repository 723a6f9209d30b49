"""Every kind of difference by itself, and what looks different but is not. How each looks on a
real store is in tests/config/test_tables_command.py."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from storage.evolution.drift import ActualTable, differences
from storage.evolution.state import GlobalIndex, Key, LocalIndex, TableState, Throughput

SKU = GlobalIndex("sku_gsi", Key("sku"))
BY_BRAND = GlobalIndex("brand-index", Key("brand"), Key("price", "N"))
BY_RANK = LocalIndex("rank-index", Key("uuid"), Key("rank", "N"))
FIVE, NINE = Throughput(5, 5), Throughput(9, 8)


def table(*indexes: GlobalIndex | LocalIndex, **changes: Any) -> TableState:
    plain = TableState("products", Key("uuid"), indexes={index.name: index for index in indexes})
    return replace(plain, **changes)


def said(wanted: TableState, actual: TableState, **more: Any) -> list[str]:
    return [str(one) for one in differences(wanted, ActualTable(actual, **more))]


DIFFERENT: dict[str, tuple[TableState, TableState, str]] = {
    "another hash key": (
        table(),
        table(hash_key=Key("id")),
        "the hash key is id (S), should be uuid (S)",
    ),
    "another type of key": (
        table(),
        table(hash_key=Key("uuid", "B")),
        "the hash key is uuid (B), should be uuid (S)",
    ),
    "no range key": (
        table(range_key=Key("at", "N")),
        table(),
        "the range key is none, should be at (N)",
    ),
    "a range key too many": (
        table(),
        table(range_key=Key("at", "N")),
        "the range key is at (N), should be none",
    ),
    "provisioned": (
        table(),
        table(throughput=FIVE),
        "the billing is provisioned with 5 read and 5 write units, should be on demand",
    ),
    "on demand": (
        table(throughput=FIVE),
        table(),
        "the billing is on demand, should be provisioned with 5 read and 5 write units",
    ),
    "other throughput": (
        table(throughput=FIVE),
        table(throughput=NINE),
        "the billing is provisioned with 9 read and 8 write units, should be provisioned with"
        " 5 read and 5 write units",
    ),
    "no expiry": (
        table(expires_by="expires_at"),
        table(),
        "the expiry is off, should be by expires_at",
    ),
    "expiry that nobody wants": (
        table(),
        table(expires_by="expires_at"),
        "the expiry is by expires_at, should be off",
    ),
    "expiry by another attribute": (
        table(expires_by="expires_at"),
        table(expires_by="ttl"),
        "the expiry is by ttl, should be by expires_at",
    ),
    "no stream": (
        table(stream="NEW_IMAGE"),
        table(),
        "the stream is off, should be NEW_IMAGE",
    ),
    "another stream": (
        table(stream="NEW_IMAGE"),
        table(stream="KEYS_ONLY"),
        "the stream is KEYS_ONLY, should be NEW_IMAGE",
    ),
    "an index missing": (table(SKU), table(), "the index sku_gsi is missing"),
    "an index too many": (
        table(SKU),
        table(SKU, BY_BRAND),
        "the index brand-index is there but not in the model",
    ),
    "an index by another key": (
        table(SKU),
        table(replace(SKU, hash_key=Key("code"))),
        "the hash key of index sku_gsi is code (S), should be sku (S)",
    ),
    "an index of another order": (
        table(BY_BRAND),
        table(replace(BY_BRAND, range_key=Key("price"))),
        "the range key of index brand-index is price (S), should be price (N)",
    ),
    "a smaller projection": (
        table(SKU),
        table(replace(SKU, projection="KEYS_ONLY")),
        "the projection of index sku_gsi is keys only, should be all attributes",
    ),
    "a projection of other attributes": (
        table(replace(SKU, projection=("name", "price"))),
        table(replace(SKU, projection=("name",))),
        "the projection of index sku_gsi is keys and name, should be keys and name, price",
    ),
    "an index with another throughput": (
        table(replace(SKU, throughput=FIVE), throughput=FIVE),
        table(replace(SKU, throughput=NINE), throughput=FIVE),
        "the throughput of index sku_gsi is provisioned with 9 read and 8 write units,"
        " should be provisioned with 5 read and 5 write units",
    ),
    "a global index that should be local": (
        table(BY_RANK),
        table(GlobalIndex("rank-index", BY_RANK.hash_key, BY_RANK.range_key)),
        "the kind of index rank-index is global, should be local",
    ),
}

SAME: dict[str, tuple[TableState, TableState]] = {
    "everything": (
        table(SKU, BY_RANK, stream="NEW_IMAGE"),
        table(SKU, BY_RANK, stream="NEW_IMAGE"),
    ),
    "the order of indexes": (table(SKU, BY_BRAND), table(BY_BRAND, SKU)),
    "the order of projected attributes": (
        table(replace(SKU, projection=("name", "price"))),
        table(replace(SKU, projection=("price", "name"))),
    ),
    "keys named in a projection": (
        table(replace(SKU, projection="KEYS_ONLY")),
        table(replace(SKU, projection=("uuid", "sku"))),
    ),
    "an index throughput that the model leaves open": (
        table(SKU, throughput=FIVE),
        table(replace(SKU, throughput=FIVE), throughput=FIVE),
    ),
    "an index throughput that the engine does not tell": (
        table(replace(SKU, throughput=FIVE), throughput=FIVE),
        table(SKU, throughput=FIVE),
    ),
    "the name": (table(), table(name="backroom-products")),
}


@pytest.mark.parametrize("case", DIFFERENT)
def test_a_difference_is_named(case: str) -> None:
    wanted, actual, text = DIFFERENT[case]
    assert said(wanted, actual) == [f"products: {text}"]


@pytest.mark.parametrize("case", SAME)
def test_what_means_the_same_is_no_difference(case: str) -> None:
    assert said(*SAME[case]) == []


def test_all_differences_are_told_in_a_fixed_order() -> None:
    actual = table(BY_BRAND, hash_key=Key("id"), stream="KEYS_ONLY")
    found = differences(table(SKU, expires_by="expires_at"), ActualTable(actual))
    whats = ["hash key", "expiry", "stream", "index brand-index", "index sku_gsi"]
    assert [one.what for one in found] == whats
    hash_key, *_others, sku = found
    assert (hash_key.table, hash_key.wanted, hash_key.actual) == ("products", "uuid (S)", "id (S)")
    assert (sku.wanted, sku.actual) == ("there", "missing")


@pytest.mark.parametrize(
    ("status", "texts"),
    [
        ("CREATING", ["products: the index sku_gsi is still being made (CREATING)"]),
        ("DELETING", ["products: the index sku_gsi is being deleted (DELETING)"]),
        ("UPDATING", []),
        ("ACTIVE", []),
    ],
)
def test_an_index_counts_when_it_can_be_read(status: str, texts: list[str]) -> None:
    assert said(table(SKU), table(SKU), index_status={"sku_gsi": status}) == texts


def test_an_index_is_too_many_until_it_is_gone() -> None:
    texts = said(table(), table(SKU), index_status={"sku_gsi": "DELETING"})
    assert texts == ["products: the index sku_gsi is still there but not in the model"]


@pytest.mark.parametrize(
    ("status", "texts"),
    [
        ("CREATING", ["products: the table is still being made (CREATING)"]),
        ("DELETING", ["products: the table is being deleted (DELETING)"]),
        ("ARCHIVED", ["products: the table is ARCHIVED"]),
        ("UPDATING", []),
    ],
)
def test_a_table_counts_when_it_can_be_used(status: str, texts: list[str]) -> None:
    assert said(table(), table(), status=status) == texts
