"""What people type about a product; whether it is right is decided in `catalog.rules`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from babel.numbers import get_decimal_symbol, get_group_symbol
from django import forms
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from catalog.entities import DATA_FIELDS, ProductData, Status, Stock
from catalog.money import in_currency
from catalog.rules import parse_product
from storage.domain import Invalid

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

Text: TypeAlias = "str | _StrPromise"

FIELD_NAMES: dict[str, Text] = {
    "name": _("Name"),
    "sku": _("Article number (SKU)"),
    "price": _("Price"),
    "currency": _("Currency"),
    "description": _("Description"),
    "brand": _("Brand"),
    "category": _("Category"),
    "image_url": _("Address of the picture"),
    "gtin": _("GTIN (EAN, UPC)"),
    "stock": _("Availability"),
    "status": _("State"),
}
STOCK_NAMES = {
    Stock.IN_STOCK: _("In stock"),
    Stock.LOW_STOCK: _("Few left"),
    Stock.OUT_OF_STOCK: _("Sold out"),
    Stock.PREORDER: _("Pre-order"),
}
STATUS_NAMES = {
    Status.DRAFT: _("Draft"),
    Status.PUBLIC: _("Public"),
    Status.ARCHIVED: _("Archived"),
}
CHOICE_NAMES: Mapping[str, Mapping[Any, Text]] = {
    "stock": STOCK_NAMES,
    "status": STATUS_NAMES,
}
CURRENCY_OF_NEW_PRODUCTS = "EUR"


def _text(name: str, help_text: Text = "", **attributes: str) -> forms.CharField:
    widget = forms.TextInput({"autocomplete": "off", **attributes})
    required = name in ("name", "sku", "price", "currency")
    return forms.CharField(
        label=FIELD_NAMES[name],
        help_text=help_text,
        widget=widget,
        required=required,
        show_hidden_initial=True,
    )


class ProductForm(forms.Form):
    """`initial-…` fields carry what the form showed at first, so that a lost race can tell what
    its author changed; `version` is the one that was shown."""

    name = _text("name")
    description = forms.CharField(
        label=FIELD_NAMES["description"],
        widget=forms.Textarea({"rows": 6}),
        required=False,
        show_hidden_initial=True,
    )
    price = _text("price", inputmode="decimal")
    currency = _text("currency", list="currencies", maxlength="3", autocapitalize="characters")
    sku = _text("sku", _("Unique in your organisation."))
    gtin = _text("gtin", _("The digits below the bar code."), inputmode="numeric")
    category = _text("category", _("Levels with / between: Kitchen/Mugs."), list="categories")
    brand = _text("brand", _("As customers know it."))
    image_url = _text("image_url", _("Begins with https:// or with a single /."))
    stock = forms.ChoiceField(
        label=FIELD_NAMES["stock"],
        choices=list(STOCK_NAMES.items()),
        help_text=_("What customers are told."),
        show_hidden_initial=True,
    )
    status = forms.ChoiceField(
        label=FIELD_NAMES["status"],
        choices=list(STATUS_NAMES.items()),
        help_text=_("Only public ones are seen by everybody."),
        show_hidden_initial=True,
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    # Amounts are read as they were shown, also when the language changes before they are saved.
    language = forms.CharField(
        widget=forms.HiddenInput, required=False, initial=lambda: _language()
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        try:
            parse_product(_raw(values))
        except Invalid as refusal:
            self.add_refusal(refusal, skip=frozenset(self.errors))
        return values

    def add_refusal(self, refusal: Any, skip: frozenset[str] = frozenset()) -> None:
        """Puts what a domain error says beside the fields it speaks of."""
        for name, texts in refusal.fields.items():
            if name not in skip:
                for text in texts:
                    self.add_error(name if name in self.fields else None, str(text))

    def raw(self) -> dict[str, Any]:
        """For `catalog.services`; of a valid form."""
        return _raw(self.cleaned_data)

    @property
    def version_shown(self) -> int:
        return self.cleaned_data.get("version") or 0

    def first_shown(self) -> dict[str, str]:
        """What the form said before its author changed it; empty where that is not known."""
        values = {name: self.data.get(f"initial-{name}", "") for name in DATA_FIELDS}
        values["language"] = self.data.get("language", "")
        try:
            return form_values(parse_product(_raw(values)))
        except Invalid:
            return {}


def form_values(data: ProductData) -> dict[str, str]:
    """What a product says as texts for the form's fields, in the active language."""
    values = {name: str(getattr(data, name)) for name in DATA_FIELDS}
    values["category"] = "/".join(data.category)
    price = format(in_currency(data.price, data.currency), "f")
    values["price"] = price.replace(".", get_decimal_symbol(_language()))
    return values


def display(name: str, value: str) -> str:
    """A form value as a sentence would say it."""
    names = CHOICE_NAMES.get(name)
    if names and value in names:
        return str(names[value])
    return value.replace("/", " › ") if name == "category" else value


def decimal_text(typed: str, language: str) -> str:
    """`"1.234,50"` in Spanish and `"1,234.50"` in English → `"1234.50"`.

    The other language's decimal sign is understood where it cannot group thousands: `"12.50"`
    is the same amount everywhere. What is neither stays as it is, to be refused, and so does
    `"1.250"` in English unless the currency has three decimals.
    """
    text = re.sub(r"[\s\u00a0\u202f']", "", typed)
    point, group = re.escape(get_decimal_symbol(language)), re.escape(get_group_symbol(language))
    if re.fullmatch(rf"\d{{1,3}}({group}\d{{3}})+({point}\d+)?", text):
        text = re.sub(group, "", text)
    if re.fullmatch(rf"\d+{point}\d*", text):
        return re.sub(point, ".", text)
    if re.fullmatch(rf"\d+{group}\d{{1,2}}", text):
        return re.sub(group, ".", text)
    return text


@dataclass(frozen=True, slots=True)
class Difference:
    """One field on which two people disagree.

    `mine` and `stored` are form values. `take_mine` is the proposal: whoever did not touch a
    field gets the other's value.
    """

    name: str
    label: Text
    mine: str
    stored: str
    take_mine: bool
    both_changed: bool

    @property
    def mine_shown(self) -> str:
        return display(self.name, self.mine)

    @property
    def stored_shown(self) -> str:
        return display(self.name, self.stored)


def compare(form: ProductForm, stored: ProductData) -> tuple[list[Difference], dict[str, str]]:
    """Where a valid form and what is stored now differ, and the fields on which they agree."""
    mine, theirs = form_values(parse_product(form.raw())), form_values(stored)
    before = form.first_shown()
    differing = []
    for name, label in FIELD_NAMES.items():
        if mine[name] == theirs[name]:
            continue
        touched = not before or mine[name] != before[name]
        differing.append(
            Difference(
                name,
                label,
                mine[name],
                theirs[name],
                take_mine=touched,
                both_changed=bool(before) and touched and theirs[name] != before[name],
            )
        )
    agreed = {name: mine[name] for name in FIELD_NAMES if mine[name] == theirs[name]}
    return differing, agreed


def _raw(values: Mapping[str, Any]) -> dict[str, Any]:
    raw = {name: values.get(name, "") for name in DATA_FIELDS}
    shown_in = values.get("language")
    language = shown_in if shown_in in dict(settings.LANGUAGES) else _language()
    raw["price"] = decimal_text(str(raw["price"]), language)
    return raw


def _language() -> str:
    return (get_language() or "en").split("-")[0]
