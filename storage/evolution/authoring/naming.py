"""Names of new migrations, made from what they do."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Sequence
from typing import Any

from storage.evolution.operation import Operation

LONGEST = 60
INITIAL = "initial"
# Of a migration without operations, which somebody is going to write.
CUSTOM = "custom"
_NUMBER = re.compile(r"(\d+)_?(.*)")
_MORE = "_and_more"
_SHOWN = 2

# Class of the operation → the table it is about, and what happens to it.
_WORDS: dict[str, Callable[[Any], tuple[str, str]]] = {
    "CreateTable": lambda one: ("", f"create {one.name}"),
    "DeleteTable": lambda one: ("", f"delete {one.name}"),
    "AdoptTable": lambda one: ("", f"adopt {one.name}"),
    "AddIndex": lambda one: (one.table, f"add {_index(one.index.name)}"),
    "RemoveIndex": lambda one: (one.table, f"remove {_index(one.name)}"),
    "AlterTimeToLive": lambda one: (one.table, f"expire by {one.expires_by or 'nothing'}"),
    "AlterStream": lambda one: (one.table, "stream" if one.stream else "no stream"),
    "AlterThroughput": lambda one: (one.table, "capacity" if one.throughput else "on demand"),
    "AddAttribute": lambda one: (one.table, f"add {one.name}"),
    "RenameAttribute": lambda one: (one.table, f"rename {one.old} to {one.new}"),
    "RemoveAttribute": lambda one: (one.table, f"remove {one.name}"),
    "AlterAttribute": lambda one: (one.table, f"alter {one.name}"),
    "AddKind": lambda one: (one.table, f"add kind {one.kind}"),
    "RemoveKind": lambda one: (one.table, f"remove kind {one.kind}"),
}


def next_name(
    existing: Collection[str], operations: Sequence[Operation], name: str | None = None
) -> str:
    """`0002_products_add_colour` where `existing` ends with 0001; `name` replaces the words."""
    if name is None:
        name = words_for(operations, is_first=not existing)
    return f"{next_number(existing):04}_{name}"


def next_number(existing: Collection[str]) -> int:
    return max((number_of(name) for name in existing), default=0) + 1


def number_of(name: str) -> int:
    """0 where the name has none."""
    found = _NUMBER.match(name)
    return int(found[1]) if found else 0


def words_for(operations: Sequence[Operation], *, is_first: bool = False) -> str:
    if is_first and operations:
        return INITIAL
    fragments = _fragments(operations)
    if not fragments:
        return CUSTOM
    room = LONGEST - len("0000_")
    whole = "_".join(fragments)
    if len(fragments) <= _SHOWN and len(whole) <= room:
        return whole
    for shown in (_SHOWN, 1):
        beginning = "_".join(fragments[:shown])
        if len(fragments) > shown and len(beginning + _MORE) <= room:
            return beginning + _MORE
    return _cut(fragments[0], room - (len(_MORE) if len(fragments) > 1 else 0)) + (
        _MORE if len(fragments) > 1 else ""
    )


def merge_name(existing: Collection[str], branches: Sequence[str]) -> str:
    """`0004_merge_0003_colours_0003_sizes`; the numbers alone where that is too long."""
    lead = f"{next_number(existing):04}_merge_"
    for parts in (sorted(branches), sorted({f"{number_of(name):04}" for name in branches})):
        name = lead + "_".join(map(slug, parts))
        if len(name) <= LONGEST:
            return name
    return _cut(name, LONGEST)


def slug(text: str) -> str:
    """Lower-case ASCII words with underscores: `SkuMarker` → sku_marker, `brand-index` →
    brand_index."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    separated = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", plain)
    return re.sub(r"[^a-z0-9]+", "_", separated.lower()).strip("_") or "unnamed"


def _fragments(operations: Sequence[Operation]) -> list[str]:
    """The table is said once for operations in a row."""
    fragments = []
    last = ""
    for operation in operations:
        describe = _WORDS.get(type(operation).__name__)
        table, words = describe(operation) if describe else ("", type(operation).__name__)
        fragments.append(slug(words if table == last else f"{table} {words}"))
        last = table
    return fragments


def _index(name: str) -> str:
    is_clear = slug(name).endswith(("index", "gsi"))
    return name if is_clear else f"{name} index"


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[:length].rstrip("_")
