from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.entities import DATA_FIELDS, ProductData, Status, Stock
from catalog.rules import LIMITS, gtin_check_digit, parse_product
from storage.domain import Invalid

GOOD: dict[str, Any] = {"sku": "MUG-1", "name": "Mug", "price": "12.50", "currency": "EUR"}


def findings(**raw: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        parse_product({**GOOD, **raw})
    return {name: str(texts[0]) for name, texts in caught.value.fields.items()}


def test_the_least_that_a_product_needs() -> None:
    assert parse_product(GOOD) == ProductData(
        sku="MUG-1", name="Mug", price=Decimal("12.50"), currency="EUR"
    )


def test_everything_is_brought_into_one_form() -> None:
    data = parse_product(
        {
            "sku": " mug-1 ",
            "name": " Blue \n mug ",
            "price": 12,
            "currency": "eur",
            "description": "One\r\nTwo",
            "category": " Kitchen / Mugs ",
            "image_url": "http://images.example.com/1.jpg",
            "gtin": "4006381 333931",
            "stock": "LOW_STOCK",
            "status": "public",
        }
    )
    assert data.sku == "MUG-1"
    assert data.name == "Blue mug"
    assert str(data.price) == "12.00"
    assert data.currency == "EUR"
    assert data.description == "One\nTwo"
    assert data.category == ("Kitchen", "Mugs")
    assert data.image_url == "https://images.example.com/1.jpg"
    assert data.gtin == "4006381333931"
    assert data.stock is Stock.LOW_STOCK
    assert data.status is Status.PUBLIC


def test_all_findings_come_at_once() -> None:
    with pytest.raises(Invalid) as caught:
        parse_product({"gtin": "123", "category": "a/b/c/d/e/f"})
    assert set(caught.value.fields) == {"sku", "name", "price", "currency", "gtin", "category"}


@pytest.mark.parametrize(
    "price", ["", "abc", "1e99999999", "-1", "NaN", "Infinity", "12.345", "1,5"]
)
def test_prices_that_are_refused(price: str) -> None:
    assert set(findings(price=price)) == {"price"}


def test_a_currency_without_decimals_takes_none() -> None:
    assert parse_product({**GOOD, "price": "1200", "currency": "JPY"}).price == 1200
    assert "0 decimals" in findings(price="12.5", currency="JPY")["price"]


def test_minus_zero_is_zero() -> None:
    assert str(parse_product({**GOOD, "price": "-0"}).price) == "0.00"


@pytest.mark.parametrize("sku", ["", "a b", "-x", "x" * 65, "é"])
def test_skus_that_are_refused(sku: str) -> None:
    assert set(findings(sku=sku)) == {"sku"}


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "//example.com/x",
        "ftp://example.com",
        "https://",
        "/a\\b",
        "/a b",
        "https://user@example.com/x",
    ],
)
def test_image_addresses_that_are_refused(url: str) -> None:
    assert set(findings(image_url=url)) == {"image_url"}


@pytest.mark.parametrize("name", ["name", "description", "brand"])
def test_texts_that_are_too_long_are_refused_with_their_length(name: str) -> None:
    text = "x" * (LIMITS[name] + 1)
    assert str(LIMITS[name] + 1) in findings(**{name: text})[name]


def test_control_characters_are_refused() -> None:
    assert set(findings(name="a\x00b", description="c\x1bd")) == {"name", "description"}


@pytest.mark.parametrize("category", ["a//b", "a/★", ["a/b"], ["x" * 61]])
def test_categories_that_are_refused(category: object) -> None:
    assert set(findings(category=category)) == {"category"}


def test_the_wrong_check_digit_names_the_right_one() -> None:
    assert "should be 1" in findings(gtin="4006381333932")["gtin"]


@pytest.mark.parametrize("gtin", ["96385074", "036000291452", "4006381333931", "00012345600012"])
def test_real_gtins_of_every_length_are_accepted(gtin: str) -> None:
    assert parse_product({**GOOD, "gtin": gtin}).gtin == gtin


@given(st.text("0123456789", min_size=12, max_size=12), st.integers(0, 11), st.integers(1, 9))
def test_a_single_wrong_digit_is_always_noticed(digits: str, place: int, change: int) -> None:
    wrong = str((int(digits[place]) + change) % 10)
    altered = digits[:place] + wrong + digits[place + 1 :]
    assert gtin_check_digit(altered) != gtin_check_digit(digits)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


@given(
    st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(DATA_FIELDS, json_values),
    )
)
def test_whatever_comes_is_accepted_or_refused_by_field(raw: dict[str, Any]) -> None:
    try:
        data = parse_product({**GOOD, **raw})
    except Invalid as refusal:
        fields = refusal.fields
    else:
        fields = {"accepted": []}
        assert parse_product({name: getattr(data, name) for name in DATA_FIELDS}) == data
    assert fields


@pytest.mark.parametrize("price", ["1.250", "10.000", "12.500", "1_000", "1e3", "\uff11\uff12"])
def test_texts_that_may_mean_another_amount_are_refused(price: str) -> None:
    assert set(findings(price=price)) == {"price"}


def test_three_decimals_are_an_amount_where_the_currency_has_three() -> None:
    data = parse_product({**GOOD, "price": "1.250", "currency": "KWD"})
    assert str(data.price) == "1.250"


def test_numbers_are_taken_for_what_they_are() -> None:
    assert parse_product({**GOOD, "price": Decimal("1.250")}).price == Decimal("1.25")


def test_a_sku_is_as_long_as_it_is_stored() -> None:
    assert set(findings(sku="\ufb03" * 60)) == {"sku"}
