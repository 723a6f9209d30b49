from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from storage.client import call
from storage.configuration import table_name
from storage.errors import StoreUnavailable
from storage.evolution import schema_calls
from storage.evolution.drift import describe, differences
from storage.evolution.errors import MigrationError, TableDiffers
from storage.evolution.operation import Operation, Options, SilentReporter
from storage.evolution.schema_operations import (
    AddIndex,
    AlterStream,
    AlterThroughput,
    AlterTimeToLive,
    CreateTable,
    DeleteTable,
    RemoveIndex,
)
from storage.evolution.state import (
    Attribute,
    GlobalIndex,
    Key,
    Kind,
    LocalIndex,
    State,
    StateError,
    Throughput,
)
from tests.storage.evolution.conftest import work
from tests.storage.faults import injected, raw_answer, refusal

NAME = "evolving-mugs"
BY_BRAND = GlobalIndex("brand-index", Key("brand"), Key("price", "N"), ("name",))
BY_COLOUR = GlobalIndex("colour-index", Key("colour"))
CREATE = CreateTable(
    NAME,
    Key("shop"),
    Key("number", "N"),
    indexes=(BY_BRAND, LocalIndex("price-index", Key("shop"), Key("price", "N"))),
    kinds={"Mug": Kind({"name": Attribute("S")})},
    expires_by="broken_at",
    stream="NEW_IMAGE",
)


@dataclass
class Store:
    """Applies operations one after the other and remembers the states."""

    states: list[State] = field(default_factory=lambda: [State()])
    operations: list[Operation] = field(default_factory=list)

    def apply(self, operation: Operation, **changes: Any) -> None:
        before = self.states[-1]
        after = operation.state_after(before, "shop")
        operation.apply(work(before, after, **changes))
        self.states.append(after)
        self.operations.append(operation)

    def revert(self, **changes: Any) -> None:
        after = self.states.pop()
        self.operations.pop().revert(work(self.states[-1], after, backwards=True, **changes))

    def differences(self) -> list[str]:
        wanted = self.states[-1].tables.get(NAME)
        actual = describe(NAME)
        if wanted is None or actual is None:
            return [] if wanted is None and actual is None else ["table"]
        return [str(one) for one in differences(wanted, actual)]


@pytest.fixture
def describing() -> Callable[..., Any]:
    """Every DescribeTable says that the table has this status."""

    def status(text: str, *, once: bool = False) -> Any:
        body = json.dumps({"Table": {"TableName": table_name(NAME), "TableStatus": text}})
        answer = raw_answer(200, body.encode())
        return (
            injected("DescribeTable", answer) if once else injected("DescribeTable", always=answer)
        )

    return status


@pytest.fixture
def mugs(evolving: str) -> Store:
    return Store()


def test_a_table_is_made_with_all_that_belongs_to_it(mugs: Store) -> None:
    mugs.apply(CREATE)
    assert mugs.differences() == []
    actual = describe(NAME)
    assert actual is not None
    assert (actual.state.expires_by, actual.state.stream) == ("broken_at", "NEW_IMAGE")
    assert set(actual.state.indexes) == {"brand-index", "price-index"}
    mugs.revert()
    assert mugs.differences() == []


@pytest.mark.parametrize(
    "operation",
    [
        AddIndex(NAME, BY_COLOUR),
        RemoveIndex(NAME, "brand-index"),
        AlterTimeToLive(NAME, None),
        AlterTimeToLive(NAME, "sold_at"),
        AlterStream(NAME, None),
        AlterStream(NAME, "KEYS_ONLY"),
        AlterThroughput(NAME, Throughput(7, 5)),
        AlterThroughput(NAME, Throughput(7, 5), {"brand-index": Throughput(3, 2)}),
        DeleteTable(NAME),
    ],
    ids=lambda operation: operation.describe().replace(" ", "-"),
)
def test_every_change_and_its_reverse_leave_the_table_as_the_state_says(
    mugs: Store, operation: Operation
) -> None:
    mugs.apply(CREATE)
    mugs.apply(operation)
    assert mugs.differences() == []
    mugs.revert()
    assert mugs.differences() == []


@pytest.mark.parametrize(
    "operation",
    [
        CREATE,
        AddIndex(NAME, BY_COLOUR),
        RemoveIndex(NAME, "brand-index"),
        AlterTimeToLive(NAME, "sold_at"),
        AlterStream(NAME, "KEYS_ONLY"),
        AlterThroughput(NAME, Throughput(7, 5)),
        DeleteTable(NAME),
    ],
    ids=lambda operation: operation.describe().replace(" ", "-"),
)
def test_what_was_done_before_a_run_was_killed_can_be_done_again(
    mugs: Store, operation: Operation
) -> None:
    if operation is not CREATE:
        mugs.apply(CREATE)
    mugs.apply(operation)
    repeated = work(mugs.states[-2], mugs.states[-1])
    operation.apply(repeated)
    assert mugs.differences() == []
    operation.revert(repeated)
    operation.revert(repeated)
    mugs.states.pop()
    assert mugs.differences() == []


def test_an_index_that_was_added_finds_the_items_that_were_there(mugs: Store) -> None:
    mugs.apply(CREATE)
    item = {"shop": {"S": "a"}, "number": {"N": "1"}, "colour": {"S": "blue"}}
    call("PutItem", {"TableName": table_name(NAME), "Item": item})
    mugs.apply(AddIndex(NAME, BY_COLOUR))
    found = call(
        "Query",
        {
            "TableName": table_name(NAME),
            "IndexName": "colour-index",
            "KeyConditionExpression": "colour = :blue",
            "ExpressionAttributeValues": {":blue": {"S": "blue"}},
            "Limit": 10,
        },
    )
    assert found["Items"] == [item]


def test_a_table_of_the_same_name_that_is_another_is_refused_by_its_difference(
    mugs: Store,
) -> None:
    mugs.apply(CreateTable(NAME, Key("id")))
    with pytest.raises(TableDiffers, match=r"evolving-mugs: .*hash key is id"):
        CREATE.apply(work(State(), CREATE.state_after(State(), "shop")))


def test_a_table_whose_expiry_was_not_set_yet_gets_it(mugs: Store) -> None:
    mugs.apply(CREATE)
    schema_calls.set_expiry(NAME, None, schema_calls.silently)
    CREATE.apply(work(State(), mugs.states[-1]))
    assert mugs.differences() == []


def test_where_others_own_the_tables_only_the_state_changes(mugs: Store) -> None:
    elsewhere = {"options": Options(owns_tables=False)}
    mugs.apply(CREATE, **elsewhere)
    mugs.apply(AddIndex(NAME, BY_COLOUR), **elsewhere)
    assert describe(NAME) is None
    mugs.revert(**elsewhere)
    mugs.revert(**elsewhere)
    assert describe(NAME) is None


@pytest.mark.parametrize(
    "operation, reason",
    [
        (CREATE, "there is a table evolving-mugs already, of shop"),
        (AddIndex(NAME, BY_BRAND), "has an index brand-index already"),
        (RemoveIndex(NAME, "price-index"), "only be removed with its table"),
        (RemoveIndex(NAME, "size-index"), "has no index size-index"),
        (AddIndex("evolving-cups", BY_BRAND), "there is no table evolving-cups"),
        (AlterThroughput(NAME, None, {"brand-index": Throughput(1, 1)}), "only where the table"),
        (AlterThroughput(NAME, Throughput(1, 1), {"price-index": Throughput(1, 1)}), "shares"),
    ],
    ids=lambda value: value.describe().replace(" ", "-") if isinstance(value, Operation) else "",
)
def test_what_does_not_fit_the_state_is_refused(operation: Operation, reason: str) -> None:
    state = CREATE.state_after(State(), "shop")
    with pytest.raises(StateError, match=reason):
        operation.state_after(state, "shop")


def test_a_local_index_cannot_be_added_later() -> None:
    state = CREATE.state_after(State(), "shop")
    local: Any = LocalIndex("late-index", Key("shop"), Key("name"))
    with pytest.raises(StateError, match="only be made with its table"):
        AddIndex(NAME, local).state_after(state, "shop")


def test_another_index_of_the_same_name_is_refused(mugs: Store) -> None:
    mugs.apply(CREATE)
    mugs.apply(AddIndex(NAME, BY_COLOUR))
    other = AddIndex(NAME, GlobalIndex("colour-index", Key("colour"), Key("name")))
    with pytest.raises(TableDiffers, match="another index colour-index"):
        other.apply(work(mugs.states[-2], mugs.states[-1]))


def test_a_table_that_is_just_being_deleted_is_waited_for(
    mugs: Store, describing: Callable[..., Any]
) -> None:
    mugs.apply(CREATE)
    with describing("DELETING", once=True):
        mugs.apply(DeleteTable(NAME))
    assert mugs.differences() == []


def test_a_table_that_is_not_described_yet_is_waited_for(mugs: Store) -> None:
    unknown = refusal("ResourceNotFoundException")
    with injected("DescribeTable", unknown, unknown), injected("DescribeTimeToLive", unknown):
        mugs.apply(CREATE)
    assert mugs.differences() == []


def test_whoever_leaves_on_demand_says_it_for_every_index(mugs: Store) -> None:
    mugs.apply(CREATE)
    with injected("UpdateTable") as sent:
        mugs.apply(AlterThroughput(NAME, Throughput(7, 5)))
    updates = sent[0]["GlobalSecondaryIndexUpdates"]
    assert [one["Update"]["IndexName"] for one in updates] == ["brand-index"]


def test_the_stores_own_reason_is_passed_on(mugs: Store) -> None:
    mugs.apply(CREATE)
    said = "Time to live has been modified multiple times within a fixed interval"
    with (
        injected("UpdateTimeToLive", refusal("ValidationException", message=said)),
        pytest.raises(MigrationError, match=said),
    ):
        mugs.apply(AlterTimeToLive(NAME, None))


def test_a_table_that_is_still_in_use_is_waited_for(mugs: Store) -> None:
    mugs.apply(CREATE)
    with injected(
        "UpdateTable", refusal("ResourceInUseException"), refusal("ResourceInUseException")
    ):
        mugs.apply(AddIndex(NAME, BY_COLOUR))
    assert mugs.differences() == []


def test_waiting_is_told_and_ends_when_the_lease_is_lost(
    mugs: Store, describing: Callable[..., Any]
) -> None:
    class Told(SilentReporter):
        def waiting(self, text: str) -> None:
            told.append(text)
            if len(told) > 1:
                raise StoreUnavailable("enough")

    told: list[str] = []
    mugs.apply(CREATE)
    with describing("UPDATING"), pytest.raises(StoreUnavailable):
        mugs.apply(AddIndex(NAME, BY_COLOUR), reporter=Told())
    assert told == ["test-evolving-mugs is updating"] * 2
