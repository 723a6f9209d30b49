"""Where products, categories and brands are; cheaper than resolving each by its URL's name."""

from __future__ import annotations

from urllib.parse import quote


def product_path(product_id: str, slug: str) -> str:
    return f"/products/{product_id}/{quote(slug)}/"


def category_path(slugs: str) -> str:
    """`"kitchen/mugs"` → `/c/kitchen/mugs/`."""
    return f"/c/{quote(slugs)}/"


def brand_path(slug: str) -> str:
    return f"/b/{quote(slug)}/"
