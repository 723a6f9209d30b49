"""What search engines read of a page, in the vocabulary of schema.org."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from markupsafe import Markup

from catalog.entities import Product, Stock
from catalog.money import in_currency

AVAILABILITY = {
    Stock.IN_STOCK: "InStock",
    Stock.LOW_STOCK: "LimitedAvailability",
    Stock.OUT_OF_STOCK: "OutOfStock",
    Stock.PREORDER: "PreOrder",
}
# Otherwise a description could end the script element that this stands in.
_IN_SCRIPT = str.maketrans({"<": "\\u003C", ">": "\\u003E", "&": "\\u0026"})


def product_data(product: Product, address: str, picture: str) -> dict[str, Any]:
    """`address` and `picture` are absolute; `picture` may be empty."""
    data = product.data
    found: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Product",
        "@id": address,
        "name": data.name,
        "sku": data.sku,
        "url": address,
        "offers": {
            "@type": "Offer",
            "url": address,
            "price": format(in_currency(data.price, data.currency), "f"),
            "priceCurrency": data.currency,
            "availability": f"https://schema.org/{AVAILABILITY[data.stock]}",
            "itemCondition": "https://schema.org/NewCondition",
        },
    }
    if data.description:
        found["description"] = data.description
    if data.brand:
        found["brand"] = {"@type": "Brand", "name": data.brand}
    if data.category:
        found["category"] = " > ".join(data.category)
    if data.gtin:
        found["gtin"] = data.gtin
    if picture:
        found["image"] = [picture]
    return found


def breadcrumb_data(trail: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """`trail` holds (name, absolute address), outermost first, this page last."""
    return {
        "@context": "https://schema.org",
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": position, "name": name, "item": address}
            for position, (name, address) in enumerate(trail, start=1)
        ],
    }


def as_script(data: Mapping[str, Any]) -> Markup:
    """JSON that may stand inside a script element."""
    return Markup(orjson.dumps(data).decode().translate(_IN_SCRIPT))  # noqa: S704  # escaped above
