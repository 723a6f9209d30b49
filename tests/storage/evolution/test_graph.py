from __future__ import annotations

import pytest

from storage.evolution.errors import BadMigration, InconsistentHistory, UnknownMigration
from storage.evolution.graph import MigrationGraph
from storage.evolution.migration import LoadedMigration, MigrationKey


def migration(label: str, *builds_on: str) -> LoadedMigration:
    return LoadedMigration(*key(label), dependencies=tuple(map(key, builds_on)), operations=())


def key(label: str) -> MigrationKey:
    app, _, name = label.partition(".")
    return app, name


def labels(keys: object) -> list[str]:
    return [".".join(one) for one in keys]  # type: ignore[attr-defined]


SHOP = MigrationGraph(
    [
        migration("shop.0001_initial"),
        migration("shop.0002_brand", "shop.0001_initial"),
        migration("shop.0003_colour", "shop.0002_brand", "people.0001_initial"),
        migration("people.0001_initial"),
        migration("people.0002_role", "people.0001_initial", "shop.0002_brand"),
    ]
)


def test_parents_come_first_and_apps_keep_their_order() -> None:
    assert labels(SHOP.order) == [
        "shop.0001_initial",
        "shop.0002_brand",
        "people.0001_initial",
        "shop.0003_colour",
        "people.0002_role",
    ]


def test_the_order_does_not_hang_on_the_order_of_the_files_of_an_app() -> None:
    turned = MigrationGraph([migration("shop.0001_b", "shop.0002_a"), migration("shop.0002_a")])
    assert labels(turned.order) == ["shop.0002_a", "shop.0001_b"]


def test_ancestors_and_descendants_cross_apps() -> None:
    assert labels(sorted(SHOP.descendants(key("shop.0002_brand")))) == [
        "people.0002_role",
        "shop.0002_brand",
        "shop.0003_colour",
    ]
    assert labels(sorted(SHOP.ancestors(key("people.0002_role")))) == [
        "people.0001_initial",
        "people.0002_role",
        "shop.0001_initial",
        "shop.0002_brand",
    ]


@pytest.mark.parametrize(
    "text", ["0002_brand", "0002", "0002_b"], ids=["whole name", "number", "beginning"]
)
def test_a_migration_is_found_by_its_name_or_a_beginning(text: str) -> None:
    assert SHOP.find("shop", text) == key("shop.0002_brand")


def test_a_whole_name_wins_over_names_that_begin_with_it() -> None:
    graph = MigrationGraph([migration("shop.0001"), migration("shop.0001_more", "shop.0001")])
    assert graph.find("shop", "0001") == key("shop.0001")


@pytest.mark.parametrize(
    "app, text, reason",
    [
        ("shop", "0009", "shop has no migration that begins with 0009"),
        ("shop", "000", "000 could be 0001_initial, 0002_brand, 0003_colour; write more"),
        ("ghosts", "0001", "There is no app ghosts with migrations"),
    ],
)
def test_other_names_are_refused_with_the_reason(app: str, text: str, reason: str) -> None:
    with pytest.raises(UnknownMigration, match=reason):
        SHOP.find(app, text)


def test_two_heads_are_a_conflict() -> None:
    graph = MigrationGraph(
        [
            migration("shop.0001_initial"),
            migration("shop.0002_mine", "shop.0001_initial"),
            migration("shop.0002_yours", "shop.0001_initial"),
        ]
    )
    assert graph.conflicts() == {"shop": ["0002_mine", "0002_yours"]}
    assert SHOP.conflicts() == {}


def test_a_missing_parent_is_named() -> None:
    with pytest.raises(BadMigration, match=r"shop\.0002 depends on shop\.0001, which does not"):
        MigrationGraph([migration("shop.0002", "shop.0001")])


def test_a_circle_is_named() -> None:
    with pytest.raises(BadMigration, match=r"shop\.a → shop\.b → shop\.a"):
        MigrationGraph([migration("shop.a", "shop.b"), migration("shop.b", "shop.a")])


def test_a_history_that_no_order_explains_is_refused() -> None:
    with pytest.raises(InconsistentHistory, match=r"shop\.0002_brand is applied, but shop\.0001"):
        SHOP.check_history({key("shop.0002_brand")})
    SHOP.check_history({key("shop.0001_initial"), key("shop.0002_brand")})
