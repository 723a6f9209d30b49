"""Products as CSV and NDJSON that `readers` and `mapping` turn into the same products again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import groupby

import orjson

from accounts.entities import Actor
from catalog import selectors
from catalog.entities import DATA_FIELDS, Product, ProductData
from catalog.listing import sort_keys
from storage.intake_report import BYTE_ORDER_MARK, escaped

_TEMPLATE_ROW = {
    "sku": "MUG-001",
    "name": "Blue mug",
    "price": "12.50",
    "currency": "EUR",
    "description": "Holds 320 ml.",
    "brand": "Marlowick",
    "category": "Kitchen/Mugs",
    "image_url": "https://images.example.com/mug.jpg",
    "gtin": "",
    "stock": "in_stock",
    "status": "draft",
}


def export_csv(actor: Actor) -> Iterator[str]:
    """UTF-8 with a byte order mark, for spreadsheets look for it. Lines end in CR LF."""
    yield BYTE_ORDER_MARK + _csv_line(DATA_FIELDS)
    for product in _in_order(actor):
        yield _csv_line(escaped(text) for text in _texts(product.data).values())


def export_ndjson(actor: Actor) -> Iterator[str]:
    for product in _in_order(actor):
        said = {**_texts(product.data), "category": product.data.category}
        yield orjson.dumps(said).decode() + "\n"


def template_csv() -> str:
    return BYTE_ORDER_MARK + _csv_line(DATA_FIELDS) + _csv_line(_template_values())


def template_json() -> str:
    document = [{name: _TEMPLATE_ROW[name] for name in DATA_FIELDS}]
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n"


def _template_values() -> list[str]:
    return [_TEMPLATE_ROW[name] for name in DATA_FIELDS]


def _in_order(actor: Actor) -> Iterator[Product]:
    """By status, name and SKU: the same wherever the products were imported to."""
    products = selectors.all_own_products(actor)
    for _, group in groupby(products, lambda product: (product.data.status, _name_key(product))):
        yield from sorted(group, key=lambda product: product.data.sku)


def _name_key(product: Product) -> str:
    return sort_keys(product)[0].removesuffix(product.id)


def _texts(data: ProductData) -> dict[str, str]:
    texts = {name: str(getattr(data, name)) for name in DATA_FIELDS}
    texts["price"] = format(data.price, "f")
    texts["category"] = "/".join(data.category)
    return texts


def _csv_line(values: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(values)
    return out.getvalue()
