"""Rows into products: checked, compared with what is stored, written several at once.

A row speaks of the product with its SKU. Fields that the row leaves out keep what is stored;
fields that it leaves empty become empty. What would not change is not written.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Protocol

from django.utils.translation import get_language, override

from accounts.entities import Actor
from catalog import errors as catalog_errors
from catalog import repository
from catalog.entities import DATA_FIELDS, Product, ProductData, Status, new_product
from catalog.errors import ProductChanged, SkuTaken
from catalog.heading_repository import follow_changes
from catalog.imports import errors
from catalog.imports.mapping import ColumnMapping, Nested, why_no_amount
from catalog.imports.readers import Row
from catalog.imports.report import VALUE_SHOWN, Refusal
from catalog.rules import parse_product, sku_or_none
from catalog.services import audit_of
from storage.domain import Invalid
from storage.errors import TransactionCancelled
from storage.transactions import Transaction

BATCH_ROWS = 100
# Of the 100 that a transaction takes.
COMBINED_ACTIONS = 96
WORKERS = 2


@dataclass(slots=True)
class Counts:
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    # Of those created; the four above tell all rows without it.
    drafts: int = field(default=0, compare=False)

    def add(self, other: Counts) -> None:
        for name in ("created", "changed", "unchanged", "refused", "drafts"):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def rows(self) -> int:
        return self.created + self.changed + self.unchanged + self.refused


@dataclass(slots=True)
class Outcome:
    """What became of some rows. With a dry run, what would."""

    counts: Counts = field(default_factory=Counts)
    refusals: list[Refusal] = field(default_factory=list)

    def refuse(self, refusals: list[Refusal]) -> None:
        """All of one row."""
        self.counts.refused += 1
        self.refusals.extend(refusals)


class SeenSkus(Protocol):
    def first_line(self, sku: str, line: int, /) -> int | None:
        """Where the file had this SKU before, or None; remembers `line` as the first then."""


class SkuFile:
    """On disk, as SQLite's temporary databases are: a file may have more SKUs than memory."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.execute("CREATE TABLE seen (sku TEXT PRIMARY KEY, line INT) WITHOUT ROWID")
        self._database.execute("BEGIN")

    def first_line(self, sku: str, line: int) -> int | None:
        added = self._database.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (sku, line))
        if added.rowcount:
            return None
        found = self._database.execute("SELECT line FROM seen WHERE sku = ?", (sku,)).fetchone()
        return int(found[0])

    def close(self) -> None:
        self._database.close()


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A row that may become a product: fields by name, and the SKU in its stored form."""

    line: int
    sku: str
    raw: Mapping[str, Any]


@dataclass(slots=True)
class _Batch:
    outcome: Outcome = field(default_factory=Outcome)
    wanted: list[_Wanted] = field(default_factory=list)
    rows: int = 0


@dataclass(frozen=True, slots=True)
class _Change:
    line: int
    raw: Mapping[str, Any]
    before: Product | None
    after: Product


class Importer:
    """Imports for one organisation. Raises Forbidden unless the actor may add and change."""

    def __init__(
        self,
        *,
        actor: Actor,
        mapping: ColumnMapping,
        publish: bool = False,
        dry_run: bool = False,
    ) -> None:
        actor.require("catalog.add_product", actor.org_id)
        actor.require("catalog.change_product", actor.org_id)
        self._actor = actor
        self._mapping = mapping
        self._new_status = Status.PUBLIC if publish else Status.DRAFT
        self._dry_run = dry_run
        # The threads that write know no language of their own.
        self._language = get_language()

    def run(
        self,
        rows: Iterable[Row],
        seen: SeenSkus,
        *,
        skip: int = 0,
        stop: Callable[[], bool] = lambda: False,
    ) -> Iterator[Outcome]:
        """One outcome per hundred rows, in the order of the file.

        Batches are written by a few threads, so that this process works while the store does;
        only so many wait that memory stays flat. The first `skip` rows are only looked at for
        their SKUs. When `stop` says so, what was begun is finished and reported.
        """
        remaining = iter(rows)
        for row in islice(remaining, skip):
            self._look(row, seen, _Batch())
        pending: deque[Future[Outcome]] = deque()
        with ThreadPoolExecutor(WORKERS, thread_name_prefix="import") as pool:
            while not stop():
                batch = self._next_batch(remaining, seen)
                if not batch.rows:
                    break
                pending.append(pool.submit(self._process, batch))
                if len(pending) > WORKERS:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()

    def process(self, rows: Iterable[Row], seen: SeenSkus) -> Outcome:
        """All rows at once, in this thread; for a few hundred."""
        batch = _Batch()
        for row in rows:
            self._look(row, seen, batch)
        return self._process(batch)

    def _next_batch(self, rows: Iterator[Row], seen: SeenSkus) -> _Batch:
        batch = _Batch()
        for row in islice(rows, BATCH_ROWS):
            batch.rows += 1
            self._look(row, seen, batch)
        return batch

    def _look(self, row: Row, seen: SeenSkus, batch: _Batch) -> None:
        if row.values is None:
            batch.outcome.refuse([Refusal(row.line, "", str(row.problem))])
            return
        try:
            raw = self._mapping.apply(row.values)
        except Nested:
            batch.outcome.refuse([Refusal(row.line, "", str(errors.NESTED))])
            return
        sku = sku_or_none(raw.get("sku"))
        if sku is None:
            # No product has such a SKU, so nothing is stored that could fill the gaps.
            batch.outcome.refuse(_findings(row.line, raw) or [_no_sku(row.line, raw)])
            return
        first = seen.first_line(sku, row.line)
        if first is not None:
            reason = str(errors.DUPLICATE % {"line": first})
            batch.outcome.refuse([Refusal(row.line, "sku", reason, sku)])
            return
        batch.wanted.append(_Wanted(row.line, sku, raw))

    def _process(self, batch: _Batch) -> Outcome:
        with override(self._language):
            return self._processed(batch)

    def _processed(self, batch: _Batch) -> Outcome:
        outcome = batch.outcome
        stored = self._stored(wanted.sku for wanted in batch.wanted)
        changes = []
        for wanted in batch.wanted:
            change = self._plan(wanted.line, wanted.raw, stored.get(wanted.sku), outcome)
            if change is not None:
                changes.append(change)
        if self._dry_run:
            for change in changes:
                _count(outcome, change)
        else:
            self._write(changes, outcome)
        outcome.refusals.sort(key=lambda refusal: refusal.line)
        return outcome

    def _stored(self, skus: Iterable[str]) -> dict[str, Product]:
        ids = repository.find_product_ids_by_sku(self._actor.org_id, skus)
        products = repository.find_products(ids.values())
        return {sku: products[id_] for sku, id_ in ids.items() if id_ in products}

    def _plan(
        self, line: int, raw: Mapping[str, Any], before: Product | None, outcome: Outcome
    ) -> _Change | None:
        if before is not None:
            stored = {name: getattr(before.data, name) for name in DATA_FIELDS}
            if not raw.get("status"):
                raw = {**raw, "status": before.data.status}
            full: Mapping[str, Any] = {**stored, **raw}
        else:
            full = raw if raw.get("status") else {**raw, "status": self._new_status}
        try:
            data = parse_product(full)
        except Invalid as refusal:
            outcome.refuse(_refusals(line, raw, refusal))
            return None
        if before is not None and before.data == data:
            outcome.counts.unchanged += 1
            return None
        return _Change(line, raw, before, self._changed(before, data))

    def _changed(self, before: Product | None, data: ProductData) -> Product:
        now = datetime.now(UTC)
        if before is None:
            return new_product(self._actor.org_id, data, now)
        return before.with_data(data, now)

    def _write(self, changes: list[_Change], outcome: Outcome) -> None:
        together: list[_Change] = []
        transaction = Transaction()
        for change in changes:
            staged = self._staged(change)
            if together and len(transaction) + len(staged) > COMBINED_ACTIONS:
                self._commit(transaction, together, outcome)
                together, transaction = [], Transaction()
            transaction.extend(staged)
            together.append(change)
        self._commit(transaction, together, outcome)
        follow_changes([(change.before, change.after) for change in changes])

    def _staged(self, change: _Change) -> Transaction:
        transaction = Transaction()
        action = "catalog.change_product" if change.before else "catalog.add_product"
        audit = audit_of(self._actor, change.before, change.after, action)
        repository.stage_change(transaction, change.before, change.after, audit)
        return transaction

    def _commit(self, transaction: Transaction, together: list[_Change], outcome: Outcome) -> None:
        try:
            transaction.commit()
        except (ProductChanged, SkuTaken, TransactionCancelled):
            for change in together:
                self._write_alone(change, outcome)
        else:
            for change in together:
                _count(outcome, change)

    def _write_alone(self, change: _Change, outcome: Outcome) -> None:
        """Once more from what is stored now when somebody was faster; then the row is refused."""
        current: _Change | None = change
        for _ in range(2):
            assert current is not None
            try:
                self._staged(current).commit()
            except (ProductChanged, SkuTaken):
                sku = change.after.data.sku
                stored = self._stored([sku]).get(sku)
                current = self._plan(change.line, change.raw, stored, outcome)
                if current is None:
                    return
            else:
                _count(outcome, current)
                return
        reason = str(errors.CHANGED_MEANWHILE)
        outcome.refuse([Refusal(change.line, "", reason, change.after.data.sku)])


def _count(outcome: Outcome, change: _Change) -> None:
    if change.before is None:
        outcome.counts.created += 1
        outcome.counts.drafts += change.after.data.status == Status.DRAFT
    else:
        outcome.counts.changed += 1


def _findings(line: int, raw: Mapping[str, Any]) -> list[Refusal]:
    try:
        parse_product(raw)
    except Invalid as refusal:
        return _refusals(line, raw, refusal)
    return []


def _no_sku(line: int, raw: Mapping[str, Any]) -> Refusal:
    return Refusal(line, "sku", str(catalog_errors.SKU_FORMAT), _shown(raw.get("sku")))


def _refusals(line: int, raw: Mapping[str, Any], refusal: Invalid) -> list[Refusal]:
    return [
        Refusal(line, name, _reason(raw.get(name), text), _shown(raw.get(name)))
        for name, texts in refusal.fields.items()
        for text in texts
    ]


def _reason(value: object, text: object) -> str:
    if str(text) == str(catalog_errors.PRICE_FORMAT) and isinstance(value, str):
        return why_no_amount(value) or str(text)
    return str(text)


def _shown(value: object) -> str:
    if isinstance(value, (list, tuple)):
        value = "/".join(map(str, value))
    return "" if value is None else str(value)[:VALUE_SHOWN]
