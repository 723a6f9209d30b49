"""Versions of products as HTTP compares them (RFC 9110, section 13)."""

from __future__ import annotations

from accounts import etags
from accounts.etags import NO_VERSION as NO_VERSION
from accounts.etags import tag
from accounts.etags import version_in as version_in
from catalog.entities import Product


def etag_of(product: Product) -> str:
    return tag(product.id, product.version)


def matches(if_none_match: str | None, product: Product) -> bool:
    return etags.matches(if_none_match, etag_of(product))
