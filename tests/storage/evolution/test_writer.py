from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage import migrations
from storage.evolution.authoring import writer
from storage.evolution.authoring.autodetector import detect, proposals
from storage.evolution.authoring.proposal import Proposal, Step
from storage.evolution.authoring.writer import UnwritableValue, source_of
from storage.evolution.errors import BadMigration
from storage.evolution.graph import MigrationGraph
from storage.evolution.migration import LoadedMigration
from storage.evolution.operation import Operation
from storage.evolution.state import State
from tests.storage.evolution.projects import Project
from tests.storage.evolution.random_states import DrawnAnswers, states

ROOT = Path(__file__).parents[3]


def proposal(*operations: Operation, remarks: tuple[str, ...] = ()) -> Proposal:
    steps = tuple(Step(operation, remarks) for operation in operations)
    return Proposal("catalog", "0002_changes", (("catalog", "0001_initial"),), steps)


def executed(source: str) -> type[migrations.Migration]:
    names: dict[str, Any] = {}
    exec(source, names)
    found: type[migrations.Migration] = names["Migration"]
    return found


def loaded(proposed: Iterable[Proposal]) -> list[LoadedMigration]:
    """As they are when they were written and read again."""
    return [
        LoadedMigration(
            one.app,
            one.name,
            tuple(executed(source_of(one)).dependencies),
            tuple(executed(source_of(one)).operations),
        )
        for one in proposed
    ]


def assert_clean(source: str) -> None:
    """As the formatter and the linter of this project want it."""
    name = ["--stdin-filename", "catalog/migrations/0002_changes.py", "-"]
    for command in (["format", "--check"], ["check", "--quiet"]):
        answer = subprocess.run(
            [sys.executable, "-m", "ruff", *command, *name],
            cwd=ROOT,
            input=source,
            capture_output=True,
            text=True,
            check=False,
        )
        assert answer.returncode == 0, f"{answer.stdout}{answer.stderr}\n{source}"


def test_a_file_reads_like_one_that_a_person_wrote() -> None:
    index = migrations.GlobalIndex("brand-index", hash_key=migrations.Key("brand"))
    assert source_of(proposal(migrations.AddIndex("products", index))) == (
        "from storage import migrations\n"
        "\n"
        "\n"
        "class Migration(migrations.Migration):\n"
        '    dependencies = [("catalog", "0001_initial")]\n'
        "\n"
        "    operations = [\n"
        "        migrations.AddIndex(\n"
        '            "products",\n'
        '            migrations.GlobalIndex("brand-index", hash_key=migrations.Key("brand")),\n'
        "        ),\n"
        "    ]\n"
    )


def test_a_migration_without_operations_is_whole() -> None:
    source = source_of(proposal())
    assert source.endswith("\n    operations = []\n")
    assert executed(source).operations == []
    assert_clean(source)


def test_remarks_stand_above_their_operation() -> None:
    remark = "Deletes mugs with all its items. " * 4
    source = source_of(proposal(migrations.DeleteTable("mugs"), remarks=(remark.strip(),)))
    before, _, after = source.partition('migrations.DeleteTable("mugs")')
    assert before.count("        # ") == 2
    assert after == ",\n    ]\n"
    assert_clean(source)


@pytest.mark.parametrize(
    ("operation", "text"),
    [
        (migrations.AlterTimeToLive("mugs", None), '"mugs", expires_by=None'),
        (migrations.AlterStream("mugs", "NEW_IMAGE"), '"mugs", stream="NEW_IMAGE"'),
        (
            migrations.AlterThroughput("mugs", migrations.Throughput(5, 2)),
            '"mugs", throughput=migrations.Throughput(read=5, write=2)',
        ),
        (migrations.CreateTable("mugs", migrations.Key("id")), 'hash_key=migrations.Key("id")'),
        (
            migrations.AddAttribute("mugs", "Mug", "size", migrations.Attribute("N", null=True)),
            '"mugs", "Mug", "size", migrations.Attribute("N", null=True)',
        ),
        (migrations.RemoveAttribute("mugs", "Mug", "size"), '"mugs", "Mug", "size")'),
        (migrations.RemoveAttribute("mugs", "Mug", "size", purge=False), '"size", purge=False)'),
        (
            migrations.AddAttribute(
                "mugs", "Mug", "size", migrations.Attribute("N"), default=Decimal("1.50")
            ),
            'default=Decimal("1.50")',
        ),
        (
            migrations.AddAttribute(
                "mugs", "Mug", "is_new", migrations.Attribute("BOOL"), default=False
            ),
            "default=False",
        ),
        (
            migrations.AlterAttribute(
                "mugs", "Mug", "size", migrations.Attribute("S"), forwards=str, backwards=Decimal
            ),
            "forwards=str,\n            backwards=Decimal",
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Operation) else None,
)
def test_arguments_are_named_where_the_name_helps(operation: Operation, text: str) -> None:
    source = source_of(proposal(operation))
    assert text in source
    assert list(executed(source).operations) == [operation]
    assert_clean(source)


@pytest.mark.parametrize(
    "value",
    [
        'say "hi"',
        "it's",
        "both ' and \"",
        "back\\slash",
        "line\nbreak\x00\x7f",
        "ä\u200b\u3000\U0001f600",
        "one word " * 30,
        "x" * 200,
        "中" * 60,
        b"'\"\\\x00\xff",
        {"key": [1, None, True, {"deep": b"x"}]},
        ["a long member of a list"] * 8,
        {Decimal(1), Decimal("-1.5e-7")},
        -3,
        "",
        [],
        {},
    ],
    ids=lambda value: type(value).__name__,
)
def test_values_come_back_as_they_were(value: Any) -> None:
    attribute = migrations.Attribute("S")
    operation = migrations.AddAttribute("mugs", "Mug", "colour", attribute, default=value)
    source = source_of(proposal(operation))
    assert executed(source).operations[0].default == value  # type: ignore[attr-defined]
    assert_clean(source)


@pytest.mark.parametrize("character", ["x", "中"], ids=["narrow", "wide"])
def test_lines_are_broken_just_where_the_formatter_breaks_them(character: str) -> None:
    """Around the width of a line, inside one pair of brackets and inside two."""
    attribute = migrations.Attribute("L")
    texts = [character * length for length in range(25, 75)]
    operations = [
        migrations.AddAttribute("mugs", "Mug", "colour", attribute, default=value)
        for text in texts
        for value in ([text], [[text, ""]], {"key": [text]})
    ]
    assert_clean(source_of(proposal(*operations)))


def test_the_order_of_a_set_is_always_the_same() -> None:
    names = {"red", "green", "blue", "white", "black"}
    operation = migrations.AddAttribute(
        "mugs", "Mug", "colours", migrations.Attribute("SS"), default=names
    )
    assert '{"black", "blue", "green", "red", "white"}' in source_of(proposal(operation))


@pytest.mark.parametrize("value", [1.5, object(), lambda item: item, set(), Decimal("NaN")])
def test_what_has_no_written_form_is_refused(value: Any) -> None:
    attribute = migrations.Attribute("S")
    operation = migrations.AddAttribute("mugs", "Mug", "colour", attribute, default=value)
    with pytest.raises(UnwritableValue, match="cannot be"):
        source_of(proposal(operation))


@given(st.data())
@settings(max_examples=150)
def test_what_is_written_leads_from_any_state_to_any_other(data: st.DataObject) -> None:
    before, after = data.draw(states(), "before"), data.draw(states(), "after")
    answers = DrawnAnswers(data)
    first = loaded(proposals(detect(State(), before, answers), MigrationGraph([])))
    graph = MigrationGraph(first)
    assert graph.state_at() == before

    proposed = proposals(detect(before, after, answers), graph)
    second = loaded(proposed)
    assert [one.operations for one in second] == [one.operations for one in proposed]
    assert MigrationGraph([*first, *second]).state_at() == after
    assert not detect(after, after, answers)


@given(st.data())
@settings(max_examples=25)
def test_what_is_written_needs_no_formatting(data: st.DataObject) -> None:
    before, after = data.draw(states(), "before"), data.draw(states(), "after")
    changes = detect(before, after, DrawnAnswers(data))
    for proposed in proposals(changes, MigrationGraph([])):
        assert_clean(source_of(proposed))


class TestFiles:
    def test_a_file_that_exists_is_never_replaced(self, project: Project) -> None:
        path = project.write("shop.0002_changes", "")
        before = path.read_text(encoding="utf-8")
        with pytest.raises(BadMigration, match="exists already"):
            writer.write(Proposal("shop", "0002_changes"))
        assert path.read_text(encoding="utf-8") == before
        assert sorted(file.name for file in path.parent.glob("[!_]*")) == ["0002_changes.py"]

    def test_what_cannot_be_written_leaves_no_file(self, project: Project) -> None:
        path = project.write("shop.0001_initial", "")
        operation = migrations.AddAttribute(
            "mugs", "Mug", "colour", migrations.Attribute("S"), default=object()
        )
        with pytest.raises(UnwritableValue):
            writer.write(Proposal("shop", "0002_changes", steps=(Step(operation),)))
        assert sorted(file.name for file in path.parent.glob("[!_]*")) == ["0001_initial.py"]

    def test_an_app_without_migrations_gets_the_package(self, project: Project) -> None:
        (project.folder / "kiosk").mkdir()
        (project.folder / "kiosk" / "__init__.py").touch()
        project.apps.append("kiosk")
        made = writer.make_package("kiosk")
        assert made == project.folder / "kiosk" / "migrations" / "__init__.py"
        assert made.read_text() == ""
        assert writer.make_package("kiosk") is None
        path = writer.write(Proposal("kiosk", "0001_initial"))
        assert path.parent == made.parent

    def test_a_module_that_is_no_package_cannot_have_migrations(self) -> None:
        with pytest.raises(BadMigration, match="not a package"):
            writer.folder_for("decimal")
