"""Reads and fills the pages of staff as a browser would."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from catalog import selectors
from catalog.entities import Product
from tests.catalog.pages import text_of

if TYPE_CHECKING:
    from accounts.entities import User

LIST = "/staff/products/"

TYPED = {
    "name": "Blue mug",
    "sku": "mug-1",
    "price": "12.50",
    "currency": "eur",
    "description": "Holds 320 ml.",
    "brand": "Marlowick",
    "category": "Kitchen/Mugs",
    "image_url": "",
    "gtin": "",
    "stock": "in_stock",
    "status": "draft",
}


def page_of(product: Product, name: str = "product-edit") -> str:
    return reverse(f"catalog:{name}", args=[product.id])


def stored(alice: User, product: Product) -> Product:
    return selectors.find_own_product(alice.actor, product.id, "catalog.view_product")


def shown(response: Any) -> dict[str, str]:
    """What a browser would send of the product's form, if nobody typed anything."""
    text = text_of(response)
    form = text[text.index('class="app-form app-panel"') :]
    form = form[: form.index("</form>")]
    found = {}
    for tag in re.findall(r"<input [^>]*>", form):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and name[1] != "csrfmiddlewaretoken":
            found[name[1]] = html.unescape(value[1]) if value else ""
    for name, body in re.findall(r'<textarea [^>]*?name="(\w+)"[^>]*>(.*?)</textarea>', form, re.S):
        found[name] = html.unescape(body).removeprefix("\n")
    for name, body in re.findall(r'<select [^>]*?name="(\w+)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', body)
        found[name] = chosen[1] if chosen else ""
    return found


def rows(response: Any) -> list[str]:
    found = re.findall(r'app-products__name">.*?<a href="[^"]*">(.*?)</a>', text_of(response), re.S)
    return [html.unescape(name) for name in found]


def fields_with_errors(response: Any) -> set[str]:
    return set(re.findall(r'class="app-field__errors" id="id_(\w+)_error"', text_of(response)))


def history_of(response: Any) -> list[tuple[str, str, dict[str, str]]]:
    """(what, who, field → what became of it), newest first."""
    entries = re.findall(
        r"app-history__head\"><strong>(.*?)</strong> <span>(.*?)</span>(.*?)</li>",
        text_of(response),
        re.S,
    )
    return [
        (what, who, dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", plain(body))))
        for what, who, body in entries
    ]


def plain(text: str) -> str:
    """Without any tags but those of definition lists."""
    text = re.sub(r"<(?!/?d[td]\b)[^>]*>", " ", text)
    text = re.sub(r"\s+", " ", text)
    return re.sub(r" ?(</?d[td]>) ?", r"\1", html.unescape(text))
