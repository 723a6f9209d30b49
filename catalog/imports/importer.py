"""Rows of a file into products: each made product fields by the mapping, then written."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import Protocol

from accounts.entities import Actor
from catalog.imports import errors
from catalog.imports.mapping import ColumnMapping, Nested
from catalog.imports.readers import Row
from catalog.imports.writer import Outcome, ProductWriter, Wanted, wanted_or_refusals
from storage.intake import Refusal

BATCH_ROWS = 100
WORKERS = 2


class SeenSkus(Protocol):
    def first_line(self, sku: str, line: int, /) -> int | None:
        """Where the file had this SKU before, or None; remembers `line` as the first then."""


@dataclass(slots=True)
class _Batch:
    outcome: Outcome = field(default_factory=Outcome)
    wanted: list[Wanted] = field(default_factory=list)
    rows: int = 0


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
        self._writer = ProductWriter(actor=actor, publish=publish, dry_run=dry_run)
        self._mapping = mapping

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
            if stop():
                return
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
        found = wanted_or_refusals(row.line, raw)
        if not isinstance(found, Wanted):
            batch.outcome.refuse(found)
            return
        first = seen.first_line(found.sku, row.line)
        if first is not None:
            reason = str(errors.DUPLICATE % {"line": first})
            batch.outcome.refuse([Refusal(row.line, "sku", reason, found.sku)])
            return
        batch.wanted.append(found)

    def _process(self, batch: _Batch) -> Outcome:
        return self._writer.process(batch.wanted, batch.outcome)
