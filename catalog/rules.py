"""Checks what people, programs and files say of a product, and brings it into one form."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, TypeVar

from babel.numbers import list_currencies

from catalog import errors
from catalog.entities import ProductData, Status, Stock
from catalog.money import decimals_of, in_currency
from catalog.words import normalise
from storage.domain import Invalid

LIMITS = {
    "sku": 64,
    "name": 255,
    "description": 5000,
    "brand": 100,
    "image_url": 1000,
}
CATEGORY_LEVELS = 5
CATEGORY_LEVEL_LIMIT = 60
LARGEST_PRICE = Decimal(9_999_999_999)
CATEGORY_SEPARATOR = "/"

_AMOUNT = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)")
_SKU = re.compile(r"[A-Z0-9][A-Z0-9._/-]*")
_IMAGE_URL = re.compile(r"https://[^/?#@\\\s]+([/?#][^\\\s]*)?|/(?!/)[^\\\s]*")
_CURRENCIES = frozenset(list_currencies())
Choice = TypeVar("Choice", bound=StrEnum)


def parse_product(raw: Mapping[str, Any]) -> ProductData:
    """Checked data from texts, or from values that are already typed; absent means the default.

    Keys are the field names of ProductData; `category` is a sequence of names or one text with
    `/` between the levels. Unknown keys are ignored. Raises Invalid with all findings by field.
    """
    findings: dict[str, list[object]] = {}

    def checked(name: str, check: Any, default: Any = None) -> Any:
        try:
            return check(raw.get(name))
        except _Refused as refusal:
            findings[name] = [refusal.text]
            return default

    currency = checked("currency", normalise_currency)
    values = {
        "sku": checked("sku", normalise_sku),
        "name": checked("name", lambda value: _line(value, "name", required=True)),
        "description": checked("description", _description),
        "brand": checked("brand", lambda value: _line(value, "brand")),
        "currency": currency,
        "price": checked("price", lambda value: parse_price(value, currency)),
        "category": checked("category", parse_category),
        "image_url": checked("image_url", normalise_image_url),
        "gtin": checked("gtin", normalise_gtin),
        "stock": checked("stock", lambda value: _choice(value, Stock, Stock.IN_STOCK)),
        "status": checked("status", lambda value: _choice(value, Status, Status.DRAFT)),
    }
    if findings:
        raise Invalid(errors.INVALID_PRODUCT, fields=findings)
    return ProductData(**values)


def normalise_sku(value: object) -> str:
    """Upper case, no spaces around; unique in this form."""
    sku = unicodedata.normalize("NFKC", _line(value, "sku", required=True)).upper()
    _refuse_long(sku, LIMITS["sku"])
    if not _SKU.fullmatch(sku):
        raise _Refused(errors.SKU_FORMAT)
    return sku


def sku_or_none(value: object) -> str | None:
    """As `normalise_sku`; None for what no product can have."""
    try:
        return normalise_sku(value)
    except _Refused:
        return None


def parse_price(value: object, currency: str | None) -> Decimal:
    """A text with more decimals than its currency has is refused, even where they are zeros:
    whoever writes `1.250` may mean thousands."""
    text = _text(value).replace(" ", "")
    if not text:
        raise _Refused(errors.REQUIRED)
    is_written = isinstance(value, str)
    if is_written and not _AMOUNT.fullmatch(text):
        raise _Refused(errors.PRICE_FORMAT)
    try:
        price = Decimal(text)
    except InvalidOperation:
        raise _Refused(errors.PRICE_FORMAT) from None
    if not price.is_finite():
        raise _Refused(errors.PRICE_FORMAT)
    if not 0 <= price <= LARGEST_PRICE:
        raise _Refused(errors.PRICE_RANGE)
    if currency is None:
        return price
    digits = decimals_of(currency)
    rounded = in_currency(price, currency)
    if rounded != price or (is_written and len(text.partition(".")[2]) > digits):
        raise _Refused(errors.PRICE_DECIMALS % {"currency": currency, "digits": digits})
    return abs(rounded)


def normalise_currency(value: object) -> str:
    currency = _text(value).upper()
    if not currency:
        raise _Refused(errors.REQUIRED)
    if currency not in _CURRENCIES:
        raise _Refused(errors.CURRENCY_UNKNOWN)
    return currency


def parse_category(value: object) -> tuple[str, ...]:
    """`"Kitchen / Mugs"` → `("Kitchen", "Mugs")`."""
    if isinstance(value, (list, tuple)):
        levels = [_text(level) for level in value]
    else:
        text = _text(value).strip(CATEGORY_SEPARATOR + " ")
        levels = text.split(CATEGORY_SEPARATOR) if text else []
    names = tuple(" ".join(level.split()) for level in levels)
    if len(names) > CATEGORY_LEVELS:
        raise _Refused(errors.CATEGORY_DEPTH % {"limit": CATEGORY_LEVELS})
    for name in names:
        _refuse_long(name, CATEGORY_LEVEL_LIMIT)
        _refuse_control_characters(name)
        if not normalise(name) or CATEGORY_SEPARATOR in name:
            raise _Refused(errors.CATEGORY_LEVEL)
    return names


def normalise_image_url(value: object) -> str:
    """An https address or a path on this site; http becomes https, for pages load only that."""
    url = _line(value, "image_url")
    if url.startswith("http://"):
        url = "https://" + url.removeprefix("http://")
    if url and not _IMAGE_URL.fullmatch(url):
        raise _Refused(errors.IMAGE_URL_FORMAT)
    return url


def normalise_gtin(value: object) -> str:
    """Digits only; checked by the GS1 rule (weights 3 and 1 from the right)."""
    gtin = _text(value).replace(" ", "").replace("-", "")
    if not gtin:
        return ""
    if not (gtin.isascii() and gtin.isdigit()) or len(gtin) not in (8, 12, 13, 14):
        raise _Refused(errors.GTIN_FORMAT)
    expected = gtin_check_digit(gtin[:-1])
    if gtin[-1] != expected:
        raise _Refused(errors.GTIN_CHECK_DIGIT % {"expected": expected})
    return gtin


def gtin_check_digit(digits: str) -> str:
    """The digit that completes a GTIN; source: GS1 General Specifications, section 7.9."""
    weighted = sum(
        int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits))
    )
    return str(-weighted % 10)


class _Refused(Exception):
    def __init__(self, text: object) -> None:
        self.text = text


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


def _line(value: object, name: str, *, required: bool = False) -> str:
    text = " ".join(_text(value).split())
    if required and not text:
        raise _Refused(errors.REQUIRED)
    _refuse_long(text, LIMITS[name])
    _refuse_control_characters(text)
    return text


def _description(value: object) -> str:
    text = _text(value).replace("\r\n", "\n").replace("\r", "\n")
    _refuse_long(text, LIMITS["description"])
    _refuse_control_characters(text.replace("\n", "").replace("\t", ""))
    return text


def _refuse_long(text: str, limit: int) -> None:
    if len(text) > limit:
        raise _Refused(errors.TOO_LONG % {"limit": limit, "length": len(text)})


def _refuse_control_characters(text: str) -> None:
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in text):
        raise _Refused(errors.CONTROL_CHARACTERS)


def _choice(value: object, kind: type[Choice], default: Choice) -> Choice:
    text = _text(value).lower()
    if not text:
        return default
    try:
        return kind(text)
    except ValueError:
        choices = ", ".join(kind)
        raise _Refused(errors.CHOICE_UNKNOWN % {"choices": choices}) from None
