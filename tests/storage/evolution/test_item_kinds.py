"""Which kind an item is of: operations on one kind leave the items of all others alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pynamodb.attributes import UnicodeAttribute, VersionAttribute

from storage import table as registry
from storage.evolution.authoring.autodetector import detect
from storage.evolution.state import Attribute, Key, Kind, State, TableState
from storage.migrations import (
    AddKind,
    RemoveAttribute,
    RemoveKind,
    RenameAttribute,
    TransformItems,
)
from storage.table import Table
from storage.typed import PlainItem
from tests.storage.evolution.answers import Answers
from tests.storage.evolution.gadgets import (
    GADGET,
    NOTE,
    STATE,
    TABLE,
    count_up,
    gadget,
    make_table,
    note,
    put,
    run,
    stored,
)

WITHOUT_NOTES = RemoveKind(TABLE, "Note").state_after(STATE, "shop")
ONLY_GADGETS = State().with_table(TableState(TABLE, Key("id"), kinds={"Gadget": GADGET}), "shop")
COUNT_UP = TransformItems(TABLE, count_up, count_up, kind="Gadget")


@pytest.fixture
def filled(evolving: str) -> dict[Any, PlainItem]:
    make_table()
    put(gadget(1, count=0, colour="red"), note(1, count=7, colour="of a note", version=3))
    return stored()


@pytest.fixture
def noted_in_code() -> Iterator[None]:
    """The code has a model of notes that are not in any migration."""

    class NoteItem(Table):
        class Meta:
            logical_name = TABLE
            secondary = True
            prefix = "note#"

        id = UnicodeAttribute(hash_key=True)
        version = VersionAttribute()

    yield
    del registry._kinds[TABLE]


class TestStates:
    TABLE = TableState(
        "t",
        Key("id"),
        kinds={"Plain": Kind({}), "Mark": Kind({}, "mark#"), "Old": Kind({}, "mark#old#")},
    )

    @pytest.mark.parametrize(
        "key, kind",
        [("a", "Plain"), ("mark#1", "Mark"), ("mark#old#1", "Old"), (5, "Plain")],
        ids=["plain", "prefix", "longer", "number"],
    )
    def test_the_longest_prefix_tells_the_kind(self, key: Any, kind: str) -> None:
        assert self.TABLE.kind_of(key) == kind

    @pytest.mark.parametrize("gone, key", [("Mark", "mark#1"), ("Old", "mark#old#1")])
    def test_items_of_a_removed_kind_are_of_no_other(self, gone: str, key: str) -> None:
        left = self.TABLE.without_kind(gone)
        assert left.kind_of(key) is None
        assert left.foreign_kind_of(key) == self.TABLE.kind(gone)
        assert left.kind_of("a") == "Plain"

    def test_a_kind_that_comes_back_has_its_items_again(self) -> None:
        again = self.TABLE.without_kind("Mark").with_kind("Sign", Kind({}, "mark#"))
        assert again.kind_of("mark#1") == "Sign"
        assert not again.foreign

    def test_foreign_kinds_make_no_state_another_one(self) -> None:
        left = self.TABLE.without_kind("Old")
        same = TableState("t", Key("id"), kinds=dict(left.kinds))
        assert left.foreign != same.foreign
        assert left == same
        before, after = (State().with_table(one, "shop") for one in (left, same))
        assert not detect(before, after, Answers())


def test_items_of_a_removed_kind_that_stay_are_left_alone(filled: dict[Any, PlainItem]) -> None:
    for operation in (COUNT_UP, RemoveAttribute(TABLE, "Gadget", "colour")):
        assert run(operation, WITHOUT_NOTES)["changed"] == 1
    assert stored()["g000001"] == gadget(1, count=1, version=3)
    assert stored()["note#000001"] == filled["note#000001"]


def test_purging_the_kind_without_prefix_spares_those_of_a_removed_kind(
    filled: dict[Any, PlainItem],
) -> None:
    run(RemoveKind(TABLE, "Gadget", purge=True), WITHOUT_NOTES)
    assert stored() == {"note#000001": filled["note#000001"]}


@pytest.mark.parametrize("backwards", [False, True])
def test_items_of_a_kind_that_only_the_models_know_are_left_alone(
    backwards: bool, filled: dict[Any, PlainItem], noted_in_code: None
) -> None:
    assert run(COUNT_UP, ONLY_GADGETS, backwards=backwards)["changed"] == 1
    assert stored()["note#000001"] == filled["note#000001"]


@pytest.mark.parametrize("backwards", [False, True])
def test_items_of_a_kind_that_a_later_migration_adds_are_left_alone(
    backwards: bool, filled: dict[Any, PlainItem]
) -> None:
    latest = AddKind(TABLE, "Note", NOTE).state_after(ONLY_GADGETS, "shop")
    rename = RenameAttribute(TABLE, "Gadget", "colour", "paint")
    for operation in (COUNT_UP, rename):
        run(operation, ONLY_GADGETS, backwards=backwards, latest=latest)
    assert stored()["note#000001"] == filled["note#000001"]


def test_the_version_of_foreign_items_counts_where_all_items_are_changed(
    filled: dict[Any, PlainItem],
) -> None:
    versioned = Kind({"id": Attribute("S"), "version": Attribute("N", version=True)}, "note#")
    latest = AddKind(TABLE, "Note", versioned).state_after(ONLY_GADGETS, "shop")
    run(TransformItems(TABLE, count_up), ONLY_GADGETS, latest=latest)
    assert stored()["note#000001"] == {**filled["note#000001"], "count": 8, "version": 4}
