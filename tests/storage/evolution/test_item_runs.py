"""Taking up, sharing, interrupting and reporting item operations."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from storage.evolution.errors import LeaseLost, MigrationError
from storage.evolution.items.checkpoints import claim, forget
from storage.evolution.items.pacing import Pace
from storage.evolution.operation import Options
from storage.migrations import DELETE_ITEM, AddAttribute, Attribute, TransformItems, items_of
from storage.scanning import PAGE_SIZE
from storage.typed import PlainItem
from tests.storage.evolution.conftest import work
from tests.storage.evolution.gadgets import (
    STATE,
    TABLE,
    count_up,
    counts,
    gadget,
    make_table,
    new_job,
    note,
    put,
    run,
    stored,
)
from tests.storage.faults import attempts

ITEMS = 2_000


COUNT_UP = TransformItems(TABLE, count_up, kind="Gadget")


class Interrupted(Exception):
    pass


class Heard:
    """A reporter that does something when so many items were seen."""

    def __init__(self, at: int = 0, then: Callable[[], Any] | None = None) -> None:
        self.began: list[tuple[str, int]] = []
        self.seen = self.changed = 0
        self.ended: list[dict[str, Any]] = []
        self._at = at
        self._then = then
        self._lock = threading.Lock()

    def items_begin(self, title: str, estimate: int) -> None:
        self.began.append((title, estimate))

    def items_seen(self, seen: int, changed: int) -> None:
        with self._lock:
            self.seen += seen
            self.changed += changed
            then = self._then if self.seen >= self._at else None
            if then:
                self._then = None
        if then:
            then()

    def items_end(self, summary: dict[str, Any]) -> None:
        self.ended.append(summary)

    def waiting(self, text: str) -> None:
        raise AssertionError("nothing to wait for")


def fail() -> None:
    raise Interrupted


@pytest.fixture(autouse=True)
def filled(evolving: str) -> None:
    make_table()
    put(*(gadget(number, count=0) for number in range(ITEMS)), *(note(n) for n in range(50)))


def test_a_run_that_failed_is_taken_up_where_it_was() -> None:
    job = new_job()
    with pytest.raises(Interrupted):
        run(COUNT_UP, job=job, reporter=Heard(700, fail))
    (checkpoint,) = claim(job, "other", lambda: 1)
    done = checkpoint.progress.counts
    assert 700 <= done.seen < ITEMS
    assert counts() == {1: done.changed, 0: ITEMS - done.changed}
    heard = Heard()
    summary = run(COUNT_UP, job=job, reporter=heard)
    assert counts() == {1: ITEMS}
    assert (summary["seen"], summary["changed"], summary["unchanged"]) == (ITEMS + 50, ITEMS, 50)
    assert heard.began == [(COUNT_UP.describe(), ITEMS + 50 - done.seen)]
    assert heard.seen == ITEMS + 50 - done.seen


def test_a_job_that_is_done_is_left_alone() -> None:
    job = new_job()
    summary = run(COUNT_UP, job=job)
    heard = Heard()
    with attempts("Scan") as scans, attempts("TransactWriteItems") as writes:
        again = run(COUNT_UP, job=job, reporter=heard)
    assert len(scans) == len(writes) == len(heard.began) == 0
    assert {**again, "write_units": 0} == {**summary, "write_units": 0}
    assert counts() == {1: ITEMS}
    forget(job)
    run(COUNT_UP, job=job)
    assert counts() == {2: ITEMS}


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Also where the tests run in the background of a shell, which ignores it there."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_ends_the_run_and_the_next_one_goes_on() -> None:
    job = new_job()
    threads = threading.active_count()
    interrupt = Heard(300, lambda: os.kill(os.getpid(), signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        run(COUNT_UP, job=job, reporter=interrupt, options=Options(capacity=2000))
    assert threading.active_count() == threads
    assert 0 < counts()[1] < ITEMS
    run(COUNT_UP, job=job)
    assert counts() == {1: ITEMS}


def test_a_runner_that_was_replaced_changes_nothing_any_more() -> None:
    job = new_job()
    found = []

    def replace() -> None:
        found.append(claim(job, "other", lambda: 1)[0].progress.counts)

    with pytest.raises(LeaseLost, match="another runner has taken over"):
        run(COUNT_UP, job=job, token="first", reporter=Heard(700, replace))
    assert counts() == {1: found[0].changed, 0: ITEMS - found[0].changed}
    run(COUNT_UP, job=job, token="other")
    assert counts() == {1: ITEMS}


def test_a_runner_whose_checkpoints_are_gone_changes_nothing_any_more() -> None:
    job = new_job()
    found = []

    def finish() -> None:
        found.append(claim(job, "first", lambda: 1)[0].progress.counts)
        forget(job)

    with pytest.raises(LeaseLost):
        run(COUNT_UP, job=job, token="first", reporter=Heard(700, finish))
    assert counts() == {1: found[0].changed, 0: ITEMS - found[0].changed}


def test_the_lease_is_looked_at_between_pages() -> None:
    looks = []

    def still_ours() -> None:
        looks.append(1)
        if len(looks) == 3:
            raise LeaseLost("gone")

    job = new_job()
    with pytest.raises(LeaseLost, match="gone"):
        run(COUNT_UP, job=job, still_ours=still_ours)
    assert counts()[1] < ITEMS
    run(COUNT_UP, job=job)
    assert counts() == {1: ITEMS}


def test_segments_share_the_work_and_are_taken_up_together() -> None:
    """On DynamoDB; the embedded engine is read in one segment unless a job has more."""
    job = new_job()
    claim(job, "before", lambda: 4)
    with pytest.raises(Interrupted):
        run(COUNT_UP, job=job, reporter=Heard(900, fail))
    assert 0 < counts()[0] < ITEMS
    heard = Heard()
    summary = run(COUNT_UP, job=job, reporter=heard, options=Options(segments=7))
    assert counts() == {1: ITEMS}
    assert (summary["seen"], summary["changed"]) == (ITEMS + 50, ITEMS)
    segments = claim(job, "after", lambda: 1)
    assert [one.progress.done for one in segments] == [True] * 4
    assert min(one.progress.counts.seen for one in segments) > 0
    assert sum(one.progress.counts.seen for one in segments) == ITEMS + 50


def test_an_error_in_one_segment_stops_the_others() -> None:
    job = new_job()
    claim(job, "before", lambda: 4)

    def function(item: PlainItem) -> None:
        if item["id"] == "g001234":
            raise ValueError
        count_up(item)

    operation = TransformItems(TABLE, function, kind="Gadget")
    with pytest.raises(MigrationError, match="g001234"):
        run(operation, job=job)
    assert counts()[0] > 0
    run(COUNT_UP, job=job)
    assert counts() == {1: ITEMS}


def test_progress_and_summary_say_what_was_done() -> None:
    heard = Heard()
    summary = run(COUNT_UP, reporter=heard)
    assert heard.began == [(COUNT_UP.describe(), ITEMS + 50)]
    assert (heard.seen, heard.changed) == (ITEMS + 50, ITEMS)
    assert heard.ended == [summary]
    assert summary["read_units"] == pytest.approx(ITEMS / 64, rel=0.5)
    # Twice for each item, and for each checkpoint.
    assert 2 * ITEMS < summary["write_units"] < 2.2 * ITEMS


def test_pages_that_need_nothing_only_move_the_position() -> None:
    operation = AddAttribute(TABLE, "Note", "size", Attribute("S"), default="x")
    with attempts("TransactWriteItems") as writes:
        summary = run(operation)
    assert (summary["changed"], summary["unchanged"]) == (50, ITEMS)
    # The checkpoints are made, and the notes are all on the last page.
    assert len(writes) == 2


def test_the_position_is_stored_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.evolution.items.segment.SAVE_SECONDS", 0)
    job = new_job()
    operation = AddAttribute(TABLE, "Note", "size", Attribute("S"), default="x")
    with pytest.raises(Interrupted):
        run(operation, job=job, reporter=Heard(1500, fail))
    assert claim(job, "other", lambda: 1)[0].progress.counts.seen > 400


def test_an_empty_table_is_done_at_once() -> None:
    run(TransformItems(TABLE, lambda item: DELETE_ITEM))
    assert stored() == {}
    summary = run(COUNT_UP)
    assert (summary["seen"], summary["changed"]) == (0, 0)


def test_every_request_is_paid_for(monkeypatch: pytest.MonkeyPatch) -> None:
    paid: list[float] = []
    monkeypatch.setattr(Pace, "spend", lambda pace, units: paid.append(units))
    summary = run(COUNT_UP)
    assert sum(paid) == pytest.approx(summary["read_units"] + summary["write_units"])
    assert min(summary["read_units"], summary["write_units"]) > 0


def test_a_limited_run_keeps_to_its_capacity() -> None:
    started = time.monotonic()
    summary = run(
        AddAttribute(TABLE, "Note", "size", Attribute("S"), default="x"),
        options=Options(capacity=100),
    )
    spent = summary["read_units"] + summary["write_units"]
    # What one second brings is there from the start, and the last request is not waited for.
    assert spent <= 100 * (time.monotonic() - started + 1) + 60


def test_a_function_reads_a_table_at_the_pace_and_under_the_lease_of_the_run() -> None:
    looks = []
    one = work(STATE, STATE, still_ours=lambda: looks.append(1))
    assert sum(1 for _ in items_of(one, TABLE)) == ITEMS + 50
    assert len(looks) == -(-(ITEMS + 50) // PAGE_SIZE)
