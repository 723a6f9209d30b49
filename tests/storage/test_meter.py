"""The figures are those of DynamoDB's documentation: the local engine counts by the same rules."""

from __future__ import annotations

import asyncio
import threading

import pytest

from storage.errors import StoreUnavailable
from storage.meter import measure
from storage.transactions import Transaction
from tests.storage.faults import injected, refusal
from tests.storage.things import ThingItem, VersionedThing, fresh

pytestmark = pytest.mark.usefixtures("things")


def stored(*items: ThingItem | VersionedThing) -> float:
    """Writes the items and returns the units that it took."""
    transaction = Transaction()
    for item in items:
        transaction.put(item)
    with measure() as meter:
        transaction.commit()
    return meter.capacity


def test_outside_a_block_nothing_is_kept() -> None:
    with measure() as meter:
        pass
    ThingItem.find(fresh(), "a")
    assert meter.calls == []


def test_a_call_tells_what_it_was() -> None:
    with measure() as meter:
        ThingItem.find(fresh(), "a")
    (call,) = meter.calls
    assert (call.operation, call.table) == ("GetItem", ThingItem.physical_name())
    assert call.milliseconds > 0
    assert meter.milliseconds == call.milliseconds


def test_a_transaction_over_two_tables_names_each_once() -> None:
    transaction = Transaction()
    transaction.put(ThingItem(fresh(), "a"))
    transaction.put(ThingItem(fresh(), "b"))
    with measure() as meter:
        transaction.commit()
    assert meter.calls[0].table == ThingItem.physical_name()


def test_what_an_inner_block_counts_counts_outside_as_well() -> None:
    with measure() as outer:
        ThingItem.find(fresh(), "a")
        with measure() as inner:
            ThingItem.find(fresh(), "b")
        ThingItem.find(fresh(), "c")
    assert len(inner.calls) == 1
    assert len(outer.calls) == 3
    assert outer.capacity == pytest.approx(1.5)


def test_an_inner_block_that_fails_counts_too() -> None:
    def read_and_fail() -> None:
        with measure():
            ThingItem.find(fresh(), "a")
            raise ZeroDivisionError

    with measure() as outer, pytest.raises(ZeroDivisionError):
        read_and_fail()
    assert len(outer.calls) == 1


def test_a_failed_call_is_counted_without_capacity() -> None:
    throttled = refusal("ThrottlingException")
    with measure() as meter, injected("GetItem", always=throttled), pytest.raises(StoreUnavailable):
        ThingItem.find(fresh(), "a")
    assert [call.capacity for call in meter.calls] == [0.0]


def test_threads_do_not_count_for_each_other() -> None:
    counts: dict[int, int] = {}
    together = threading.Barrier(4)

    def work(calls: int) -> None:
        together.wait()
        with measure() as meter:
            for _ in range(calls):
                ThingItem.find(fresh(), "a")
        counts[calls] = len(meter.calls)

    with measure() as ours:
        threads = [threading.Thread(target=work, args=(calls,)) for calls in (1, 2, 3, 4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert counts == {1: 1, 2: 2, 3: 3, 4: 4}
    assert ours.calls == []


def test_tasks_do_not_count_for_each_other() -> None:
    async def work(calls: int) -> int:
        with measure() as meter:
            for _ in range(calls):
                ThingItem.find(fresh(), "a")
                await asyncio.sleep(0)
            return len(meter.calls)

    async def all_of_them() -> list[int]:
        return list(await asyncio.gather(work(1), work(2), work(3)))

    assert asyncio.run(all_of_them()) == [1, 2, 3]


class TestDocumentedFormula:
    """Reads: half a unit per 4 KB, a whole one when consistent. Writes: a unit per KB and index."""

    def test_a_small_read_costs_half_a_unit_and_twice_that_when_consistent(self) -> None:
        group = fresh()
        stored(VersionedThing(group, "a"))
        for consistent, units in ((False, 0.5), (True, 1.0)):
            with measure() as meter:
                ThingItem.find(group, "a", consistent=consistent)
            assert meter.capacity == units

    def test_what_is_not_there_costs_the_same(self) -> None:
        with measure() as meter:
            ThingItem.find(fresh(), "a")
        assert meter.capacity == 0.5

    def test_a_read_of_nine_kilobytes_costs_three_halves(self) -> None:
        group = fresh()
        stored(ThingItem(group, "a", text="x" * 9 * 1024))
        with measure() as meter:
            ThingItem.find(group, "a")
        assert meter.capacity == 1.5

    def test_a_query_is_charged_for_the_sum_of_what_it_reads(self) -> None:
        group = fresh()
        stored(*(ThingItem(group, str(number), text="x" * 1000) for number in range(10)))
        with measure() as meter:
            found = ThingItem.slice(group, page_size=10)
        # Ten items of a little more than 1,000 bytes: three times 4 KB.
        assert meter.capacity == found.capacity == 1.5

    def test_a_filter_does_not_make_a_query_cheaper(self) -> None:
        group = fresh()
        stored(*(ThingItem(group, str(number), text="x" * 1000) for number in range(10)))
        found = ThingItem.slice(group, page_size=10, filter_condition=ThingItem.rank.exists())
        assert (found.items, found.capacity) == ([], 1.5)

    def test_a_transaction_costs_two_units_per_kilobyte(self) -> None:
        assert stored(VersionedThing(fresh(), "a")) == 2
        assert stored(VersionedThing(fresh(), "a", text="x" * 2500)) == 6

    def test_each_index_that_an_item_is_in_costs_a_single_unit_more(self) -> None:
        assert stored(ThingItem(fresh(), "a")) == 2
        assert stored(ThingItem(fresh(), "a", rank=1)) == 3
        assert stored(ThingItem(fresh(), "a", rank=1, colour=fresh("red"))) == 4
