import json
import re
from collections import Counter
from decimal import Decimal
from pathlib import Path

import catalog.demo
from catalog.pictures import PLACEHOLDER, kinds
from catalog.views.pictures import MAX_SEED

LINES = (
    (Path(catalog.demo.__file__).parent / "products.ndjson")
    .read_text(encoding="utf-8")
    .splitlines()
)
PRODUCTS: list[dict[str, str]] = [json.loads(line) for line in LINES]
FIELDS = [
    "sku", "name", "description", "brand", "price", "currency",
    "category", "image_url", "status", "gtin", "stock",
]  # fmt: skip


def column(field: str) -> list[str]:
    return [product[field] for product in PRODUCTS]


def check_digit(digits: str) -> int:
    """GTIN check digit of the 12 leading digits of an EAN-13."""
    return -sum(int(digit) * (3 if i % 2 else 1) for i, digit in enumerate(digits)) % 10


def test_every_line_has_the_same_text_fields() -> None:
    assert 290 <= len(PRODUCTS) <= 310
    for product in PRODUCTS:
        assert list(product) == FIELDS
        assert all(value == value.strip() for value in product.values())
        assert all(value for field, value in product.items() if field != "gtin")


def test_skus_names_and_descriptions_are_unique() -> None:
    for field in ("sku", "name", "description", "image_url"):
        assert [value for value, n in Counter(column(field)).items() if n > 1] == []


def test_skus_have_one_form() -> None:
    assert [sku for sku in column("sku") if not re.fullmatch(r"[A-Z]{3}-\d{4}", sku)] == []


def test_names_include_accents_and_stay_short() -> None:
    accented = [name for name in column("name") if re.search("[áéíóúñÁÉÍÓÚÑ]", name)]
    assert len(accented) >= 15
    assert {"Café molido de la Casa", "Jarrón Tulipán"} <= set(accented)
    assert max(map(len, column("name"))) <= 60


def test_descriptions_are_one_to_three_sentences() -> None:
    for description in column("description"):
        assert 40 <= len(description) <= 240
        assert description.endswith(".")


def test_prices_are_positive_euro_amounts_with_cents() -> None:
    assert set(column("currency")) == {"EUR"}
    for price in column("price"):
        assert re.fullmatch(r"\d+\.\d\d", price)
        assert Decimal("1") <= Decimal(price) <= Decimal("500")


def test_categories_are_two_to_four_levels_under_eight_departments() -> None:
    paths = [category.split("/") for category in column("category")]
    assert len({path[0] for path in paths}) == 8
    assert {len(path) for path in paths} <= {2, 3, 4}
    assert all(level and level == level.strip() for path in paths for level in path)


def test_brands_are_about_twenty_and_each_has_several_products() -> None:
    brands = Counter(column("brand"))
    assert 18 <= len(brands) <= 24
    assert min(brands.values()) >= 4


def test_most_products_are_public_and_in_stock() -> None:
    status = Counter(column("status"))
    stock = Counter(column("stock"))
    assert (status.pop("draft"), status.pop("archived")) == (15, 10)
    assert set(status) == {"public"}
    assert set(stock) == {"in_stock", "low_stock", "out_of_stock", "preorder"}
    assert stock["in_stock"] > len(PRODUCTS) * 0.7


def test_gtins_are_valid_unique_and_for_use_inside_a_shop_only() -> None:
    gtins = [gtin for gtin in column("gtin") if gtin]
    assert len(gtins) > len(PRODUCTS) * 0.8
    assert len(set(gtins)) == len(gtins)
    for gtin in gtins:
        assert re.fullmatch(r"2\d{12}", gtin)
        assert check_digit(gtin[:12]) == int(gtin[12])


def test_every_picture_can_be_drawn_and_every_kind_is_shown() -> None:
    shown = set()
    for url in column("image_url"):
        match = re.fullmatch(r"/pictures/([a-z-]+)-(\d+)\.svg", url)
        assert match, url
        assert int(match[2]) <= MAX_SEED
        shown.add(match[1])
    assert shown == set(kinds()) - {PLACEHOLDER}


def test_nothing_points_to_real_people_or_places_on_the_web() -> None:
    assert [line for line in LINES if re.search(r"@|https?:|www\.|\.(com|net|org)\b", line)] == []
