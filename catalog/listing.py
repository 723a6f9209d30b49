"""How products are laid out for reading: every way into the catalogue is one partition.

A partition is a *facet*: everything, a category, a brand, the drafts of an organisation, a word.
Each holds one narrow entry per product, sorted by name, by price and by publication, so that a
page is a single query whatever the size of the catalogue. Here is the layout alone; nothing in
this module reads or writes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from catalog.entities import Product, Sort, Status
from catalog.words import normalise, slugify, words

ALL = "all"
BRANDS = "brands"

# A transaction takes 100 actions and renaming a product replaces all its entries:
# 2 × (36 words + 5 category levels + everything, brand, organisation) + markers, audit, product.
MOST_WORDS = 36
WORD_FACET_LETTERS = 3
NAME_KEY_CHARACTERS = 160
PRICE_KEY_DIGITS = 10
PRICE_KEY_DECIMALS = 4

# Headings sort before and after every product: names in keys begin with a letter or digit.
FIRST = "!"
LAST = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class EntryKeys:
    facet: str
    name_key: str
    price_key: str
    newest_key: str


def category_facet(slugs: Iterable[str]) -> str:
    return "category#" + "/".join(slugs)


def brand_facet(slug: str) -> str:
    return f"brand#{slug}"


def organisation_facet(org_id: str, status: Status) -> str:
    return f"org#{org_id}#{status}"


def word_facet(word: str) -> str:
    return f"word#{word[:WORD_FACET_LETTERS]}"


def unpublished_word_facet(org_id: str, word: str) -> str:
    return f"org#{org_id}#word#{word[:WORD_FACET_LETTERS]}"


def all_facets(shards: int) -> list[str]:
    return [ALL] if shards == 1 else [f"{ALL}#{shard}" for shard in range(shards)]


def shard_of(product_id: str, shards: int) -> str:
    digest = hashlib.blake2b(product_id.encode(), digest_size=4).digest()
    return all_facets(shards)[int.from_bytes(digest) % shards]


def search_words(product: Product) -> list[str]:
    """The words a product is found by: of its name, brand, categories, SKU and GTIN."""
    data = product.data
    texts = (data.name, data.brand, *data.category, data.sku, data.gtin)
    return words(" ".join(texts))[:MOST_WORDS]


def tags(product: Product) -> list[str]:
    """What an entry's text holds besides the words, for lists that combine several facets."""
    found = [organisation_tag(product.org_id)]
    if product.data.brand:
        found.append(brand_tag(slugify(product.data.brand)))
    slugs = product.category_slugs
    found.extend(category_tag(slugs[:depth]) for depth in range(1, len(slugs) + 1))
    return found


def organisation_tag(org_id: str) -> str:
    return f"@org:{org_id}"


def brand_tag(slug: str) -> str:
    return f"@brand:{slug}"


def category_tag(slugs: Iterable[str]) -> str:
    return "@category:" + "/".join(slugs)


def entry_text(product: Product) -> str:
    """Words and tags, each with a space on both sides so that ` word ` matches whole words."""
    return f" {' '.join([*search_words(product), *tags(product)])} "


def entries(product: Product, shards: int = 1) -> list[EntryKeys]:
    """Where a product is listed: public ones everywhere, others in their organisation only.

    A withheld one keeps the entry by which its organisation finds it, and nothing else.
    """
    name, price, newest = sort_keys(product)
    data = product.data

    def entry(facet: str, prefix: str = "") -> EntryKeys:
        return EntryKeys(facet, prefix + name, prefix + price, prefix + newest)

    found = [entry(organisation_facet(product.org_id, data.status))]
    if product.withheld:
        return found
    if not product.is_public:
        found.extend(
            entry(unpublished_word_facet(product.org_id, word), word + " ")
            for word in search_words(product)
        )
        return found
    found.append(entry(shard_of(product.id, shards)))
    slugs = product.category_slugs
    found.extend(entry(category_facet(slugs[:depth])) for depth in range(1, len(slugs) + 1))
    if data.brand:
        found.append(entry(brand_facet(slugify(data.brand))))
    found.extend(entry(word_facet(word), word + " ") for word in search_words(product))
    return found


def sort_keys(product: Product) -> tuple[str, str, str]:
    """By name, price and publication; each ends in the id, so that no two are the same.

    A space ends the first part. It sorts before every character of a name in key form, hence
    "tea" before "tea-pot". Amounts have a fixed width; currencies are not converted.
    """
    data = product.data
    name = normalise(data.name).replace(" ", "-")[:NAME_KEY_CHARACTERS] or product.id
    moment = (product.published_at or product.created_at).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return (
        f"{name} {product.id}",
        f"{price_text(data.price)} {data.currency} {product.id}",
        f"{moment} {product.id}",
    )


def price_text(price: Decimal) -> str:
    width = PRICE_KEY_DIGITS + 1 + PRICE_KEY_DECIMALS
    return f"{price:0{width}.{PRICE_KEY_DECIMALS}f}"


def word_of(key: str) -> str:
    """The word that an entry of a word facet stands under."""
    return key.partition(" ")[0]


INDEX_OF_SORT = {
    Sort.NAME: None,
    Sort.PRICE: "price-index",
    Sort.PRICE_DESCENDING: "price-index",
    Sort.NEWEST: "newest-index",
}
KEY_OF_SORT = {
    Sort.NAME: "name_key",
    Sort.PRICE: "price_key",
    Sort.PRICE_DESCENDING: "price_key",
    Sort.NEWEST: "newest_key",
}


def is_ascending(sort: Sort) -> bool:
    return sort in (Sort.NAME, Sort.PRICE)


def heading_parents(product: Product) -> list[tuple[str, str, tuple[str, str] | None]]:
    """(facet, its label, child link) for every heading that a public product hangs under."""
    if not product.is_public:
        return []
    found: list[tuple[str, str, tuple[str, str] | None]] = []
    parent, label = ALL, ""
    for depth, name in enumerate(product.data.category, start=1):
        slugs = product.category_slugs[:depth]
        found.append((parent, label, ("/".join(slugs), name)))
        parent, label = category_facet(slugs), name
    found.append((parent, label, None))
    if product.data.brand:
        found.append((brand_facet(slugify(product.data.brand)), product.data.brand, None))
    return found
