from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import pauses, table
from storage.attributes import DecimalAttribute, DocumentAttribute
from storage.errors import StoreBusy, StoreUnavailable
from storage.meter import measure
from storage.table import registered_tables
from storage.transactions import Transaction
from tests.storage.faults import attempts, injected, raw_answer, refusal
from tests.storage.things import ThingItem, VersionedThing, fresh, names_in

pytestmark = pytest.mark.usefixtures("things")


@pytest.fixture
def group() -> str:
    """A partition of five things, named a to e and ranked the other way round."""
    group = fresh()
    transaction = Transaction()
    for rank, name in enumerate("edcba"):
        colour = f"{group}-red" if name in "ace" else None
        transaction.put(ThingItem(group, name, rank=rank, colour=colour))
    transaction.commit()
    return group


class TestFind:
    def test_gives_the_item_or_none(self, group: str) -> None:
        found = ThingItem.find(group, "a")
        assert found is not None
        assert (found.name, found.rank) == ("a", 4)
        assert ThingItem.find(group, "z") is None

    def test_is_one_request(self, group: str) -> None:
        with attempts("GetItem") as bodies, measure() as meter:
            ThingItem.find(group, "a", consistent=True)
        assert len(meter.calls) == 1
        assert bodies[0]["ConsistentRead"] is True


class TestFindMany:
    def test_asks_for_each_key_once_and_a_hundred_at_a_time(self, group: str) -> None:
        keys = [(group, f"absent-{number}") for number in range(245)]
        with attempts("BatchGetItem") as bodies:
            found = ThingItem.find_many([*keys, (group, "a"), (group, "b"), (group, "a"), *keys])
        assert sorted(item.name for item in found) == ["a", "b"]
        name = ThingItem.physical_name()
        assert [len(body["RequestItems"][name]["Keys"]) for body in bodies] == [100, 100, 47]

    def test_asks_nothing_for_no_keys(self) -> None:
        with measure() as meter:
            assert ThingItem.find_many([]) == []
        assert meter.calls == []

    @staticmethod
    def left_over(*keys: tuple[str, str]) -> Any:
        unprocessed = ",".join(
            f'{{"group": {{"S": "{group}"}}, "name": {{"S": "{name}"}}}}' for group, name in keys
        )
        name = ThingItem.physical_name()
        body = (
            f'{{"Responses": {{}}, "UnprocessedKeys": {{"{name}": {{"Keys": [{unprocessed}]}}}}}}'
        )
        return raw_answer(200, body.encode())

    def test_asks_again_for_what_the_store_left_over(self, group: str) -> None:
        with injected("BatchGetItem", self.left_over((group, "a"))) as bodies:
            found = ThingItem.find_many([(group, "a")])
        assert [item.name for item in found] == ["a"]
        assert len(bodies) == 2

    def test_gives_up_when_the_store_never_serves_them(
        self, group: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(table, "FIRST_PAUSE_SECONDS", 0.001)
        with (
            injected("BatchGetItem", always=self.left_over((group, "a"))) as bodies,
            pytest.raises(StoreUnavailable),
        ):
            ThingItem.find_many([(group, "a")])
        assert len(bodies) == table.BATCH_ATTEMPTS


class TestSlice:
    def test_is_one_request_with_a_limit_however_much_is_there(self, group: str) -> None:
        with attempts("Query") as bodies:
            found = ThingItem.slice(group, page_size=2)
        assert [body["Limit"] for body in bodies] == [2]
        assert [item.name for item in found.items] == ["a", "b"]
        assert found.last_key == {"group": {"S": group}, "name": {"S": "b"}}

    def test_goes_on_after_a_key(self, group: str) -> None:
        start = ThingItem.slice(group, page_size=3).last_key
        rest = ThingItem.slice(group, page_size=3, start_key=start)
        assert [item.name for item in rest.items] == ["d", "e"]
        assert rest.last_key is None

    def test_a_key_to_go_on_from_does_not_mean_that_there_is_more(self, group: str) -> None:
        """Why a page is read with one row more than it shows."""
        found = ThingItem.slice(group, page_size=5)
        assert found.last_key is not None
        assert ThingItem.slice(group, page_size=5, start_key=found.last_key).items == []

    def test_reads_backwards(self, group: str) -> None:
        found = ThingItem.slice(group, page_size=2, forward=False)
        assert [item.name for item in found.items] == ["e", "d"]

    def test_reads_a_range(self, group: str) -> None:
        found = ThingItem.slice(group, ThingItem.name.between("b", "d"), page_size=9)
        assert [item.name for item in found.items] == ["b", "c", "d"]

    def test_reads_a_local_index_in_its_own_order(self, group: str) -> None:
        found = ThingItem.slice(group, ThingItem.rank > 1, page_size=9, index="rank-index")
        assert [item.name for item in found.items] == ["c", "b", "a"]

    def test_reads_a_global_index_of_those_that_are_in_it(self, group: str) -> None:
        found = ThingItem.slice(f"{group}-red", page_size=9, index="colour-index")
        assert sorted(item.name for item in found.items) == ["a", "c", "e"]

    def test_a_filter_comes_after_the_limit(self, group: str) -> None:
        found = ThingItem.slice(group, page_size=3, filter_condition=ThingItem.rank < 3)
        assert [item.name for item in found.items] == ["c"]
        assert found.last_key is not None

    def test_no_page_size_is_a_mistake(self, group: str) -> None:
        with pytest.raises(TypeError, match="page_size"):
            ThingItem.slice(group)  # type: ignore[call-arg]


class TestAmend:
    def test_changes_one_item_and_makes_it_where_it_is_absent(self, group: str) -> None:
        assert ThingItem.amend(group, "a", actions=[ThingItem.text.set("changed")])
        assert ThingItem.amend(group, "new", actions=[ThingItem.text.set("made")])
        texts = [item.text for item in ThingItem.find_many([(group, "a"), (group, "new")])]
        assert sorted(text for text in texts if text) == ["changed", "made"]

    def test_tells_when_its_condition_failed(self, group: str) -> None:
        actions = [ThingItem.text.set("changed")]
        assert not ThingItem.amend(group, "a", actions=actions, condition=ThingItem.rank > 9)
        found = ThingItem.find(group, "a")
        assert found is not None
        assert found.text is None

    def test_waits_for_a_transaction_on_the_item(self, group: str) -> None:
        in_use = refusal("TransactionConflictException", message="in use")
        with injected("UpdateItem", in_use, in_use):
            assert ThingItem.amend(group, "a", actions=[ThingItem.text.set("changed")])
        found = ThingItem.find(group, "a")
        assert found is not None
        assert found.text == "changed"

    def test_gives_up_when_that_never_ends(
        self, group: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(pauses, "LONGEST_PAUSE_SECONDS", 0.001)
        in_use = refusal("TransactionConflictException", message="in use")
        with injected("UpdateItem", always=in_use) as bodies, pytest.raises(StoreBusy):
            ThingItem.amend(group, "a", actions=[ThingItem.text.set("changed")])
        assert len(bodies) == pauses.ATTEMPTS


class TestModels:
    def test_another_model_of_the_same_table_does_not_define_it(self) -> None:
        assert VersionedThing.physical_name() == ThingItem.physical_name()
        assert ThingItem not in registered_tables()

    def test_primary_key(self) -> None:
        assert ThingItem("g", "n").primary_key() == ("g", "n")

    def test_follow_a_change_of_the_configuration(
        self, group: str, reconfigure: Callable[..., None]
    ) -> None:
        assert len(names_in(group)) == 5
        reconfigure(table_prefix="elsewhere-")
        with attempts("Query") as bodies, pytest.raises(Exception, match="ResourceNotFound"):
            names_in(group)
        assert bodies[0]["TableName"] == "elsewhere-things-of-tests"


class TestAttributes:
    @given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=0, max_value=1e9))
    def test_decimals_are_exact(self, number: Decimal) -> None:
        attribute = DecimalAttribute()
        assert attribute.deserialize(attribute.serialize(number)) == number
        assert "E" not in attribute.serialize(number)

    def test_decimals_are_exact_in_the_store_which_drops_zeros_at_the_end(self) -> None:
        group = fresh()
        transaction = Transaction()
        transaction.put(ThingItem(group, "a", amount=Decimal("0.10")))
        transaction.put(ThingItem(group, "b", amount=Decimal("12345678901234567890.123456789")))
        transaction.commit()
        first, second = (item.amount for item in ThingItem.slice(group, page_size=2).items)
        assert str(first) == "0.1"
        assert second == Decimal("12345678901234567890.123456789")

    @given(st.dictionaries(st.text(), st.lists(st.integers(-(2**53), 2**53) | st.text())))
    def test_documents_come_back(self, document: dict[str, Any]) -> None:
        attribute = DocumentAttribute()
        assert attribute.deserialize(attribute.serialize(document)) == document
