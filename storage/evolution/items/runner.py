"""Changing the items of a table while the application runs.

Each segment of the table is read ahead by one thread and written by another. Memory stays flat:
at most a few pages of each segment are held.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

from storage.client import call
from storage.configuration import table_name
from storage.evolution.errors import LeaseLost, MigrationError
from storage.evolution.items.checkpoints import (
    SEGMENT,
    Checkpoint,
    Counts,
    claim,
    position_key,
)
from storage.evolution.items.edits import ItemTable
from storage.evolution.items.run import Run
from storage.evolution.items.segment import MOST_WRITES, SegmentWriter
from storage.evolution.items.steps import Plan, PlannedPage
from storage.evolution.operation import Work
from storage.scanning import scan_page, segments_that_hold
from storage.typed import PlainItem, RawItem, plain_item

# A multiple of what fits into one transaction.
PAGE_SIZE = 5 * MOST_WRITES
PAGES_AHEAD = 2
# With a limited capacity: what reading an item costs, about, unless it is large.
UNITS_EACH = 0.5
POLL_SECONDS = 0.2


def run_items(
    work: Work,
    table: ItemTable,
    plan_of: Callable[[Run], Plan],
    *,
    phase: str = SEGMENT,
    page_size: int = PAGE_SIZE,
) -> Counts:
    """Goes through all items of the table, or what earlier runs of the same job left of it.

    Raises MigrationError when it cannot go on, LeaseLost when another runner has taken over, and
    whatever interrupts it. A new run goes on where this one ended.
    """
    run = Run(work, table.title)
    checkpoints = run.patiently(
        lambda: claim(
            work.job,
            work.token,
            lambda: segments_that_hold(table.physical_name, work.options.segments),
            phase=phase,
            leased=work.leased,
        )
    )
    done = [one.progress.counts for one in checkpoints if one.progress.done]
    unfinished = [one for one in checkpoints if not one.progress.done]
    if not unfinished:
        return sum(done, Counts())
    plan = plan_of(run)
    segments = [_Segment(run, table, plan, one, page_size) for one in unfinished]
    seen = sum(one.progress.counts.seen for one in checkpoints)
    estimate = run.patiently(lambda: _item_count(table.physical_name))
    work.reporter.items_begin(table.title, max(0, estimate - seen))
    run.conduct([job for segment in segments for job in (segment.read, segment.write)])
    counts = sum((segment.counts for segment in segments), sum(done, Counts()))
    work.reporter.items_end(asdict(counts))
    return counts


def items_of(work: Work, table: str) -> Iterator[PlainItem]:
    """All items of a table as plain values, at the pace of the run; for RunPython.

    `table` is the logical name. Raises LeaseLost, MigrationError.
    """
    run = Run(work, f"read {table}")
    name = table_name(table)
    start_key: dict[str, Any] | None = None
    while True:
        run.look()
        page = run.patiently(lambda key=start_key: scan_page(name, start_key=key))  # type: ignore[misc]
        run.pace.spend(page.capacity)
        yield from map(plain_item, page.items)
        if page.last_key is None:
            return
        start_key = page.last_key


class _Segment:
    def __init__(
        self, run: Run, table: ItemTable, plan: Plan, checkpoint: Checkpoint, page_size: int
    ) -> None:
        self._run = run
        self._table = table
        self._plan = plan
        self._checkpoint = checkpoint
        self._page_size = run.pace.portion(page_size, UNITS_EACH)
        self._pages: queue.Queue[PlannedPage | MigrationError] = queue.Queue(PAGES_AHEAD)
        self._writer = SegmentWriter(run, table, plan, checkpoint)

    @property
    def counts(self) -> Counts:
        return self._writer.counts

    def read(self) -> None:
        try:
            for page in self._planned():
                self._offer(page)
        except LeaseLost:
            raise
        except MigrationError as error:
            # The pages before are written first: what comes after this item is what is left.
            self._offer(error)

    def write(self) -> None:
        while True:
            page = self._next()
            if isinstance(page, MigrationError):
                raise page
            self._writer.write(page)
            if page.last:
                return

    def _planned(self) -> Iterator[PlannedPage]:
        position = self._checkpoint.progress.position
        start_key: RawItem | None = position_key(position) if position else None
        while True:
            self._run.look()
            page = self._run.patiently(
                lambda key=start_key: scan_page(  # type: ignore[misc]
                    self._table.physical_name,
                    segment=self._checkpoint.number,
                    segments=self._checkpoint.segments,
                    start_key=key,
                    page_size=self._page_size,
                )
            )
            self._writer.read_units += page.capacity
            self._run.pace.spend(page.capacity)
            steps = self._plan.steps(page.items)
            last = page.last_key is None
            end = self._table.key(page.items[-1]) if page.items else page.last_key
            yield PlannedPage(steps, end, len(page.items), last)
            if last:
                return
            start_key = page.last_key

    def _offer(self, page: PlannedPage | MigrationError) -> None:
        while True:
            try:
                return self._pages.put(page, timeout=POLL_SECONDS)
            except queue.Full:
                self._run.pause(0)

    def _next(self) -> PlannedPage | MigrationError:
        while True:
            try:
                page = self._pages.get(timeout=POLL_SECONDS)
            except queue.Empty:
                self._run.pause(0)
            else:
                return page


def _item_count(physical_name: str) -> int:
    """As the store last counted them: on DynamoDB some hours ago."""
    return int(call("DescribeTable", {"TableName": physical_name})["Table"].get("ItemCount", 0))
