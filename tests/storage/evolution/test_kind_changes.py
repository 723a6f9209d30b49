from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from storage import migrations
from storage.evolution.authoring.questions import LEAVE_ALONE, NoInput, Undecided, usual_conversion
from storage.evolution.state import Attribute, GlobalIndex, Key
from tests.storage.evolution.answers import (
    MARKER,
    MUG,
    MUGS,
    NUMBER,
    OPTIONAL,
    TEXT,
    Answers,
    operations,
    steps,
    with_mug,
)

BY_SIZE = GlobalIndex("by-size", Key("size", "N"))


class TestAttributes:
    def test_what_may_be_absent_is_added_and_nobody_is_asked(self) -> None:
        assert operations(MUGS, with_mug(size=OPTIONAL)) == [
            migrations.AddAttribute("mugs", "Mug", "size", OPTIONAL)
        ]

    def test_stored_items_get_the_value_that_was_given(self) -> None:
        answers = Answers(value=Decimal("1.50"))
        assert operations(MUGS, with_mug(size=NUMBER), answers) == [
            migrations.AddAttribute("mugs", "Mug", "size", NUMBER, default=Decimal("1.50"))
        ]
        assert answers.asked == ["value mugs.Mug.size is new"]

    def test_they_may_be_left_alone(self) -> None:
        (step,) = steps(MUGS, with_mug(size=NUMBER), Answers(value=LEAVE_ALONE))
        assert step.operation == migrations.AddAttribute("mugs", "Mug", "size", NUMBER)
        assert "the application has to cope with that" in step.remarks[0]

    def test_without_anybody_to_ask_it_stops(self) -> None:
        with pytest.raises(Undecided, match=r"mugs\.Mug\.size is new and must not be null"):
            operations(MUGS, with_mug(size=NUMBER), NoInput({}))
        with pytest.raises(Undecided, match="could be absent so far"):
            operations(with_mug(size=OPTIONAL), with_mug(size=TEXT), NoInput({}))
        with pytest.raises(Undecided, match="changes its type from S to N"):
            operations(MUGS, with_mug(colour=NUMBER), NoInput({}))

    def test_a_rename_keeps_the_values(self) -> None:
        answers = Answers(rename=("colour", "color"))
        assert operations(MUGS, with_mug(colour=None, color=TEXT), answers) == [
            migrations.RenameAttribute("mugs", "Mug", "colour", "color")
        ]

    def test_a_renamed_one_may_change_too(self) -> None:
        answers = Answers(rename=("colour", "color"))
        assert operations(MUGS, with_mug(colour=None, color=OPTIONAL), answers) == [
            migrations.RenameAttribute("mugs", "Mug", "colour", "color"),
            migrations.AlterAttribute("mugs", "Mug", "color", OPTIONAL),
        ]

    def test_an_old_name_is_used_once(self) -> None:
        after = with_mug(colour=None, color=OPTIONAL, paint=OPTIONAL)
        answers = Answers(rename=("colour", "color"))
        assert operations(MUGS, after, answers)[-1] == migrations.AddAttribute(
            "mugs", "Mug", "paint", OPTIONAL
        )
        assert answers.asked == ["rename mugs.Mug.colour color"]

    def test_another_type_is_never_taken_for_a_rename(self) -> None:
        answers = Answers(purge=False, value=LEAVE_ALONE)
        operations(MUGS, with_mug(colour=None, size=NUMBER), answers)
        assert answers.asked == ["value mugs.Mug.size is new", "purge mugs.Mug.colour"]

    @pytest.mark.parametrize(
        ("purge", "remark"), [(True, "do not come back"), (False, "nothing reads them")]
    )
    def test_a_removed_one_says_what_becomes_of_its_values(self, purge: bool, remark: str) -> None:
        (step,) = steps(MUGS, with_mug(colour=None), Answers(purge=purge))
        assert step.operation == migrations.RemoveAttribute("mugs", "Mug", "colour", purge=purge)
        assert remark in step.remarks[0]

    def test_without_anybody_to_ask_no_value_is_removed(self) -> None:
        assert operations(MUGS, with_mug(colour=None), NoInput({})) == [
            migrations.RemoveAttribute("mugs", "Mug", "colour", purge=False)
        ]

    def test_one_that_may_be_absent_now_asks_nothing(self) -> None:
        assert operations(MUGS, with_mug(colour=OPTIONAL)) == [
            migrations.AlterAttribute("mugs", "Mug", "colour", OPTIONAL)
        ]

    def test_a_new_type_converts_stored_values(self) -> None:
        answers = Answers(convert=usual_conversion("S", "N"))
        assert operations(MUGS, with_mug(colour=NUMBER), answers) == [
            migrations.AlterAttribute(
                "mugs", "Mug", "colour", NUMBER, forwards=Decimal, backwards=str
            )
        ]

    def test_a_new_type_may_leave_them_alone(self) -> None:
        (step,) = steps(MUGS, with_mug(colour=NUMBER), Answers(convert=LEAVE_ALONE))
        assert step.operation == migrations.AlterAttribute("mugs", "Mug", "colour", NUMBER)
        assert "has to read both" in step.remarks[0]

    def test_a_new_type_and_no_null_are_two_questions(self) -> None:
        answers = Answers(convert=usual_conversion("S", "N"), value=7)
        before = with_mug(colour=OPTIONAL)
        assert operations(before, with_mug(colour=NUMBER), answers) == [
            migrations.AlterAttribute(
                "mugs",
                "Mug",
                "colour",
                Attribute("N", null=True),
                forwards=Decimal,
                backwards=str,
            ),
            migrations.AlterAttribute(
                "mugs",
                "Mug",
                "colour",
                NUMBER,
                forwards=migrations.WhereAbsent(7),
                backwards=migrations.NOTHING_TO_UNDO,
            ),
        ]

    def test_expiry_moves_before_its_old_attribute_goes(self) -> None:
        before = replace(with_mug(gone_at=NUMBER), expires_by="gone_at")
        after = replace(with_mug(dies_at=Attribute("N", null=True)), expires_by="dies_at")
        answers = Answers(rename=("", ""), purge=True)
        assert [type(operation).__name__ for operation in operations(before, after, answers)] == [
            "AddAttribute",
            "AlterTimeToLive",
            "RemoveAttribute",
        ]

    def test_expiry_moves_before_its_attribute_is_renamed(self) -> None:
        before = replace(with_mug(gone_at=NUMBER), expires_by="gone_at")
        after = replace(with_mug(dies_at=NUMBER), expires_by="dies_at")
        answers = Answers(rename=("gone_at", "dies_at"))
        assert operations(before, after, answers) == [
            migrations.AlterTimeToLive("mugs", "dies_at"),
            migrations.RenameAttribute("mugs", "Mug", "gone_at", "dies_at"),
        ]

    @pytest.mark.parametrize(
        "use", [{"indexes": {"by-size": BY_SIZE}}, {"expires_by": "size"}], ids=["index", "expiry"]
    )
    def test_values_stay_while_an_index_or_expiry_needs_them(self, use: dict[str, Any]) -> None:
        before, after = (
            replace(with_mug(size=NUMBER), **use),
            replace(with_mug(width=NUMBER), **use),
        )
        removal = operations(before, after, Answers(value=0))[-1]
        assert removal == migrations.RemoveAttribute("mugs", "Mug", "size", purge=False)


class TestKinds:
    WITH_MARKER = MUGS.with_kind("Marker", MARKER)

    def test_a_new_kind_is_added(self) -> None:
        assert operations(MUGS, self.WITH_MARKER) == [migrations.AddKind("mugs", "Marker", MARKER)]

    @pytest.mark.parametrize(
        ("purge", "remark"), [(True, "do not come back"), (False, "stay in the store")]
    )
    def test_one_that_is_gone_says_what_becomes_of_its_items(
        self, purge: bool, remark: str
    ) -> None:
        (step,) = steps(self.WITH_MARKER, MUGS, Answers(purge_kind=purge))
        assert step.operation == migrations.RemoveKind("mugs", "Marker", purge=purge)
        assert remark in step.remarks[0]

    def test_a_class_of_another_name_has_the_same_items(self) -> None:
        """The prefix says which items are of a kind, so there is nothing to ask."""
        after = MUGS.with_kind("SkuMarker", MARKER.with_attribute("note", OPTIONAL))
        assert operations(self.WITH_MARKER, after) == [
            migrations.RemoveKind("mugs", "Marker"),
            migrations.AddKind("mugs", "SkuMarker", MARKER),
            migrations.AddAttribute("mugs", "SkuMarker", "note", OPTIONAL),
        ]

    def test_another_prefix_asks_what_becomes_of_the_items(self) -> None:
        moved = replace(MARKER, prefix="code#")
        answers = Answers(purge_kind=True)
        after = MUGS.with_kind("Marker", moved)
        assert operations(self.WITH_MARKER, after, answers) == [
            migrations.RemoveKind("mugs", "Marker", purge=True),
            migrations.AddKind("mugs", "Marker", moved),
        ]
        assert answers.asked == ["purge_kind mugs Marker code#"]
        with pytest.raises(Undecided, match=r"the prefix of mugs\.Marker changes"):
            operations(self.WITH_MARKER, after, NoInput({}))

    def test_items_are_deleted_while_all_other_kinds_are_known(self) -> None:
        """Otherwise those of a kind already forgotten would pass for those without a prefix."""
        note = replace(MARKER, prefix="note#")
        before = replace(MUGS, kinds={"Note": note, "Marker": MARKER, "Mug": MUG})
        after = replace(
            MUGS, kinds={"Label": replace(MARKER, prefix="label#"), "SkuMarker": MARKER}
        )

        class Purging(Answers):
            def purges_kind(self, table: str, kind: str, new_prefix: str | None = None, /) -> bool:
                return kind == "Mug"

        found = operations(before, after, Purging())
        assert found == [
            migrations.AddKind("mugs", "Label", replace(MARKER, prefix="label#")),
            migrations.RemoveKind("mugs", "Mug", purge=True),
            migrations.RemoveKind("mugs", "Note"),
            migrations.RemoveKind("mugs", "Marker"),
            migrations.AddKind("mugs", "SkuMarker", MARKER),
        ]
