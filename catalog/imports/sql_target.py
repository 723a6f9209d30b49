"""Rows of a database as products, through the same writer as rows of a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from accounts.entities import Actor
from catalog import selectors
from catalog.entities import DATA_FIELDS, Status, Stock
from catalog.forms import FIELD_NAMES
from catalog.imports import errors
from catalog.imports.importer import BATCH_ROWS, WORKERS
from catalog.imports.mapping import REQUIRED_FIELDS, SYNONYMS
from catalog.imports.writer import Outcome, ProductWriter, Wanted, wanted_or_refusals
from catalog.management.owner import actor_for
from catalog.rules import sku_or_none
from storage.domain import Invalid
from storage.intake import Entry, FieldKind, Refusal, TargetField

KINDS: dict[str, FieldKind] = {
    "price": "decimal",
    "category": "texts",
    "stock": "choice",
    "status": "choice",
}
CHOICES = {"stock": tuple(map(str, Stock)), "status": tuple(map(str, Status))}
# Words for columns of databases, beside those for columns of files.
MORE_SYNONYMS = {
    "brand": "supplier|vendor|company|proveedor",
    "stock": "units in stock|stock quantity|quantity|qty|pieces|unidades",
}


def _fields() -> tuple[TargetField, ...]:
    found = []
    for name in DATA_FIELDS:
        words = f"{name.replace('_', ' ')}|{SYNONYMS[name]}|{MORE_SYNONYMS.get(name, '')}"
        found.append(
            TargetField(
                name,
                KINDS.get(name, "text"),
                required=name in REQUIRED_FIELDS,
                help=str(FIELD_NAMES[name]),
                choices=CHOICES.get(name, ()),
                synonyms=tuple(dict.fromkeys(word for word in words.split("|") if word)),
            )
        )
    return tuple(found)


class ProductTarget:
    """The option `publish` makes new products public; without a state they are drafts."""

    name = "products"
    summary = "Products of one organisation, by SKU."
    key = ("sku",)

    @property
    def fields(self) -> tuple[TargetField, ...]:
        return _fields()

    def writer(
        self,
        *,
        org_id: str | None,
        owner_email: str | None,
        dry_run: bool,
        options: Mapping[str, Any],
    ) -> ProductEntries:
        """Raises Invalid, NotFound, and Forbidden unless they may add and change products."""
        for name in options:
            if name != "publish":
                raise Invalid(errors.UNKNOWN_OPTION % {"name": name, "options": "publish"})
        publish = options.get("publish", False)
        if not isinstance(publish, bool):
            raise Invalid(errors.NO_SWITCH % {"name": "publish"})
        actor = actor_for({"owner": owner_email, "organisation": org_id})
        return ProductEntries(actor, ProductWriter(actor=actor, publish=publish, dry_run=dry_run))


class ProductEntries:
    """Writes a hundred at a time, several hundreds at once."""

    def __init__(self, actor: Actor, writer: ProductWriter) -> None:
        self._actor = actor
        self._writer = writer
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="import")

    def identity(self, values: Mapping[str, Any]) -> str | None:
        return sku_or_none(values.get("sku"))

    def process(self, entries: Sequence[Entry]) -> Outcome:
        parts = [
            entries[start : start + BATCH_ROWS] for start in range(0, len(entries), BATCH_ROWS)
        ]
        outcome = Outcome()
        for part in self._pool.map(self._process, parts):
            outcome.counts.add(part.counts)
            outcome.refusals += part.refusals
        return outcome

    def count(self) -> int:
        return selectors.count_own_products(self._actor)

    def close(self) -> None:
        self._pool.shutdown()

    def _process(self, entries: Sequence[Entry]) -> Outcome:
        outcome = Outcome()
        wanted = []
        for entry in entries:
            found = wanted_or_refusals(entry.line, entry.values)
            if isinstance(found, Wanted):
                wanted.append(found)
            else:
                outcome.refuse(found)
        outcome = self._writer.process(wanted, outcome)
        by_line = {entry.line: entry for entry in entries}
        outcome.refusals = [_explained(one, by_line[one.line]) for one in outcome.refusals]
        return outcome


def _explained(refusal: Refusal, entry: Entry) -> Refusal:
    """A slash separates levels everywhere else; here the mapping can do something about it."""
    levels = entry.values.get("category") or ()
    if refusal.field == "category" and any("/" in level for level in levels):
        return replace(refusal, reason=str(errors.SLASH_IN_LEVEL))
    return refusal
