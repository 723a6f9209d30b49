"""TransformItems, kinds and RunPython on the engine."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from storage import migrations
from storage.evolution.errors import MigrationError
from storage.evolution.items.edits import MOST_CONDITIONS
from storage.evolution.items.transforming import same
from storage.evolution.operation import Operation, Options, Work
from storage.evolution.state import Attribute, Key, Kind, State, StateError, TableState
from storage.migrations import AddKind, RemoveKind, RunPython, TransformItems
from storage.typed import PlainItem
from tests.storage.evolution.gadgets import (
    GADGET,
    NOTE,
    STATE,
    TABLE,
    gadget,
    make_table,
    note,
    put,
    run,
    stored,
)
from tests.storage.faults import attempts

RICH: PlainItem = {
    "text": "ü",
    "empty": "",
    "amount": Decimal("1.50"),
    "large": Decimal("1E+40"),
    "bytes": b"\x00\xff",
    "yes": True,
    "nothing": None,
    "list": ["a", Decimal(1), {"deep": [b"x", None]}],
    "map": {"a": {"b": {"c"}}},
    "texts": {"a", "b"},
    "numbers": {Decimal(1), Decimal("2.5")},
    "byte_sets": {b"a", b"b"},
}


@pytest.fixture
def table(evolving: str) -> None:
    make_table()


pytestmark = pytest.mark.usefixtures("table")


def in_place(item: PlainItem) -> None:
    item["name"] = item["name"].upper()
    item.setdefault("tags", []).append("seen")


def anew(item: PlainItem) -> PlainItem:
    return {**item, "name": item["name"].upper(), "tags": [*item.get("tags", ()), "seen"]}


@pytest.mark.parametrize("function", [in_place, anew])
def test_an_item_may_be_changed_in_place_or_made_anew(
    function: Callable[[PlainItem], Any],
) -> None:
    put(gadget(1), gadget(2, tags=["old"]))
    run(TransformItems(TABLE, function))
    assert stored() == {
        "g000001": gadget(1, name="GADGET 1", tags=["seen"], version=2),
        "g000002": gadget(2, name="GADGET 2", tags=["old", "seen"], version=2),
    }


@pytest.mark.parametrize("item", [gadget(1, **RICH), note(1, **RICH)], ids=["version", "none"])
def test_every_type_of_value_goes_through_unharmed(item: PlainItem) -> None:
    put(item)
    run(TransformItems(TABLE, lambda given: given.update(copy=copy.deepcopy(given["map"]))))
    after = stored()[item["id"]]
    assert after.pop("copy") == RICH["map"]
    assert after | {"version": 1} == item | {"version": 1}


@pytest.mark.parametrize("item", [gadget(1, **RICH), note(1, **RICH)], ids=["version", "none"])
@pytest.mark.parametrize("name", RICH)
def test_a_change_of_any_type_of_value_is_written(name: str, item: PlainItem) -> None:
    put(item)

    def change(given: PlainItem) -> None:
        value = given[name]
        if isinstance(value, list):
            value[2]["deep"].append("more")
        elif isinstance(value, dict):
            value["a"]["b"].add("more")
        elif isinstance(value, set):
            value.pop()
        else:
            given[name] = "another"

    assert run(TransformItems(TABLE, change))["changed"] == 1
    assert not same(stored()[item["id"]][name], item[name])


def test_what_does_not_differ_is_not_written() -> None:
    put(gadget(1, **RICH), note(1, **RICH))
    before = stored()

    def as_it_was(item: PlainItem) -> PlainItem:
        return copy.deepcopy(item) | {"amount": Decimal("1.500"), "list": (*item["list"],)}

    summary = run(TransformItems(TABLE, as_it_was))
    assert (summary["changed"], summary["unchanged"]) == (0, 2)
    assert stored() == before


def test_attributes_that_the_function_leaves_out_are_removed() -> None:
    put(gadget(1, colour="red"))
    run(TransformItems(TABLE, lambda item: {n: v for n, v in item.items() if n != "colour"}))
    assert stored()["g000001"] == gadget(1, version=2)


def test_items_are_deleted_only_when_the_function_says_so() -> None:
    put(*(gadget(number) for number in range(10)), *(note(number) for number in range(10)))

    def odd_ones(item: PlainItem) -> Any:
        return migrations.DELETE_ITEM if int(item["id"][-1]) % 2 else None

    summary = run(TransformItems(TABLE, odd_ones))
    assert (summary["removed"], summary["changed"]) == (10, 0)
    assert [key[-1] for key in stored()] == ["0", "2", "4", "6", "8"] * 2


def test_kind_and_where_choose_items_in_both_directions() -> None:
    put(*(gadget(number, count=number) for number in range(4)), note(0, count=9))

    def count_by(step: int) -> Callable[[PlainItem], None]:
        return lambda item: item.update(count=item["count"] + step)

    operation = TransformItems(
        TABLE,
        count_by(10),
        count_by(-10),
        kind="Gadget",
        where=lambda item: item["name"] > "Gadget 1",
    )
    run(operation)
    assert [item["count"] for item in stored().values()] == [0, 1, 12, 13, 9]
    run(operation, backwards=True)
    assert [item["count"] for item in stored().values()] == [0, 1, 2, 3, 9]


@pytest.mark.parametrize(
    "backwards, reason",
    [(None, "no function backwards"), (migrations.NOTHING_TO_UNDO, ""), (in_place, "")],
    ids=["none", "nothing", "function"],
)
def test_a_reverse_has_to_be_given(backwards: Any, reason: str) -> None:
    for operation in (TransformItems(TABLE, in_place, backwards), RunPython(print, backwards)):
        assert operation.irreversible_because(STATE) == (reason and f"it has {reason}")


def test_nothing_to_undo_does_nothing() -> None:
    operation = TransformItems(TABLE, in_place, migrations.NOTHING_TO_UNDO)
    assert run(operation, backwards=True) == {}


def raises(item: PlainItem) -> None:
    raise KeyError(item["name"])


def changes_key(item: PlainItem) -> None:
    item["id"] = "other"


def loses_key(item: PlainItem) -> PlainItem:
    return {"name": item["name"]}


def unstorable(item: PlainItem) -> None:
    item["size"] = 1.5


def returns_text(item: PlainItem) -> Any:
    return "done"


def too_large(item: PlainItem) -> None:
    item["text"] = "x" * 500_000


@pytest.mark.parametrize(
    "function, problem",
    [
        (raises, "the function raised KeyError"),
        (changes_key, "id is part of the key"),
        (loses_key, "id is part of the key"),
        (unstorable, "size cannot be stored"),
        (returns_text, "returned str, no item"),
        (too_large, "size"),
    ],
)
def test_what_cannot_be_done_stops_the_run_and_names_the_item_only(
    function: Callable[[PlainItem], Any], problem: str
) -> None:
    items = [gadget(number, name="Ana Secret") for number in range(300)]
    put(*items)
    operation = TransformItems(
        TABLE, lambda item: function(item) if item["id"] == "g000217" else None
    )
    with pytest.raises(MigrationError, match=problem) as caught:
        run(operation)
    assert "g000217" in str(caught.value)
    assert operation.describe() in str(caught.value)
    assert "Secret" not in str(caught.value)
    assert stored()["g000217"] == items[217]


def test_the_pages_before_the_item_that_stops_a_run_are_done() -> None:
    put(*(gadget(number) for number in range(1200)))

    def function(item: PlainItem) -> None:
        if item["id"] == "g001100":
            raise ValueError
        item["name"] = "done"

    with pytest.raises(MigrationError):
        run(TransformItems(TABLE, function))
    done = [item["name"] == "done" for item in stored().values()]
    assert done == [True] * 990 + [False] * 210


def test_an_item_without_version_and_with_very_many_attributes_is_refused() -> None:
    many = {f"a{number}": number for number in range(MOST_CONDITIONS)}
    put(note(1, **many))
    with pytest.raises(MigrationError, match="no version and"):
        run(TransformItems(TABLE, lambda item: item.update(text="new")))
    put(gadget(1, **many))
    assert run(TransformItems(TABLE, lambda item: item.update(text="new"), kind="Gadget"))[
        "changed"
    ]


def test_an_item_without_version_and_with_too_long_a_condition_is_refused() -> None:
    absent = {f"a{number}": Attribute("S", null=True) for number in range(MOST_CONDITIONS - 2)}
    kind = Kind({"id": Attribute("S"), **absent}, prefix="note#")
    state = STATE.with_table(STATE.table(TABLE).with_kind("Note", kind))
    put(note(1))
    with pytest.raises(MigrationError, match="too many to make sure in one condition"):
        run(TransformItems(TABLE, lambda item: item.update(text="new")), state)
    assert stored()["note#000001"] == note(1)


def test_more_changes_than_one_update_can_say_are_refused() -> None:
    put(gadget(1))
    many = {f"a{number}": number for number in range(400)}
    with pytest.raises(MigrationError, match="401 changes are too many at once"):
        run(TransformItems(TABLE, lambda item: item.update(many)))
    assert stored()["g000001"] == gadget(1)


def test_an_item_without_version_and_with_many_attributes_is_changed() -> None:
    many = {f"a{number}": number for number in range(MOST_CONDITIONS - 2)}
    put(note(1, **many))
    assert run(TransformItems(TABLE, lambda item: item.update(text="new")))["changed"] == 1


def test_large_items_are_spread_over_several_transactions() -> None:
    put(*(gadget(number) for number in range(60)))
    for size in (100_000, 110_000):
        longer = {"text": "x" * size}
        with attempts("TransactWriteItems") as bodies:
            run(TransformItems(TABLE, lambda item: {**item, **longer}))  # noqa: B023  # used at once
        assert max(len(json.dumps(body)) for body in bodies) < 4_000_000
        assert {len(item["text"]) for item in stored().values()} == {size}


@pytest.mark.parametrize("type, values", [("B", [b"a", b"\xff", b"\x00"]), ("N", [3, -1, 2])])
def test_tables_may_have_any_type_of_key(type: str, values: list[Any], evolving: str) -> None:
    name = f"{evolving}others"
    make_table(name, Key("at", type))
    put(*({"at": value, "count": 1} for value in values), table=name)
    state = State().with_table(TableState(name, Key("at", type), kinds={"One": Kind({})}), "shop")
    run(TransformItems(name, lambda item: item.update(count=item["count"] + 1)), state)
    assert {item["count"] for item in stored(name, "at").values()} == {2}


class TestKinds:
    def test_removing_a_kind_can_delete_its_items(self) -> None:
        put(gadget(1), gadget(2), note(1), note(2))
        operation = RemoveKind(TABLE, "Note", purge=True)
        assert run(operation)["removed"] == 2
        assert list(stored()) == ["g000001", "g000002"]
        assert "deleted" in operation.irreversible_because(STATE)
        assert operation.touches_items
        assert operation.destroys(backwards=False) == f"the items of kind Note in {TABLE}"
        assert operation.destroys(backwards=True) == ""

    def test_or_leave_them(self) -> None:
        put(gadget(1), note(1))
        operation = RemoveKind(TABLE, "Note")
        assert run(operation) == run(operation, backwards=True) == {}
        assert len(stored()) == 2
        assert operation.irreversible_because(STATE) == ""
        assert not operation.touches_items
        assert operation.destroys(backwards=False) == ""

    def test_adding_one_changes_the_state_alone(self) -> None:
        put(gadget(1), note(1))
        operation = AddKind(TABLE, "Memo", Kind({}, prefix="memo#"))
        assert run(operation) == run(operation, backwards=True) == {}
        after = operation.state_after(STATE, "shop").table(TABLE)
        assert after.kinds == {"Gadget": GADGET, "Note": NOTE, "Memo": Kind({}, prefix="memo#")}
        assert (
            RemoveKind(TABLE, "Memo").state_after(operation.state_after(STATE, "shop"), "shop")
            == STATE
        )

    @pytest.mark.parametrize(
        "operation",
        [AddKind(TABLE, "Note", NOTE), RemoveKind(TABLE, "Memo")],
        ids=["add", "remove"],
    )
    def test_what_does_not_fit_is_refused(self, operation: Operation) -> None:
        with pytest.raises(StateError):
            operation.state_after(STATE, "shop")


class TestRunPython:
    def test_it_reads_tables_and_its_result_is_kept(self) -> None:
        put(*(gadget(number) for number in range(1200)))

        def count(work: Work) -> dict[str, int]:
            return {"found": sum(1 for _ in migrations.items_of(work, TABLE))}

        assert run(RunPython(count)) == {"found": 1200}

    def test_backwards_has_its_own_function(self) -> None:
        done = []
        operation = RunPython(lambda _: done.append("forwards"), lambda _: done.append("backwards"))
        assert run(operation) == run(operation, backwards=True) == {}
        assert done == ["forwards", "backwards"]

    @pytest.mark.parametrize("items", [True, False])
    def test_where_the_tables_are_not_ours_it_runs_for_items_only(self, items: bool) -> None:
        done: list[str] = []
        operation = RunPython(lambda _: done.append("done"), items=items)
        run(operation, options=Options(owns_tables=False))
        assert done == ["done"] * items

    def test_nothing_to_undo_does_nothing(self) -> None:
        assert run(RunPython(print, migrations.NOTHING_TO_UNDO), backwards=True) == {}

    @pytest.mark.parametrize("items", [True, False])
    def test_it_says_itself_whether_it_is_about_items(self, items: bool) -> None:
        assert RunPython(print, items=items).touches_items is items
        assert RunPython(print).describe() == "run print"


@pytest.mark.parametrize(
    "one, other, alike",
    [
        (1, Decimal("1.0"), True),
        (True, 1, False),
        (False, Decimal(0), False),
        (None, False, False),
        ([1, "a"], (1, "a"), True),
        ([True], [1], False),
        ({"a": [1]}, {"a": [Decimal(1)]}, True),
        ({"a": 1}, {"a": 1, "b": None}, False),
        ({1, 2}, frozenset({2, 1}), True),
        ("1", 1, False),
        (b"a", bytearray(b"a"), True),
        ("", None, False),
    ],
)  # fmt: skip
def test_values_are_the_same_when_they_are_stored_alike(one: Any, other: Any, alike: bool) -> None:
    assert same(one, other) is alike
    assert same(other, one) is alike
