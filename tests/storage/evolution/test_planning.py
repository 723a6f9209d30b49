from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from storage.evolution.errors import (
    EditedMigration,
    IrreversibleMigration,
    MigrationError,
    UnknownMigration,
)
from storage.evolution.graph import MigrationGraph
from storage.evolution.ledger import Applied
from storage.evolution.migration import LoadedMigration
from storage.evolution.operation import Operation, Work
from storage.evolution.planning import Step, check_unedited, check_unfinished, plan
from storage.evolution.state import State
from tests.storage.evolution.test_graph import key, migration


class Forever(Operation):
    def state_after(self, state: State, app: str) -> State:
        return state

    def apply(self, work: Work) -> dict[str, Any]:
        return {}

    def revert(self, work: Work) -> dict[str, Any]:
        raise AssertionError("it has no reverse")

    def describe(self) -> str:
        return "forget the past"

    def irreversible_because(self, before: State) -> str:
        return "nobody remembers it"


MIGRATIONS = [
    migration("shop.0001_initial"),
    migration("shop.0002_brand", "shop.0001_initial"),
    migration("shop.0003_colour", "shop.0002_brand"),
    migration("people.0001_initial"),
    migration("people.0002_role", "people.0001_initial", "shop.0002_brand"),
]
GRAPH = MigrationGraph(MIGRATIONS)
ALL = ["shop.1", "shop.2", "shop.3", "people.1", "people.2"]
NAMES = {f"{one.app}.{int(one.name[:4])}": one.key for one in MIGRATIONS}


def steps(applied: str, *target: str | None) -> str:
    """`shop.2 -people.1`: what is applied and what, after a minus, is undone."""
    found = plan(GRAPH, {NAMES[name] for name in applied.split()}, *target)
    short = {key: name for name, key in NAMES.items()}
    return " ".join(f"{'-' * step.backwards}{short[step.migration.key]}" for step in found)


@pytest.mark.parametrize(
    "applied, target, expected",
    [
        ("", (), "shop.1 shop.2 shop.3 people.1 people.2"),
        ("shop.1 people.1", (), "shop.2 shop.3 people.2"),
        (" ".join(ALL), (), ""),
        ("", ("people",), "shop.1 shop.2 people.1 people.2"),
        ("", ("shop", "0002"), "shop.1 shop.2"),
        ("", ("people", "0002_role"), "shop.1 shop.2 people.1 people.2"),
        ("shop.1 shop.2 shop.3", ("shop", "0001"), "-shop.3 -shop.2"),
        (" ".join(ALL), ("shop", "0001"), "-people.2 -shop.3 -shop.2"),
        (" ".join(ALL), ("shop", "0003"), ""),
        (" ".join(ALL), ("shop", "0002"), "-shop.3"),
        (" ".join(ALL), ("people", "zero"), "-people.2 -people.1"),
        (" ".join(ALL), ("shop", "zero"), "-people.2 -shop.3 -shop.2 -shop.1"),
        ("", ("shop", "zero"), ""),
        ("shop.1", ("shop", "+1"), "shop.2"),
        ("shop.1", ("shop", "+2"), "shop.2 shop.3"),
        ("people.1", ("people", "+1"), "shop.1 shop.2 people.2"),
        ("shop.1 shop.2 shop.3", ("shop", "-1"), "-shop.3"),
        ("shop.1 shop.2 shop.3", ("shop", "-2"), "-shop.3 -shop.2"),
        ("", ("+2",), "shop.1 shop.2"),
        (" ".join(ALL), ("-2",), "-people.2 -people.1"),
    ],
)
def test_the_steps_to_a_target(applied: str, target: tuple[str, ...], expected: str) -> None:
    assert steps(applied, *target) == expected


@pytest.mark.parametrize(
    "applied, target, reason",
    [
        ("shop.1", ("shop", "-2"), r"-2 is not possible: 1 migration is applied"),
        ("shop.1", ("shop", "+3"), r"\+3 is not possible: 2 migrations are not applied"),
        ("", ("+9",), r"\+9 is not possible"),
        ("", ("ghosts",), "no app ghosts"),
        ("", ("shop", "+0"), r"\+0 is not possible"),
    ],
)
def test_targets_that_are_not_there(applied: str, target: tuple[str, ...], reason: str) -> None:
    with pytest.raises(UnknownMigration, match=reason):
        steps(applied, *target)


def test_an_operation_without_a_reverse_stops_the_plan_before_anything_is_done() -> None:
    final = LoadedMigration("shop", "0002", (key("shop.0001"),), (Forever(),))
    graph = MigrationGraph([migration("shop.0001"), final])
    with pytest.raises(IrreversibleMigration, match="forget the past: nobody remembers it"):
        plan(graph, {key("shop.0001"), key("shop.0002")}, "shop", "zero")


def record(checksum: str) -> dict[Any, Applied]:
    return {key("shop.0001"): Applied(key("shop.0001"), "2026-01-02 03:04:05", "", checksum, {})}


def test_a_file_that_was_changed_after_it_had_been_applied_is_noticed() -> None:
    graph = MigrationGraph([replace(migration("shop.0001"), checksum="new")])
    with pytest.raises(EditedMigration, match=r"shop\.0001 was changed .* 2026-01-02 03:04:05"):
        check_unedited(graph, record("old"))


@pytest.mark.parametrize("now, then", [("same", "same"), ("", "old"), ("new", "")])
def test_without_two_checksums_that_differ_a_file_counts_as_unchanged(now: str, then: str) -> None:
    check_unedited(MigrationGraph([replace(migration("shop.0001"), checksum=now)]), record(then))


@pytest.mark.parametrize(
    "planned_backwards, begun_backwards, hint",
    [
        (None, False, r"half applied.*`migrate shop 0002_brand`"),
        (None, True, r"half undone.*`migrate shop -1`"),
        (True, False, "half applied"),
        (False, True, "half undone"),
    ],
)
def test_what_was_begun_has_to_be_finished_first(
    planned_backwards: bool | None, begun_backwards: bool, hint: str
) -> None:
    steps = [] if planned_backwards is None else [Step(MIGRATIONS[1], planned_backwards)]
    with pytest.raises(MigrationError, match=hint):
        check_unfinished(GRAPH, steps, {"shop.0002_brand": begun_backwards})


@pytest.mark.parametrize("backwards", [False, True])
def test_a_plan_may_finish_what_was_begun(backwards: bool) -> None:
    check_unfinished(GRAPH, [Step(MIGRATIONS[1], backwards)], {"shop.0002_brand": backwards})


def test_what_has_nothing_to_do_with_it_may_go_on() -> None:
    people = Step(MIGRATIONS[3])
    check_unfinished(GRAPH, [people], {"shop.0003_colour": False}, "people")
    with pytest.raises(MigrationError):
        check_unfinished(GRAPH, [Step(MIGRATIONS[4])], {"shop.0002_brand": False}, "people")


def test_what_was_begun_on_another_branch_waits_for_its_file() -> None:
    check_unfinished(GRAPH, [], {"shop.0009_elsewhere": False})
