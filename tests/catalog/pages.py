"""Reads what a page says."""

from __future__ import annotations

import html
import json
import re
from typing import Any

from catalog import addresses
from catalog.entities import Product


def text_of(response: Any) -> str:
    text: str = response.content.decode()
    return text


def structured_data(response: Any) -> dict[str, Any]:
    """@type → the JSON-LD document of this type."""
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', text_of(response))
    return {document["@type"]: document for document in map(json.loads, found)}


def link(response: Any, rel: str) -> str | None:
    """Where the first visible link with this relation leads."""
    found = re.search(rf'<a [^>]*href="([^"]*)"[^>]* rel="{rel}"', text_of(response))
    return html.unescape(found[1]) if found else None


def names(response: Any) -> list[str]:
    """The products of a grid, in order."""
    found = re.findall(r'app-card__title"><a href="[^"]*">(.*?)</a>', text_of(response))
    return [html.unescape(name) for name in found]


def address_of(product: Product) -> str:
    return addresses.product_path(product.id, product.slug)
