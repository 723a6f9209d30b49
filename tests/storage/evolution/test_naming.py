from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import migrations
from storage.evolution.authoring.naming import LONGEST, merge_name, next_name, slug, words_for
from storage.evolution.operation import Operation

TEXT = migrations.Attribute("S", null=True)


def index(name: str) -> migrations.GlobalIndex:
    return migrations.GlobalIndex(name, hash_key=migrations.Key("brand"))


def added(name: str, table: str = "products") -> Operation:
    return migrations.AddAttribute(table, "ProductItem", name, TEXT)


@pytest.mark.parametrize(
    ("operations", "words"),
    [
        ([migrations.AddIndex("products", index("brand-index"))], "products_add_brand_index"),
        ([migrations.AddIndex("products", index("brand"))], "products_add_brand_index"),
        ([migrations.RemoveIndex("products", "sku_gsi")], "products_remove_sku_gsi"),
        (
            [migrations.CreateTable("product-listing", migrations.Key("id"))],
            "create_product_listing",
        ),
        ([migrations.DeleteTable("products")], "delete_products"),
        ([migrations.AdoptTable("products")], "adopt_products"),
        ([migrations.AlterTimeToLive("mugs", "gone_at")], "mugs_expire_by_gone_at"),
        ([migrations.AlterTimeToLive("mugs", None)], "mugs_expire_by_nothing"),
        ([migrations.AlterStream("mugs", "NEW_IMAGE")], "mugs_stream"),
        ([migrations.AlterStream("mugs", None)], "mugs_no_stream"),
        ([migrations.AlterThroughput("mugs", migrations.Throughput(1, 1))], "mugs_capacity"),
        ([migrations.AlterThroughput("mugs", None)], "mugs_on_demand"),
        ([added("colour")], "products_add_colour"),
        (
            [migrations.RenameAttribute("products", "ProductItem", "colour", "color")],
            "products_rename_colour_to_color",
        ),
        ([migrations.RemoveKind("products", "SkuMarker")], "products_remove_kind_sku_marker"),
        ([added("colour"), added("size")], "products_add_colour_add_size"),
        ([added("colour"), added("size", "mugs")], "products_add_colour_mugs_add_size"),
        ([added("a"), added("b"), added("c")], "products_add_a_add_b_and_more"),
        ([added("a" * 45), added("b")], f"products_add_{'a' * 33}_and_more"),
        ([added("a" * 80)], f"products_add_{'a' * 42}"),
        ([], "custom"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_name_says_what_happens(operations: list[Operation], words: str) -> None:
    assert words_for(operations) == words


def test_the_first_is_called_initial() -> None:
    assert next_name([], [added("colour")]) == "0001_initial"
    assert next_name([], []) == "0001_custom"


def test_numbers_go_on_after_the_highest() -> None:
    existing = ["0001_initial", "0010_x", "0009_y", "by_hand"]
    assert next_name(existing, [added("colour")]) == "0011_products_add_colour"
    assert next_name(["9999_x"], [added("colour")], "given") == "10000_given"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SkuMarker", "sku_marker"),
        ("itemTypeIdIndex", "item_type_id_index"),
        ("status._.priority", "status_priority"),
        ("Größe", "groe"),
        ("señal", "senal"),
        ("价格", "unnamed"),
    ],
)
def test_words_are_plain_ascii(text: str, expected: str) -> None:
    assert slug(text) == expected


@given(st.lists(st.text(min_size=1, max_size=80), min_size=1, max_size=4))
def test_every_name_is_a_module_that_a_shell_can_type(names: list[str]) -> None:
    name = next_name(["0001_initial"], [added(one, table=one) for one in names])
    assert re.fullmatch(r"0002_[a-z0-9_]*[a-z0-9]", name)
    assert len(name) <= LONGEST


def test_a_merge_is_named_after_its_branches() -> None:
    existing = ["0001_initial", "0002_sizes", "0002_colours"]
    assert merge_name(existing, existing[1:]) == "0003_merge_0002_colours_0002_sizes"
    long = [f"0002_{'a' * 40}", f"0003_{'b' * 40}"]
    assert merge_name(long, long) == "0004_merge_0002_0003"
