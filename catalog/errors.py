"""What the catalogue refuses, in the words of the person who asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from storage.domain import Conflict, LostRace, NotFound

if TYPE_CHECKING:
    from catalog.entities import Product

REQUIRED = _("This field is required.")
TOO_LONG = _("Use at most %(limit)d characters; these are %(length)d.")
CONTROL_CHARACTERS = _("Remove the control characters.")
SKU_FORMAT = _("Use letters, digits and . _ - / only, starting with a letter or digit.")
PRICE_FORMAT = _("Enter an amount such as 12.50.")
PRICE_RANGE = _("Enter an amount from 0 to 9,999,999,999.")
PRICE_DECIMALS = _("Prices in %(currency)s have at most %(digits)d decimals.")
CURRENCY_UNKNOWN = _("Enter a three-letter currency code such as EUR.")
CATEGORY_DEPTH = _("Use at most %(limit)d levels.")
CATEGORY_LEVEL = _("Every level needs a name with a letter or digit.")
IMAGE_URL_FORMAT = _("Enter an address that starts with https:// or with a single /.")
GTIN_FORMAT = _("A GTIN has 8, 12, 13 or 14 digits.")
GTIN_CHECK_DIGIT = _("The last digit does not match the others; it should be %(expected)s.")
CHOICE_UNKNOWN = _("Choose one of: %(choices)s.")
INVALID_PRODUCT = _("Please correct the marked fields.")
SKU_IN_USE = _("Another product of your organisation has this SKU.")


class ProductNotFound(NotFound):
    code = "product_not_found"
    message = _("There is no such product.")


class SkuTaken(Conflict):
    code = "sku_taken"
    message = _("Another product of your organisation has this SKU.")

    def __init__(self) -> None:
        super().__init__(fields={"sku": [SKU_IN_USE]})


class ProductChanged(LostRace):
    """`current` is None when it was deleted."""

    code = "product_changed"
    message = _("Somebody, perhaps you in another window, changed this product in the meantime.")
    current: Product | None


class CategoryNotFound(NotFound):
    code = "category_not_found"
    message = _("There is no such category or brand.")
