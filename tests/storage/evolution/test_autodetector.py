from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from storage import migrations
from storage.evolution.authoring.autodetector import ImpossibleChange, detect, proposals
from storage.evolution.authoring.questions import NoInput, Unasked, Undecided
from storage.evolution.graph import MigrationGraph
from storage.evolution.migration import LoadedMigration
from storage.evolution.operation import Operation
from storage.evolution.state import (
    GlobalIndex,
    Key,
    Kind,
    LocalIndex,
    State,
    StateError,
    TableState,
    Throughput,
)
from tests.storage.evolution.answers import (
    BY_COLOUR,
    MUGS,
    NUMBER,
    OPTIONAL,
    TEXT,
    Answers,
    operations,
    shop,
    steps,
    with_mug,
)


def test_without_a_change_there_is_nothing_to_do() -> None:
    assert not detect(shop(MUGS), shop(MUGS), Answers())
    reordered = replace(MUGS, kinds={"Mug": Kind({"colour": TEXT, "id": TEXT})})
    assert operations(MUGS, reordered) == []


class TestTables:
    def test_a_new_table_is_created_whole(self) -> None:
        table = replace(
            MUGS,
            indexes={"by-colour": BY_COLOUR},
            expires_by="colour",
            stream="NEW_IMAGE",
            throughput=Throughput(1, 2),
        )
        (step,) = detect(State(), shop(table), Answers()).steps["shop"]
        assert step.operation.state_after(State(), "shop") == shop(table)

    def test_a_table_that_is_gone_is_deleted_with_a_warning(self) -> None:
        (step,) = detect(shop(MUGS), State(), Answers()).steps["shop"]
        assert step.operation == migrations.DeleteTable("mugs")
        assert step.remarks[0].startswith("Deletes mugs with all its items.")

    def test_a_new_name_for_a_table_needs_a_confirmation(self) -> None:
        cups = replace(MUGS, name="cups")
        answers = Answers(replace=None)
        changes = detect(shop(MUGS), shop(cups), answers)
        assert [type(step.operation) for step in changes.steps["shop"]] == [
            migrations.CreateTable,
            migrations.DeleteTable,
        ]
        assert answers.asked == ["replace mugs cups"]
        with pytest.raises(Undecided, match="cups would take the place of mugs"):
            detect(shop(MUGS), shop(cups), NoInput({}))

    @pytest.mark.parametrize(
        "other",
        [
            TableState("cups", Key("id"), kinds={"Cup": Kind({"id": TEXT, "width": NUMBER})}),
            replace(MUGS, name="cups", range_key=Key("colour")),
        ],
        ids=["other-attributes", "other-keys"],
    )
    def test_tables_that_differ_are_not_taken_for_each_other(self, other: TableState) -> None:
        assert len(detect(shop(MUGS), shop(other), NoInput({})).steps["shop"]) == 2

    def test_a_table_that_moved_to_another_app_is_adopted(self) -> None:
        before = shop(MUGS)
        after = State().with_table(replace(MUGS, stream="NEW_IMAGE"), "stock")
        changes = detect(before, after, Answers())
        assert changes.builds_on["stock"] == {"shop"}
        assert [step.operation for step in changes.steps["stock"]] == [
            migrations.AdoptTable("mugs"),
            migrations.AlterStream("mugs", "NEW_IMAGE"),
        ]
        assert list(changes.steps) == ["stock"]

    def test_an_app_cannot_adopt_what_it_has_or_what_is_not_there(self) -> None:
        with pytest.raises(StateError, match="belongs to shop already"):
            migrations.AdoptTable("mugs").state_after(shop(MUGS), "shop")
        with pytest.raises(StateError, match="there is no table cups"):
            migrations.AdoptTable("cups").state_after(shop(MUGS), "stock")

    def test_only_the_apps_that_are_named_are_looked_at(self) -> None:
        after = shop(MUGS).with_table(replace(MUGS, name="shelves"), "stock")
        assert list(detect(State(), after, Answers()).steps) == ["shop", "stock"]
        assert list(detect(State(), after, Answers(), ["stock"]).steps) == ["stock"]

    @pytest.mark.parametrize(
        ("change", "operation"),
        [
            ({"expires_by": "at"}, migrations.AlterTimeToLive("mugs", "at")),
            ({"stream": "KEYS_ONLY"}, migrations.AlterStream("mugs", "KEYS_ONLY")),
            (
                {"throughput": Throughput(3, 1)},
                migrations.AlterThroughput("mugs", Throughput(3, 1)),
            ),
        ],
        ids=["expiry", "stream", "throughput"],
    )
    def test_what_a_table_can_change_is_altered(
        self, change: dict[str, Any], operation: Operation
    ) -> None:
        changed = replace(MUGS, **change)
        assert operations(MUGS, changed) == [operation]
        (back,) = operations(changed, MUGS)
        assert type(back) is type(operation)
        assert back.state_after(shop(changed), "shop") == shop(MUGS)

    def test_a_new_view_of_a_stream_is_a_new_stream(self) -> None:
        one, other = replace(MUGS, stream="NEW_IMAGE"), replace(MUGS, stream="KEYS_ONLY")
        (step,) = steps(one, other)
        assert "who reads it has to move over" in step.remarks[0]

    @pytest.mark.parametrize(
        "change",
        [
            {"hash_key": Key("sku")},
            {"hash_key": Key("id", "N")},
            {"range_key": Key("colour")},
        ],
        ids=["name", "type", "range"],
    )
    def test_another_key_is_refused_with_a_way_out(self, change: dict[str, Any]) -> None:
        with pytest.raises(ImpossibleChange, match=r"mugs: its key .* RebuildItems"):
            operations(MUGS, replace(MUGS, **change))


class TestIndexes:
    def test_a_global_index_comes_and_goes(self) -> None:
        indexed = MUGS.with_index(BY_COLOUR)
        assert operations(MUGS, indexed) == [migrations.AddIndex("mugs", BY_COLOUR)]
        assert operations(indexed, MUGS) == [migrations.RemoveIndex("mugs", "by-colour")]

    @pytest.mark.parametrize(
        "changed",
        [
            replace(BY_COLOUR, hash_key=Key("id")),
            replace(BY_COLOUR, range_key=Key("id")),
            replace(BY_COLOUR, projection="KEYS_ONLY"),
        ],
        ids=["hash", "range", "projection"],
    )
    def test_a_changed_one_is_removed_and_added_with_a_warning(self, changed: GlobalIndex) -> None:
        found = steps(MUGS.with_index(BY_COLOUR), MUGS.with_index(changed))
        assert [step.operation for step in found] == [
            migrations.RemoveIndex("mugs", "by-colour"),
            migrations.AddIndex("mugs", changed),
        ]
        assert "queries on it fail meanwhile" in found[0].remarks[0]
        assert "by-colour-2" in found[0].remarks[0]

    def test_its_throughput_alone_is_altered_in_place(self) -> None:
        before = replace(MUGS, throughput=Throughput(1, 1)).with_index(BY_COLOUR)
        after = before.with_index(replace(BY_COLOUR, throughput=Throughput(5, 5)))
        assert operations(before, after) == [
            migrations.AlterThroughput("mugs", Throughput(1, 1), {"by-colour": Throughput(5, 5)})
        ]

    def test_an_index_follows_its_attribute(self) -> None:
        """Its attribute is renamed while there is no index, which would have to follow."""
        found = operations(
            MUGS.with_index(BY_COLOUR),
            with_mug(colour=None, color=TEXT).with_index(replace(BY_COLOUR, hash_key=Key("color"))),
            Answers(rename=("colour", "color")),
        )
        assert [type(operation).__name__ for operation in found] == [
            "RemoveIndex",
            "RenameAttribute",
            "AddIndex",
        ]

    @pytest.mark.parametrize(
        ("old", "new", "what"),
        [
            (None, LocalIndex("by-colour", Key("id"), Key("colour")), "is new"),
            (LocalIndex("by-colour", Key("id"), Key("colour")), None, "is gone"),
            (LocalIndex("by-colour", Key("id"), Key("colour")), BY_COLOUR, "changes"),
        ],
        ids=["new", "gone", "global"],
    )
    def test_local_ones_belong_to_their_table_for_good(
        self, old: LocalIndex | None, new: LocalIndex | None, what: str
    ) -> None:
        before = MUGS.with_index(old) if old else MUGS
        after = MUGS.with_index(new) if new else MUGS
        with pytest.raises(ImpossibleChange, match=f"the local index by-colour {what}"):
            operations(before, after)

    def test_all_reasons_are_told_at_once(self) -> None:
        local = LocalIndex("by-colour", Key("id"), Key("colour"))
        with pytest.raises(ImpossibleChange) as refused:
            operations(MUGS, replace(MUGS.with_index(local), range_key=Key("colour")))
        assert len(str(refused.value).splitlines()) == 2


def test_a_change_is_found_without_asking_anything() -> None:
    """What --check relies on."""
    after = replace(with_mug(colour=NUMBER, size=TEXT), name="cups")
    for state in (shop(after), shop(with_mug(colour=NUMBER)), shop(with_mug(colour=None))):
        assert detect(shop(MUGS), state, Unasked())


class TestProposals:
    def graph(self, *migrations_: LoadedMigration) -> MigrationGraph:
        return MigrationGraph(migrations_)

    def test_the_first_migration_builds_on_nothing(self) -> None:
        (proposal,) = proposals(detect(State(), shop(MUGS), Answers()), self.graph())
        assert (proposal.app, proposal.name, proposal.dependencies) == ("shop", "0001_initial", ())

    def test_others_build_on_the_last_one(self) -> None:
        first = LoadedMigration("shop", "0001_initial", (), _operations(State(), shop(MUGS)))
        changes = detect(shop(MUGS), shop(with_mug(size=OPTIONAL)), Answers())
        (proposal,) = proposals(changes, self.graph(first))
        assert proposal.name == "0002_mugs_add_size"
        assert proposal.dependencies == (("shop", "0001_initial"),)
        (named,) = proposals(changes, self.graph(first), "sizes")
        assert named.name == "0002_sizes"

    def test_apps_that_exchange_tables_do_not_wait_for_each_other(self) -> None:
        shelves = replace(MUGS, name="shelves")
        before = shop(MUGS).with_table(shelves, "stock")
        after = State().with_table(MUGS, "stock").with_table(shelves, "shop")
        loaded = [
            LoadedMigration("shop", "0001_initial", (), _operations(State(), shop(MUGS))),
            LoadedMigration(
                "stock", "0001_initial", (), (migrations.CreateTable("shelves", Key("id")),)
            ),
        ]
        found = proposals(detect(before, after, Answers()), self.graph(*loaded))
        new = [
            LoadedMigration(one.app, one.name, one.dependencies, one.operations) for one in found
        ]
        assert MigrationGraph([*loaded, *new]).state_at().owners == after.owners
        assert new[0].dependencies == (("shop", "0001_initial"), ("stock", "0001_initial"))


def _operations(before: State, after: State) -> tuple[Operation, ...]:
    changes = detect(before, after, Answers())
    return tuple(step.operation for found in changes.steps.values() for step in found)
