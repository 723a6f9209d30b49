"""Operations on attributes, forwards and backwards, on the engine."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from storage import migrations
from storage.evolution.errors import MigrationError
from storage.evolution.operation import Operation, Options
from storage.evolution.state import (
    Attribute,
    GlobalIndex,
    Key,
    Kind,
    State,
    StateError,
    TableState,
)
from storage.migrations import (
    AddAttribute,
    AlterAttribute,
    RemoveAttribute,
    RenameAttribute,
    TransformItems,
)
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
    without_version,
)

TEXT, NUMBER = Attribute("S"), Attribute("N")
OPTIONAL = Attribute("S", null=True)
BY_COLOUR = GlobalIndex("by-colour", Key("id"), Key("colour"))
USED = STATE.with_table(
    replace(STATE.table(TABLE), indexes={"by-colour": BY_COLOUR}, expires_by="count")
)


@pytest.fixture
def filled(evolving: str) -> dict[Any, PlainItem]:
    """Gadgets 0–9, the even ones red, and notes 0–4."""
    make_table()
    put(
        *(gadget(n, **({} if n % 2 else {"colour": "red"})) for n in range(10)),
        *(note(n) for n in range(5)),
    )
    return stored()


def gadgets(items: dict[Any, PlainItem]) -> list[PlainItem]:
    return [item for key, item in items.items() if key.startswith("g")]


def notes(items: dict[Any, PlainItem]) -> list[PlainItem]:
    return [item for key, item in items.items() if key.startswith("note#")]


def kind_after(operation: Operation, kind: str = "Gadget", state: State = STATE) -> Kind:
    return operation.state_after(state, "shop").table(TABLE).kind(kind)


class TestAddAttribute:
    def test_a_default_goes_to_items_of_the_kind_that_have_none(
        self, filled: dict[Any, PlainItem]
    ) -> None:
        state = STATE.with_table(
            STATE.table(TABLE).with_kind("Gadget", GADGET.without_attribute("colour"))
        )
        summary = run(AddAttribute(TABLE, "Gadget", "colour", TEXT, default="blue"), state)
        after = stored()
        assert [item["colour"] for item in gadgets(after)] == ["red", "blue"] * 5
        assert [item["version"] for item in gadgets(after)] == [1, 2] * 5
        assert notes(after) == notes(filled)
        assert (summary["seen"], summary["changed"], summary["unchanged"]) == (15, 5, 10)

    def test_again_it_changes_nothing(self, filled: dict[Any, PlainItem]) -> None:
        operation = AddAttribute(TABLE, "Note", "length", NUMBER, default=0)
        assert run(operation)["changed"] == 5
        before = stored()
        assert run(operation)["changed"] == 0
        assert stored() == before

    def test_a_function_makes_it_from_the_item(self, filled: dict[Any, PlainItem]) -> None:
        operation = AddAttribute(
            TABLE, "Gadget", "label", TEXT, compute=lambda item: item["name"].upper()
        )
        run(operation)
        assert [item["label"] for item in gadgets(stored())] == [
            f"GADGET {number}" for number in range(10)
        ]

    def test_a_function_may_leave_items_without(self, filled: dict[Any, PlainItem]) -> None:
        operation = AddAttribute(
            TABLE, "Gadget", "paint", OPTIONAL, compute=lambda item: item.get("colour")
        )
        assert run(operation)["changed"] == 5
        assert [("paint" in item) for item in gadgets(stored())] == [True, False] * 5

    @pytest.mark.parametrize("arguments", [{}, {"default": None}], ids=["neither", "nothing"])
    def test_without_a_value_nothing_is_read(self, arguments: Any, evolving: str) -> None:
        assert run(AddAttribute(TABLE, "Gadget", "size", OPTIONAL, **arguments)) == {}

    def test_the_reverse_of_a_value_removes_it_whoever_wrote_it(
        self, filled: dict[Any, PlainItem]
    ) -> None:
        put(gadget(3, size="big", version=7), note(1, size="of another kind"))
        operation = AddAttribute(TABLE, "Gadget", "size", OPTIONAL, default="small")
        run(operation, backwards=True)
        after = stored()
        assert after["g000003"] == gadget(3, version=8)
        assert after["note#000001"]["size"] == "of another kind"

    @pytest.mark.parametrize("arguments", [{}, {"default": None}], ids=["neither", "nothing"])
    def test_the_reverse_leaves_alone_what_it_did_not_write(
        self, arguments: Any, evolving: str
    ) -> None:
        operation = AddAttribute(TABLE, "Gadget", "size", OPTIONAL, **arguments)
        assert run(operation, backwards=True) == {}
        assert not operation.undoing_touches_items

    def test_a_version_can_be_added_and_taken_away(self, filled: dict[Any, PlainItem]) -> None:
        operation = AddAttribute(TABLE, "Note", "version", Attribute("N", version=True), default=1)
        run(operation)
        assert [item["version"] for item in notes(stored())] == [1] * 5
        run(operation, backwards=True)
        assert stored() == filled

    @pytest.mark.parametrize(
        "value, problem",
        [(5, "would be of type N instead of S"), (1.5, "cannot be stored")],
        ids=["another type", "no type"],
    )
    def test_a_value_that_the_attribute_cannot_hold_stops_it(
        self, value: Any, problem: str, filled: dict[Any, PlainItem]
    ) -> None:
        operation = AddAttribute(TABLE, "Gadget", "size", TEXT, compute=lambda item: value)
        with pytest.raises(MigrationError, match=problem):
            run(operation)
        assert stored() == filled

    def test_the_state_gains_it(self) -> None:
        after = kind_after(AddAttribute(TABLE, "Gadget", "size", TEXT))
        assert after == GADGET.with_attribute("size", TEXT)

    @pytest.mark.parametrize(
        "operation, problem",
        [
            (AddAttribute(TABLE, "Gadget", "name", TEXT), "has name already"),
            (AddAttribute(TABLE, "Gizmo", "size", TEXT), "no items of kind Gizmo"),
            (AddAttribute("nowhere", "Gadget", "size", TEXT), "no table nowhere"),
            (AddAttribute(TABLE, "Gadget", "size", TEXT, default=5), "type N instead of S"),
            (AddAttribute(TABLE, "Gadget", "size", TEXT, default=1.5), "cannot be stored"),
            (AddAttribute(TABLE, "Gadget", "a", TEXT, default="b", compute=str), "both"),
        ],
        ids=["present", "kind", "table", "type", "unstorable", "both"],
    )
    def test_what_does_not_fit_is_refused(self, operation: Operation, problem: str) -> None:
        with pytest.raises(StateError, match=problem):
            operation.state_after(STATE, "shop")


class TestRenameAttribute:
    OPERATION = RenameAttribute(TABLE, "Gadget", "colour", "paint")

    def test_values_move_to_the_new_name_and_back(self, filled: dict[Any, PlainItem]) -> None:
        run(self.OPERATION)
        after = stored()
        assert after["g000004"] == {"paint": "red", **gadget(4, version=2)}
        assert after["g000005"] == filled["g000005"]
        run(self.OPERATION, backwards=True)
        assert without_version(stored().values()) == without_version(filled.values())

    def test_a_value_under_both_names_is_kept_once(self, filled: dict[Any, PlainItem]) -> None:
        put(gadget(4, colour={"b", "a"}, paint={"a", "b"}))
        run(self.OPERATION)
        assert stored()["g000004"] == gadget(4, paint={"a", "b"}, version=2)

    @pytest.mark.parametrize("backwards", [False, True])
    def test_different_values_under_both_names_stop_it(
        self, backwards: bool, filled: dict[Any, PlainItem]
    ) -> None:
        put(gadget(4, colour="secret red", paint="secret blue"))
        with pytest.raises(MigrationError, match=r'"g000004".*different values') as caught:
            run(self.OPERATION, backwards=backwards)
        assert "secret" not in str(caught.value)
        assert stored()["g000004"] == gadget(4, colour="secret red", paint="secret blue")

    def test_the_state_has_the_new_name_in_its_place(self) -> None:
        after = kind_after(self.OPERATION)
        assert list(after.attributes) == ["id", "name", "paint", "count", "version"]
        assert after.attributes["paint"] == GADGET.attributes["colour"]

    @pytest.mark.parametrize(
        "old, new, problem",
        [
            ("smell", "odour", "no attribute smell"),
            ("name", "version", "has version already"),
            ("id", "key", "part of the key"),
            ("colour", "paint", "colour is a key of the index by-colour"),
            ("count", "number", "expires by count: put an AlterTimeToLive"),
        ],
    )
    def test_what_does_not_fit_is_refused(self, old: str, new: str, problem: str) -> None:
        with pytest.raises(StateError, match=problem):
            RenameAttribute(TABLE, "Gadget", old, new).state_after(USED, "shop")


class TestRemoveAttribute:
    def test_values_are_removed(self, filled: dict[Any, PlainItem]) -> None:
        put(note(1, colour="of another kind"))
        assert run(RemoveAttribute(TABLE, "Gadget", "colour"))["changed"] == 5
        after = stored()
        assert all("colour" not in item for item in gadgets(after))
        assert after["note#000001"]["colour"] == "of another kind"

    def test_without_purge_they_stay(self, evolving: str) -> None:
        assert run(RemoveAttribute(TABLE, "Gadget", "colour", purge=False)) == {}

    def test_the_reverse_gives_a_default_to_items_without(
        self, filled: dict[Any, PlainItem]
    ) -> None:
        run(RemoveAttribute(TABLE, "Gadget", "colour", default="grey"), backwards=True)
        assert [item["colour"] for item in gadgets(stored())] == ["red", "grey"] * 5

    def test_the_reverse_without_a_default_does_nothing(self, evolving: str) -> None:
        assert run(RemoveAttribute(TABLE, "Gadget", "colour"), backwards=True) == {}

    @pytest.mark.parametrize(
        "operation, reason",
        [
            (RemoveAttribute(TABLE, "Gadget", "colour"), ""),
            (RemoveAttribute(TABLE, "Gadget", "name", purge=False), ""),
            (RemoveAttribute(TABLE, "Gadget", "name", default="?"), ""),
            (RemoveAttribute(TABLE, "Gadget", "name"), "no default"),
        ],
        ids=["optional", "kept", "default", "lost"],
    )
    def test_only_values_that_must_be_there_need_a_default(
        self, operation: Operation, reason: str
    ) -> None:
        said = operation.irreversible_because(STATE)
        assert (reason in said) if reason else said == ""

    def test_the_state_loses_it(self) -> None:
        after = kind_after(RemoveAttribute(TABLE, "Gadget", "colour"))
        assert after == GADGET.without_attribute("colour")

    @pytest.mark.parametrize(
        "operation, problem",
        [
            (RemoveAttribute(TABLE, "Gadget", "smell"), "no attribute smell"),
            (RemoveAttribute(TABLE, "Gadget", "id"), "part of the key"),
            (RemoveAttribute(TABLE, "Gadget", "name", default=5), "type N instead of S"),
            (RemoveAttribute(TABLE, "Gadget", "colour"), "a key of the index by-colour"),
            (RemoveAttribute(TABLE, "Gadget", "count"), "expires by count"),
        ],
        ids=["absent", "key", "type", "index", "expiry"],
    )
    def test_what_does_not_fit_is_refused(self, operation: Operation, problem: str) -> None:
        with pytest.raises(StateError, match=problem):
            operation.state_after(USED, "shop")

    @pytest.mark.parametrize("name", ["colour", "count"])
    def test_where_values_stay_an_index_or_expiry_may_go_on_with_them(self, name: str) -> None:
        operation = RemoveAttribute(TABLE, "Gadget", name, purge=False)
        assert name not in kind_after(operation, state=USED).attributes


class TestAlterAttribute:
    OPERATION = AlterAttribute(
        TABLE, "Gadget", "name", NUMBER, forwards=len, backwards=lambda size: "x" * int(size)
    )

    def test_values_are_converted_there_and_back(self, filled: dict[Any, PlainItem]) -> None:
        run(self.OPERATION)
        assert [item["name"] for item in gadgets(stored())] == [8] * 10
        assert notes(stored()) == notes(filled)
        run(self.OPERATION, backwards=True)
        assert [item["name"] for item in gadgets(stored())] == ["xxxxxxxx"] * 10

    def test_values_of_the_new_type_are_left_alone(self, filled: dict[Any, PlainItem]) -> None:
        put(gadget(3, name=77))
        run(self.OPERATION)
        assert stored()["g000003"] == gadget(3, name=77)

    def test_items_without_it_are_left_alone(self, filled: dict[Any, PlainItem]) -> None:
        operation = AlterAttribute(
            TABLE, "Gadget", "colour", Attribute("S", null=True), forwards=str.upper
        )
        assert run(operation)["changed"] == 5
        assert "colour" not in stored()["g000001"]

    def test_what_may_no_longer_be_absent_is_filled(self, filled: dict[Any, PlainItem]) -> None:
        operation = AlterAttribute(
            TABLE, "Gadget", "colour", TEXT, forwards=migrations.WhereAbsent("grey")
        )
        assert run(operation)["changed"] == 5
        assert [item["colour"] for item in gadgets(stored())] == ["red", "grey"] * 5

    def test_what_may_be_absent_can_be_removed(self, filled: dict[Any, PlainItem]) -> None:
        operation = AlterAttribute(
            TABLE, "Gadget", "name", OPTIONAL, forwards=lambda name: name[:7] and None
        )
        run(operation)
        assert all("name" not in item for item in gadgets(stored()))

    def test_without_functions_nothing_is_read(self, evolving: str) -> None:
        operation = AlterAttribute(TABLE, "Gadget", "name", OPTIONAL)
        assert run(operation) == run(operation, backwards=True) == {}

    def test_with_nothing_to_undo_nothing_is_read_backwards(self, evolving: str) -> None:
        operation = AlterAttribute(
            TABLE, "Gadget", "name", TEXT, forwards=str, backwards=migrations.NOTHING_TO_UNDO
        )
        assert run(operation, backwards=True) == {}
        assert operation.irreversible_because(STATE) == ""

    def test_a_conversion_without_a_way_back_is_irreversible(self) -> None:
        operation = AlterAttribute(TABLE, "Gadget", "name", NUMBER, forwards=len)
        assert "no function backwards" in operation.irreversible_because(STATE)
        assert AlterAttribute(TABLE, "Gadget", "name", NUMBER).irreversible_because(STATE) == ""

    def test_a_value_of_the_wrong_type_stops_it(self, filled: dict[Any, PlainItem]) -> None:
        operation = AlterAttribute(TABLE, "Gadget", "name", NUMBER, forwards=str.upper)
        with pytest.raises(MigrationError, match="name would be of type S instead of N"):
            run(operation)
        assert stored() == filled

    def test_the_state_has_the_new_description(self) -> None:
        assert kind_after(self.OPERATION).attributes["name"] == NUMBER

    def test_an_attribute_that_is_not_there_is_refused(self) -> None:
        with pytest.raises(StateError, match="no attribute smell"):
            AlterAttribute(TABLE, "Gadget", "smell", NUMBER).state_after(STATE, "shop")


def test_items_without_a_version_get_none_where_it_may_be_absent(evolving: str) -> None:
    make_table()
    put({"id": "old"}, {"id": "new", "version": 4})
    for null, expected in ((True, None), (False, 1)):
        kind = Kind({"id": TEXT, "version": Attribute("N", null=null, version=True)})
        state = State().with_table(TableState(TABLE, Key("id"), kinds={"One": kind}), "shop")
        run(AddAttribute(TABLE, "One", f"mark_{null}", TEXT, default="x"), state)
        assert stored()["old"].get("version") == expected
    assert stored()["new"]["version"] == 6


def test_the_version_counts_also_where_kinds_cannot_be_told_apart(evolving: str) -> None:
    make_table()
    put(gadget(1), {"id": "x", "text": "no version"})
    table = STATE.table(TABLE).with_kind("Twin", Kind({"id": TEXT, "text": TEXT}))
    run(TransformItems(TABLE, lambda item: {**item, "mark": 1}), STATE.with_table(table))
    assert stored() == {
        "g000001": gadget(1, mark=1, version=2),
        "x": {"id": "x", "text": "no version", "mark": 1},
    }


def test_kinds_that_cannot_be_told_apart_are_not_touched(evolving: str) -> None:
    table = STATE.table(TABLE).with_kind("Twin", NOTE)
    with pytest.raises(MigrationError, match="cannot be told from Twin"):
        run(AddAttribute(TABLE, "Note", "size", TEXT, default="x"), STATE.with_table(table))


def test_items_are_changed_wherever_the_tables_come_from(filled: dict[Any, PlainItem]) -> None:
    operation = AddAttribute(TABLE, "Note", "length", NUMBER, default=0)
    assert run(operation, options=Options(owns_tables=False))["changed"] == 5
