from __future__ import annotations

from collections.abc import Callable

import pytest

from storage.configuration import StorageConfiguration, configuration, configure, table_name
from storage.table import registered_tables


def test_a_table_is_named_by_prefix_and_logical_name(reconfigure: Callable[..., None]) -> None:
    reconfigure(table_prefix="shop-")
    assert table_name("product-listing") == "shop-product-listing"


def test_a_variable_of_its_own_names_a_table_without_the_prefix(
    reconfigure: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    reconfigure(table_prefix="shop-")
    monkeypatch.setenv("PRODUCT_LISTING_TABLE_NAME", "entries")
    assert table_name("product-listing") == "entries"
    assert table_name("products") == "shop-products"


def test_an_empty_variable_counts_as_missing(
    reconfigure: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    reconfigure(table_prefix="shop-")
    monkeypatch.setenv("AUDIT_TABLE_NAME", "")
    assert table_name("audit") == "shop-audit"


def test_table_names_are_always_lower_case(
    reconfigure: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    reconfigure(table_prefix="Shop-")
    monkeypatch.setenv("AUDIT_TABLE_NAME", "History")
    assert table_name("products") == "shop-products"
    assert table_name("audit") == "history"


def test_every_table_of_the_application_follows_the_rule(reconfigure: Callable[..., None]) -> None:
    reconfigure(table_prefix="p-")
    assert registered_tables()
    for table in registered_tables():
        assert table.physical_name() == "p-" + table.logical_name()


def test_less_than_one_shard_is_refused_and_changes_nothing() -> None:
    before = configuration()
    with pytest.raises(ValueError, match="shards"):
        configure(StorageConfiguration(shards=0))
    assert configuration() is before


def test_the_secret_does_not_show_in_a_log_line() -> None:
    assert "hush" not in repr(StorageConfiguration(cursor_secret=b"hush"))
