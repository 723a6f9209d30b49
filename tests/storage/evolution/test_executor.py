from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from storage.client import call
from storage.evolution.drift import describe
from storage.evolution.errors import (
    BadMigration,
    InconsistentHistory,
    IrreversibleMigration,
    LeaseHeld,
    LeaseLost,
    MigrationError,
    TableDiffers,
)
from storage.evolution.executor import Migrator, Target
from storage.evolution.lease import KEY, Lease
from storage.evolution.ledger_table import MigrationItem
from storage.evolution.operation import Options
from storage.evolution.state import StateError
from storage.schema import create_tables
from tests.storage.evolution import deeds
from tests.storage.evolution.projects import Project
from tests.storage.evolution.shops import BRAND, MUGS, applied, indexes, migrate, run_state


def test_everything_is_applied_in_order_and_recorded(shop: Project) -> None:
    assert migrate(shop) == ["shop.0001_initial", "shop.0002_brand", "people.0001_initial"]
    assert deeds.done == ["one", "two", "people"]
    assert indexes() == ["by-brand"]
    records = Migrator(shop.apps).applied()
    record = records["shop", "0002_brand"]
    assert record.by.endswith(f"process {os.getpid()}")
    assert [one["operation"] for one in record.summary["operations"]] == [
        "add index by-brand to evolving-mugs",
        "note two",
    ]
    assert record.summary["operations"][1]["noted"] == "two"
    assert run_state() == []


def test_a_second_run_does_nothing(shop: Project) -> None:
    migrate(shop)
    deeds.done.clear()
    assert migrate(shop) == []
    assert deeds.done == []


def test_backwards_and_forwards_again(shop: Project) -> None:
    migrate(shop)
    deeds.done.clear()
    assert migrate(shop, "shop", "0001") == ["-shop.0002_brand"]
    assert indexes() == []
    assert migrate(shop, "shop", "zero") == ["-people.0001_initial", "-shop.0001_initial"]
    assert deeds.done == ["-two", "-people", "-one"]
    assert describe("evolving-mugs") is None
    assert applied(shop) == []
    assert len(migrate(shop)) == 3


def test_the_table_of_the_migrations_can_change_as_well(
    project: Project, evolving: str, migrations_table_again: None
) -> None:
    project.write(
        "ledger.0001_initial",
        'migrations.CreateTable("migrations", migrations.Key("app"), migrations.Key("name"))',
    )
    index = 'migrations.GlobalIndex("by-date", migrations.Key("at"))'
    project.write(
        "ledger.0002_by_date",
        f'migrations.AddIndex("migrations", {index})',
        builds_on=("ledger.0001_initial",),
    )
    assert len(migrate(project)) == 2
    assert migrate(project) == []
    table = describe("migrations")
    assert table is not None
    assert list(table.state.indexes) == ["by-date"]
    assert migrate(project, "ledger", "-1") == ["-ledger.0002_by_date"]


@pytest.fixture
def migrations_table_again() -> Iterator[None]:
    """As other tests expect it."""
    call("DeleteTable", {"TableName": MigrationItem.physical_name()})
    yield
    call("DeleteTable", {"TableName": MigrationItem.physical_name()})
    create_tables([MigrationItem])


def test_where_others_own_the_tables_items_of_a_table_that_never_was_are_passed_over(
    project: Project, store: None
) -> None:
    project.write("shop.0001_initial", MUGS)
    project.write(
        "shop.0002_items",
        "migrations.TransformItems('evolving-mugs', str, migrations.NOTHING_TO_UNDO)",
        builds_on=("shop.0001_initial",),
    )
    project.write(
        "shop.0003_gone", "migrations.DeleteTable('evolving-mugs')", builds_on=("shop.0002_items",)
    )
    migrator = Migrator(["storage", *project.apps], options=Options(owns_tables=False))
    migrator.run(Target())
    summary = migrator.applied()["shop", "0002_items"].summary["operations"][0]
    assert summary["skipped"] == "there is no table evolving-mugs"


def test_fake_only_records(shop: Project) -> None:
    assert len(migrate(shop, fake=True)) == 3
    assert deeds.done == []
    assert describe("evolving-mugs") is None
    assert Migrator(shop.apps).applied()["shop", "0001_initial"].summary["fake"] is True
    migrate(shop, "shop", "zero", fake=True)
    assert applied(shop) == []


def test_tables_that_were_there_before_there_were_migrations_are_taken_as_they_are(
    shop: Project,
) -> None:
    migrate(shop, "shop", "0001")
    call("PutItem", {"TableName": "test-evolving-mugs", "Item": {"id": {"S": "kept"}}})
    call("DeleteTable", {"TableName": MigrationItem.physical_name()})
    assert len(migrate(shop)) == 3
    kept = call("GetItem", {"TableName": "test-evolving-mugs", "Key": {"id": {"S": "kept"}}})
    assert "Item" in kept


def test_the_plan_is_confirmed_before_anything_happens(shop: Project) -> None:
    def refuse(steps: Any) -> None:
        assert len(steps) == 3
        raise MigrationError("no")

    with pytest.raises(MigrationError, match="no"):
        migrate(shop, confirm=refuse)
    assert (deeds.done, applied(shop), run_state()) == ([], [], [])


def test_a_second_runner_is_kept_out(shop: Project) -> None:
    migrate(shop, "shop", "0001")
    with Lease() as other, pytest.raises(LeaseHeld, match=other.holder):
        migrate(shop)
    assert len(migrate(shop)) == 2


def test_many_runners_at_once_apply_everything_once(shop: Project) -> None:
    start = threading.Barrier(8)
    outcomes: list[Any] = []

    def run(migrator: Migrator) -> None:
        start.wait()
        try:
            outcomes.append(len(migrator.run(Target(), wait_seconds=60)))
        except Exception as error:  # noqa: BLE001  # told by the assertion below
            outcomes.append(error)

    threads = [threading.Thread(target=run, args=(Migrator(shop.apps),)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes, key=str) == [0] * 7 + [3]
    assert deeds.done == ["one", "two", "people"]


def test_a_runner_that_lost_its_lease_stops_and_records_nothing(shop: Project) -> None:
    def take_over(steps: Any) -> None:
        MigrationItem.amend(*KEY, actions=[MigrationItem.token.set("somebody else")])

    with pytest.raises(LeaseLost):
        migrate(shop, confirm=take_over)
    assert (deeds.done, applied(shop)) == ([], [])


def test_two_heads_are_refused(shop: Project) -> None:
    shop.write("shop.0002_other", "deeds.Note('x')", builds_on=("shop.0001_initial",))
    with pytest.raises(BadMigration, match=r"0002_brand and 0002_other.*--merge"):
        migrate(shop)


def test_records_without_a_file_do_not_disturb(shop: Project) -> None:
    migrate(shop)
    shop.write("shop.0003_later", "deeds.Note('later')", builds_on=("shop.0002_brand",))
    migrate(shop)
    (shop.folder / "shop/migrations/0003_later.py").unlink()
    shop.forget()
    assert migrate(shop) == []
    assert "shop.0003_later" in applied(shop)


def test_a_history_with_a_hole_is_refused(shop: Project) -> None:
    migrate(shop, "shop")
    MigrationItem("shop", "0001_initial").delete()
    with pytest.raises(InconsistentHistory, match=r"shop\.0002_brand is applied"):
        migrate(shop)


@pytest.mark.parametrize(
    "operations, error, reason",
    [
        ("'create a table'", BadMigration, "'create a table' is not an operation"),
        (BRAND.replace("mugs", "cups"), StateError, r"shop\.0003_bad, add index .*: there is no"),
    ],
    ids=["no operation", "does not fit"],
)
def test_a_file_that_cannot_be_used_is_named(
    shop: Project, operations: str, error: type[Exception], reason: str
) -> None:
    shop.write("shop.0003_bad", operations, builds_on=("shop.0002_brand",))
    with pytest.raises(error, match=reason):
        migrate(shop)


def test_a_file_without_a_migration_is_named(shop: Project) -> None:
    (shop.folder / "shop/migrations/0003_empty.py").write_text("x = 1\n")
    with pytest.raises(BadMigration, match=r"shop\.0003_empty has no class Migration"):
        migrate(shop)


def test_what_cannot_be_undone_stops_before_anything_is_undone(shop: Project) -> None:
    shop.write(
        "shop.0003_final",
        "migrations.TransformItems('evolving-mugs', str)",
        builds_on=("shop.0002_brand",),
    )
    migrate(shop)
    deeds.done.clear()
    with pytest.raises(IrreversibleMigration, match=r"shop\.0003_final cannot be undone"):
        migrate(shop, "shop", "0001")
    assert deeds.done == []
    assert len(applied(shop)) == 4


def test_where_others_own_the_tables_each_difference_stops_the_run(
    project: Project, store: None
) -> None:
    elsewhere = Options(owns_tables=False)
    apps = ["storage", "accounts"]
    migrator = Migrator(apps, options=elsewhere)
    done = [step.migration.label for step in migrator.run(Target())]
    assert done == [".".join(key) for key in migrator.graph.order]
    migrator.run(Target("accounts", "zero"))
    assert describe("accounts") is not None
    removal = {"Delete": {"IndexName": "itemTypeIdIndex"}}
    call(
        "UpdateTable",
        {"TableName": "test-accounts", "GlobalSecondaryIndexUpdates": [removal]},
    )
    try:
        with pytest.raises(TableDiffers, match=r"accounts: .*itemTypeIdIndex is missing"):
            migrator.run(Target())
    finally:
        call("DeleteTable", {"TableName": "test-accounts"})
        create_tables()
