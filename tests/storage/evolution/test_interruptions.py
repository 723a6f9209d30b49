"""Runs that were interrupted, and files that were changed meanwhile or afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from storage.evolution.errors import (
    EditedMigration,
    MigrationError,
)
from storage.evolution.executor import Migrator
from storage.evolution.items import checkpoints
from storage.evolution.ledger_table import MigrationItem
from tests.storage.evolution import deeds
from tests.storage.evolution.deeds import Failed
from tests.storage.evolution.projects import Project
from tests.storage.evolution.shops import BRAND, MUGS, applied, indexes, migrate, run_state


def test_a_run_that_failed_goes_on_at_the_operation_at_which_it_was(shop: Project) -> None:
    deeds.failing.add("two")
    with pytest.raises(Failed):
        migrate(shop)
    assert applied(shop) == ["shop.0001_initial"]
    assert indexes() == ["by-brand"]
    deeds.failing.clear()
    deeds.done.clear()
    migrate(shop)
    assert deeds.done == ["two", "people"]
    summary = Migrator(shop.apps).applied()["shop", "0002_brand"].summary
    assert [one["operation"] for one in summary["operations"]] == [
        "add index by-brand to evolving-mugs",
        "note two",
    ]


def test_what_was_begun_is_finished_before_anything_else(shop: Project) -> None:
    deeds.failing.add("two")
    with pytest.raises(Failed):
        migrate(shop)
    deeds.failing.clear()
    with pytest.raises(MigrationError, match=r"shop\.0002_brand is half applied"):
        migrate(shop, "shop", "zero")
    assert migrate(shop, "people") == ["people.0001_initial"]
    assert migrate(shop, "shop", "0002") == ["shop.0002_brand"]


def test_an_undoing_that_failed_is_finished_before_anything_else(shop: Project) -> None:
    migrate(shop)
    deeds.failing.add("one")
    with pytest.raises(Failed):
        migrate(shop, "shop", "zero")
    deeds.failing.clear()
    with pytest.raises(MigrationError, match=r"half undone.*migrate shop -1"):
        migrate(shop)
    assert migrate(shop, "shop", "-1") == ["-shop.0001_initial"]


def test_a_file_that_changed_after_an_interruption_is_not_taken_up_unseen(shop: Project) -> None:
    deeds.failing.add("two")
    with pytest.raises(Failed):
        migrate(shop)
    deeds.failing.clear()
    more = f"{BRAND}, deeds.Note('two'), deeds.Note('2')"
    shop.write("shop.0002_brand", more, builds_on=("shop.0001_initial",))
    with pytest.raises(EditedMigration, match="after a run of it had been interrupted"):
        migrate(shop)
    migrate(shop, accept_edited=True)
    assert deeds.done == ["one", "two", "2", "people"]


def test_an_edited_migration_stops_everything_until_it_is_accepted(shop: Project) -> None:
    migrate(shop, "shop")
    shop.write("shop.0001_initial", f"{MUGS}, deeds.Note('edited')")
    with pytest.raises(EditedMigration, match=r"shop\.0001_initial was changed"):
        migrate(shop)
    assert migrate(shop, accept_edited=True) == ["people.0001_initial"]
    assert "edited" not in deeds.done
    assert migrate(shop) == []


def test_a_changed_file_is_only_taken_up_where_its_beginning_is_the_same(shop: Project) -> None:
    deeds.failing.add("two")
    with pytest.raises(Failed):
        migrate(shop)
    deeds.failing.clear()
    first = ("shop.0001_initial",)
    for changed in (f"deeds.Note('new'), {BRAND}, deeds.Note('two')", BRAND):
        shop.write("shop.0002_brand", changed, builds_on=first)
        with pytest.raises(EditedMigration, match="cannot go on"):
            migrate(shop, accept_edited=True)
    shop.write(
        "shop.0002_brand", f"{BRAND}, deeds.Note('two'), deeds.Note('three')", builds_on=first
    )
    migrate(shop, accept_edited=True)
    assert deeds.done == ["one", "two", "three", "people"]


def test_accepting_a_file_does_not_forget_an_undoing_that_was_interrupted(shop: Project) -> None:
    shop.write("shop.0003_pair", "deeds.Note('a'), deeds.Note('b')", builds_on=("shop.0002_brand",))
    migrate(shop)
    deeds.failing.add("a")
    with pytest.raises(Failed):
        migrate(shop, "shop", "0002")
    deeds.failing.clear()
    deeds.done.clear()
    mended = "deeds.Note('a'), deeds.Note('b'), "
    shop.write("shop.0003_pair", mended, builds_on=("shop.0002_brand",))
    assert migrate(shop, "shop", "0002", accept_edited=True) == ["-shop.0003_pair"]
    assert deeds.done == ["-a"]


def test_a_file_is_not_accepted_when_the_person_says_no(shop: Project) -> None:
    def refuse(steps: Any) -> None:
        raise MigrationError("no")

    migrate(shop, "shop")
    shop.write("shop.0001_initial", f"{MUGS}, deeds.Note('edited')")
    with pytest.raises(MigrationError, match="no"):
        migrate(shop, accept_edited=True, confirm=refuse)
    with pytest.raises(EditedMigration):
        migrate(shop)


def test_a_run_that_is_only_recorded_leaves_nothing_behind(shop: Project) -> None:
    deeds.failing.add("two")
    with pytest.raises(Failed):
        migrate(shop)
    migrate(shop, fake=True)
    assert run_state() == []


def test_what_a_killed_runner_left_is_swept_by_the_next(shop: Project) -> None:
    checkpoints.claim("some/job", "token", lambda: 1)
    MigrationItem("#leftover", "x", position={"jobs": ["some/job"]}).save()
    migrate(shop)
    assert MigrationItem.slice("#leftover", page_size=5).items == []
    assert MigrationItem.slice("#job some/job", page_size=5).items == []


def test_spaces_at_line_ends_are_no_edit(shop: Project) -> None:
    migrate(shop)
    path = shop.folder / "shop/migrations/0001_initial.py"
    path.write_bytes(path.read_bytes().replace(b"\n", b"  \r\n") + b"\r\n\r\n")
    shop.forget()
    assert migrate(shop) == []
