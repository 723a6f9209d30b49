from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from storage import pauses
from storage.configuration import configuration
from storage.errors import (
    CancellationReason,
    StoreBusy,
    StoreUnavailable,
    TransactionCancelled,
    TransactionTooLarge,
)
from storage.meter import measure
from storage.transactions import Transaction
from tests.storage.faults import (
    FaultyServer,
    attempts,
    cancellation,
    injected,
    refusal,
    reply_lost,
)
from tests.storage.things import ThingItem, VersionedThing, fresh, names_in

pytestmark = pytest.mark.usefixtures("things")

KINDS = ("put", "update", "delete", "check")


class Refused(Exception):
    def __init__(self, which: object = None) -> None:
        self.which = which


def stored(*items: ThingItem | VersionedThing) -> None:
    transaction = Transaction()
    for item in items:
        transaction.put(item)
    transaction.commit()


def add(
    transaction: Transaction, kind: str, item: ThingItem, *, fails: bool, on_failure: Any = None
) -> None:
    """An operation on an item that is there, whose condition holds or does not."""
    condition = ThingItem.text.does_not_exist() if fails else ThingItem.text.exists()
    if kind == "update":
        transaction.update(item, [ThingItem.rank.set(7)], condition, on_failure)
    else:
        getattr(transaction, kind)(item, condition=condition, on_failure=on_failure)


class TestWhoseConditionFailed:
    @pytest.mark.parametrize("order", list(itertools.permutations(KINDS)))
    def test_it_is_found_in_the_callers_order_in_any_mix(self, order: tuple[str, ...]) -> None:
        group = fresh()
        items = [ThingItem(group, kind, text="there") for kind in order]
        stored(*items)
        for failing in range(len(order)):
            transaction = Transaction()
            for position, (kind, item) in enumerate(zip(order, items, strict=True)):
                add(
                    transaction,
                    kind,
                    item,
                    fails=position == failing,
                    on_failure=Refused(position),
                )
            with pytest.raises(Refused) as caught:
                transaction.commit()
            assert caught.value.which == failing
        assert names_in(group) == sorted(order)

    def test_the_first_of_several_speaks(self) -> None:
        group = fresh()
        items = [ThingItem(group, name, text="there") for name in "abc"]
        stored(*items)
        transaction = Transaction()
        for item, fails in zip(items, (False, True, True), strict=True):
            add(transaction, "delete", item, fails=fails, on_failure=Refused(item.name))
        with pytest.raises(Refused) as caught:
            transaction.commit()
        assert caught.value.which == "b"

    def test_one_without_words_leaves_it_to_the_next(self) -> None:
        group = fresh()
        items = [ThingItem(group, name, text="there") for name in "ab"]
        stored(*items)
        transaction = Transaction()
        add(transaction, "put", items[0], fails=True)
        add(transaction, "put", items[1], fails=True, on_failure=Refused("b"))
        with pytest.raises(Refused) as caught:
            transaction.commit()
        assert caught.value.which == "b"

    def test_the_failure_may_be_made_when_it_is_needed(self) -> None:
        item = ThingItem(fresh(), "a", text="there")
        stored(item)
        made: list[str] = []

        def failure() -> Exception:
            made.append("made")
            return Refused("factory")

        transaction = Transaction()
        add(transaction, "put", item, fails=False, on_failure=failure)
        transaction.commit()
        assert made == []
        transaction = Transaction()
        add(transaction, "put", item, fails=True, on_failure=failure)
        with pytest.raises(Refused):
            transaction.commit()
        assert made == ["made"]

    def test_a_class_of_exceptions_will_do(self) -> None:
        item = ThingItem(fresh(), "a", text="there")
        stored(item)
        transaction = Transaction()
        add(transaction, "check", item, fails=True, on_failure=Refused)
        with pytest.raises(Refused):
            transaction.commit()

    def test_without_words_the_reasons_are_told(self) -> None:
        group = fresh()
        items = [ThingItem(group, name, text="there") for name in "ab"]
        stored(*items)
        transaction = Transaction()
        add(transaction, "put", items[0], fails=False)
        add(transaction, "put", items[1], fails=True)
        with pytest.raises(TransactionCancelled, match="#1: ConditionalCheckFailed") as caught:
            transaction.commit()
        first, second = caught.value.reasons
        assert first is None
        assert isinstance(second, CancellationReason)
        assert second.code == "ConditionalCheckFailed"

    def test_nothing_is_written_when_one_condition_fails(self) -> None:
        group = fresh()
        there = ThingItem(group, "there", text="there")
        stored(there)
        transaction = Transaction()
        transaction.put(ThingItem(group, "new"))
        add(transaction, "check", there, fails=True, on_failure=Refused)
        with pytest.raises(Refused):
            transaction.commit()
        assert names_in(group) == ["there"]


class TestConflicts:
    @pytest.fixture(autouse=True)
    def short_pauses(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pauses, "LONGEST_PAUSE_SECONDS", 0.01)

    @pytest.mark.parametrize("times", [1, 3, pauses.ATTEMPTS - 1])
    def test_are_retried_with_the_same_token(self, times: int) -> None:
        group = fresh()
        transaction = Transaction()
        transaction.put(ThingItem(group, "a"))
        conflicts = [cancellation("TransactionConflict")] * times
        with injected("TransactWriteItems", *conflicts) as bodies:
            transaction.commit()
        assert names_in(group) == ["a"]
        assert len(bodies) == times + 1
        assert len({body["ClientRequestToken"] for body in bodies}) == 1

    def test_the_pauses_grow_and_differ(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.undo()
        slept: list[float] = []
        monkeypatch.setattr("storage.pauses.time.sleep", slept.append)
        for _ in range(20):
            for attempt in range(1, pauses.ATTEMPTS):
                pauses.pause(attempt)
        assert len(set(slept)) > len(slept) / 2
        assert max(slept) <= pauses.LONGEST_PAUSE_SECONDS
        first, last = slept[0 :: pauses.ATTEMPTS - 1], slept[5 :: pauses.ATTEMPTS - 1]
        assert sum(first) < sum(last)

    def test_that_never_end_are_given_up(self) -> None:
        transaction = Transaction()
        transaction.put(ThingItem(fresh(), "a"))
        started = time.monotonic()
        with (
            injected("TransactWriteItems", always=cancellation("TransactionConflict")) as bodies,
            pytest.raises(StoreBusy),
        ):
            transaction.commit()
        assert len(bodies) == pauses.ATTEMPTS
        assert time.monotonic() - started < 5
        assert issubclass(StoreBusy, StoreUnavailable)

    def test_are_not_tried_again_at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        slept: list[float] = []
        monkeypatch.setattr("storage.pauses.time.sleep", slept.append)
        transaction = Transaction()
        transaction.put(ThingItem(fresh(), "a"))
        conflict = cancellation("TransactionConflict")
        with injected("TransactWriteItems", conflict, conflict):
            transaction.commit()
        assert len(slept) == 2
        assert all(slept)

    def test_with_an_attempt_of_our_own_that_is_still_at_work_are_waited_for(self) -> None:
        group = fresh()
        transaction = Transaction()
        transaction.put(ThingItem(group, "a"))
        busy = refusal("TransactionInProgressException")
        with injected("TransactWriteItems", busy):
            transaction.commit()
        assert names_in(group) == ["a"]
        started = time.monotonic()
        with injected("TransactWriteItems", always=busy), pytest.raises(StoreBusy):
            transaction.commit()
        assert time.monotonic() - started < 6

    def test_beside_a_failed_condition_do_not_matter(self) -> None:
        transaction = Transaction()
        transaction.put(ThingItem(fresh(), "a"))
        transaction.put(ThingItem(fresh(), "b"), on_failure=Refused)
        answer = cancellation("TransactionConflict", "ConditionalCheckFailed")
        with injected("TransactWriteItems", answer) as bodies, pytest.raises(Refused):
            transaction.commit()
        assert len(bodies) == 1

    def test_beside_a_real_mistake_are_not_retried(self) -> None:
        transaction = Transaction()
        transaction.put(ThingItem(fresh(), "a"))
        transaction.put(ThingItem(fresh(), "b"))
        answer = cancellation("TransactionConflict", "ValidationError")
        with injected("TransactWriteItems", answer), pytest.raises(TransactionCancelled) as caught:
            transaction.commit()
        codes = [reason.code for reason in caught.value.reasons if reason]
        assert codes == ["TransactionConflict", "ValidationError"]


class TestSize:
    def test_a_hundred_operations_fit(self) -> None:
        group = fresh()
        transaction = Transaction()
        for number in range(100):
            transaction.put(ThingItem(group, f"{number:03}"))
        transaction.commit()
        assert len(names_in(group)) == 100

    def test_one_more_does_not_and_asks_nobody(self) -> None:
        transaction = Transaction()
        for number in range(101):
            transaction.put(ThingItem("g", str(number)))
        with measure() as meter, pytest.raises(TransactionTooLarge, match="101"):
            transaction.commit()
        assert meter.calls == []

    def test_an_empty_one_does_nothing(self) -> None:
        with measure() as meter:
            Transaction().commit()
        assert meter.calls == []

    def test_two_can_be_joined(self) -> None:
        group = fresh()
        one, other = Transaction(), Transaction()
        one.put(ThingItem(group, "a"))
        other.put(ThingItem(group, "b"))
        one.extend(other)
        assert len(one) == 2
        with measure() as meter:
            one.commit()
        assert [call.operation for call in meter.calls] == ["TransactWriteItems"]
        assert names_in(group) == ["a", "b"]


class TestALostReply:
    @staticmethod
    def counting(group: str) -> Transaction:
        transaction = Transaction()
        transaction.put(ThingItem(group, "new"), condition=ThingItem.group.does_not_exist())
        transaction.update(ThingItem(group, "counter"), [ThingItem.rank.add(1)])
        return transaction

    @pytest.mark.parametrize("times", [1, 2])
    def test_does_not_write_twice(self, times: int) -> None:
        group = fresh()
        with injected("TransactWriteItems", *[reply_lost] * times) as bodies:
            self.counting(group).commit()
        assert len(bodies) == times + 1
        counter = ThingItem.find(group, "counter")
        assert counter is not None
        assert counter.rank == 1
        assert names_in(group) == ["counter", "new"]

    @pytest.mark.parametrize("manner", ["drop", "truncate"])
    def test_on_the_wire_does_not_either(
        self, manner: str, reconfigure: Callable[..., None]
    ) -> None:
        group = fresh()
        address = urlsplit(configuration().endpoint or "")
        assert address.port
        with FaultyServer([manner], ("127.0.0.1", address.port)) as server:
            reconfigure(endpoint=server.endpoint)
            self.counting(group).commit()
            assert server.connections == 2
            counter = ThingItem.find(group, "counter")
        assert counter is not None
        assert counter.rank == 1


class TestVersions:
    @pytest.mark.parametrize("second", ["put", "update", "delete"])
    def test_of_two_writers_the_second_loses(self, second: str) -> None:
        group = fresh()
        stored(VersionedThing(group, "a", text="first"))
        one, other = (VersionedThing.find(group, "a") for _ in range(2))
        assert one is not None
        assert other is not None
        one.text = "one"
        winning = Transaction()
        winning.put(one, on_failure=Refused("one"))
        winning.commit()

        losing = Transaction()
        if second == "update":
            losing.update(other, [VersionedThing.text.set("other")], on_failure=Refused("other"))
        else:
            other.text = "other"
            getattr(losing, second)(other, on_failure=Refused("other"))
        with pytest.raises(Refused) as caught:
            losing.commit()
        assert caught.value.which == "other"
        now = VersionedThing.find(group, "a")
        assert now is not None
        assert (now.text, now.version) == ("one", 2)

    def test_a_new_item_does_not_overwrite_one_that_is_there(self) -> None:
        group = fresh()
        stored(VersionedThing(group, "a", text="first"))
        again = Transaction()
        again.put(VersionedThing(group, "a", text="again"), on_failure=Refused)
        with pytest.raises(Refused):
            again.commit()

    def test_an_amendment_goes_beside_all_versions_and_has_its_condition(self) -> None:
        group = fresh()
        stored(VersionedThing(group, "a", text="first"))
        for text in ("second", "third"):
            transaction = Transaction()
            transaction.amend(
                VersionedThing(group, "a"),
                [VersionedThing.text.set(text)],
                condition=VersionedThing.text == "first",
                on_failure=Refused,
            )
            if text == "second":
                transaction.commit()
            else:
                with pytest.raises(Refused):
                    transaction.commit()
        now = VersionedThing.find(group, "a")
        assert now is not None
        assert (now.text, now.version) == ("second", 1)

    def test_the_list_of_actions_stays_the_callers(self) -> None:
        group = fresh()
        items = [VersionedThing(group, name) for name in "ab"]
        actions = [VersionedThing.text.set("same")]
        transaction = Transaction()
        for item in items:
            transaction.update(item, actions)
        transaction.commit()
        assert len(actions) == 1
        assert VersionedThing.slice(group, page_size=3).items[1].version == 1


class TestRawOperations:
    def test_put_and_delete_items_in_the_stores_own_form(self) -> None:
        group = fresh()
        stored(ThingItem(group, "old"))
        transaction = Transaction()
        transaction.put_raw(ThingItem, {"group": {"S": group}, "name": {"S": "new"}})
        transaction.delete_raw(ThingItem, {"group": {"S": group}, "name": {"S": "old"}})
        with attempts("TransactWriteItems") as bodies:
            transaction.commit()
        assert names_in(group) == ["new"]
        assert [list(item) for item in bodies[0]["TransactItems"]] == [["Put"], ["Delete"]]
