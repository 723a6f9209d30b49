from __future__ import annotations

import copy
from typing import Any

import pytest
from pynamodb.attributes import (
    NumberAttribute,
    TTLAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    VersionAttribute,
)
from pynamodb.indexes import (
    GlobalSecondaryIndex,
    IncludeProjection,
    KeysOnlyProjection,
    LocalSecondaryIndex,
)

from storage import table
from storage.evolution.models import state_of_models, table_state
from storage.evolution.state import (
    KEYS_ONLY,
    Attribute,
    GlobalIndex,
    Key,
    LocalIndex,
    Throughput,
)
from storage.table import Table


@pytest.fixture(autouse=True)
def own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is defined here is forgotten afterwards."""
    monkeypatch.setattr(table, "_registry", dict(table._registry))
    monkeypatch.setattr(table, "_kinds", copy.copy(table._kinds))


def mug(**meta: Any) -> type[Table]:
    class BySize(GlobalSecondaryIndex[Any]):
        class Meta:
            index_name = "by-size"
            projection = IncludeProjection(["price", "colour"])
            read_capacity_units = 3
            write_capacity_units = 4

        size = NumberAttribute(hash_key=True, attr_name="width")

    class ByPrice(LocalSecondaryIndex[Any]):
        class Meta:
            index_name = "by-price"
            projection = KeysOnlyProjection()

        maker = UnicodeAttribute(hash_key=True)
        price = NumberAttribute(range_key=True)

    class Mug(Table):
        Meta: Any = type("Meta", (), {"logical_name": "mugs-of-models", **meta})

        words = UnicodeSetAttribute(null=True)
        size = NumberAttribute(attr_name="width")
        number = NumberAttribute(range_key=True)
        price = NumberAttribute(null=True)
        maker = UnicodeAttribute(hash_key=True)
        gone_at = TTLAttribute(null=True)
        version = VersionAttribute()
        by_size = BySize()
        by_price = ByPrice()

    return Mug


def test_keys_come_first_and_then_the_order_of_the_model() -> None:
    attributes = table_state(mug()).kind("Mug").attributes
    assert dict(attributes) == {
        "maker": Attribute("S"),
        "number": Attribute("N"),
        "words": Attribute("SS", null=True),
        "width": Attribute("N"),
        "price": Attribute("N", null=True),
        "gone_at": Attribute("N", null=True),
        "version": Attribute("N", null=True, version=True),
    }
    assert list(attributes)[:4] == ["maker", "number", "words", "width"]


def test_keys_indexes_and_expiry_are_those_of_the_model() -> None:
    state = table_state(mug(stream_view_type="NEW_IMAGE"))
    assert state.keys == (Key("maker"), Key("number", "N"))
    assert state.indexes == {
        "by-size": GlobalIndex("by-size", Key("width", "N"), None, ("colour", "price")),
        "by-price": LocalIndex("by-price", Key("maker"), Key("price", "N"), KEYS_ONLY),
    }
    assert (state.expires_by, state.stream, state.throughput) == ("gone_at", "NEW_IMAGE", None)


def test_an_index_has_a_throughput_only_where_its_table_has_one() -> None:
    state = table_state(mug(read_capacity_units=1, write_capacity_units=2))
    assert state.throughput == Throughput(1, 2)
    index = state.index("by-size")
    assert isinstance(index, GlobalIndex)
    assert index.throughput == Throughput(3, 4)
    index = table_state(mug()).index("by-size")
    assert isinstance(index, GlobalIndex)
    assert index.throughput is None


def test_kinds_that_another_package_puts_into_a_table_do_not_count() -> None:
    model = mug()

    class Marker(Table):
        class Meta:
            logical_name = "mugs-of-models"
            secondary = True
            prefix = "mark#"

        maker = UnicodeAttribute(hash_key=True)

    assert table_state(model).kind("Marker").prefix == "mark#"
    Marker.__module__ = "another.tables"
    assert list(table_state(model).kinds) == ["Mug"]


def test_tables_belong_to_the_package_of_their_model() -> None:
    mug()
    assert state_of_models().owners["mugs-of-models"] == "tests"
    assert "mugs-of-models" not in state_of_models({"storage", "catalog"}).tables
    assert state_of_models({"storage"}).owners["audit"] == "storage"
