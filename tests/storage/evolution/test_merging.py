from __future__ import annotations

import pytest

from storage import migrations
from storage.evolution.authoring.merging import Branch, branches, merge, overlap
from storage.evolution.graph import MigrationGraph
from storage.evolution.migration import LoadedMigration, MigrationKey
from storage.evolution.operation import Operation

TEXT = migrations.Attribute("S", null=True)
BY_COLOUR = migrations.GlobalIndex("by-colour", migrations.Key("colour"))


def loaded(name: str, *parents: str, app: str = "shop") -> LoadedMigration:
    dependencies: tuple[MigrationKey, ...] = tuple((app, parent) for parent in parents)
    return LoadedMigration(app, name, dependencies, ())


def branch(*operations: Operation) -> Branch:
    return Branch("0002_x", (LoadedMigration("shop", "0002_x", (), operations),))


def colour(table: str = "mugs", kind: str = "Mug") -> Operation:
    return migrations.AddAttribute(table, kind, "colour", TEXT)


def test_a_branch_has_what_the_others_do_not_share() -> None:
    graph = MigrationGraph(
        [
            loaded("0001_initial"),
            loaded("0002_colours", "0001_initial"),
            loaded("0003_more_colours", "0002_colours"),
            loaded("0002_sizes", "0001_initial"),
        ]
    )
    found = {
        branch.name: [migration.name for migration in branch.migrations]
        for branch in branches(graph, "shop")
    }
    assert found == {
        "0003_more_colours": ["0002_colours", "0003_more_colours"],
        "0002_sizes": ["0002_sizes"],
    }


def test_a_merge_builds_on_all_of_them() -> None:
    graph = MigrationGraph(
        [loaded("0001_initial"), loaded("0002_a", "0001_initial"), loaded("0002_b", "0001_initial")]
    )
    found = branches(graph, "shop")
    proposal = merge(graph, "shop", found, None)
    assert proposal.name == "0003_merge_0002_a_0002_b"
    assert proposal.dependencies == (("shop", "0002_a"), ("shop", "0002_b"))
    assert merge(graph, "shop", found, "both").name == "0003_both"


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        (colour(), colour("plates"), []),
        (colour(), colour(kind="Marker"), []),
        (colour(), colour(), ["mugs.Mug"]),
        (migrations.AddIndex("mugs", BY_COLOUR), colour(), ["mugs.Mug"]),
        (migrations.AddIndex("mugs", BY_COLOUR), migrations.RemoveIndex("mugs", "x"), ["mugs"]),
        (migrations.DeleteTable("mugs"), colour(), ["mugs.Mug"]),
        (migrations.DeleteTable("mugs"), migrations.DeleteTable("plates"), []),
        (migrations.TransformItems("mugs", dict), colour(), ["mugs.Mug"]),
        (migrations.RunPython(print), migrations.DeleteTable("mugs"), ["mugs"]),
        (migrations.RunPython(print), migrations.RunPython(print), ["everything"]),
        (
            migrations.RebuildItems("listing", "mugs", lambda item: [], lambda item: {}),
            colour(),
            ["mugs.Mug"],
        ),
    ],
    ids=[
        "other-table",
        "other-kind",
        "same-kind",
        "index-and-kind",
        "indexes",
        "deleted",
        "both-deleted",
        "all-items",
        "any-code",
        "any-code-twice",
        "source-of-a-rebuild",
    ],
)
def test_what_two_branches_share_is_named(
    one: Operation, other: Operation, shared: list[str]
) -> None:
    assert overlap([branch(one), branch(other)]) == shared
    assert overlap([branch(other), branch(one)]) == shared


def test_operations_of_one_branch_may_touch_the_same() -> None:
    assert overlap([branch(colour(), colour()), branch()]) == []
