from __future__ import annotations

import os
import threading
from typing import Any

import pytest

from storage.client import call
from storage.evolution.drift import describe
from storage.evolution.errors import (
    BadMigration,
    EditedMigration,
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
from tests.storage.evolution.deeds import Failed
from tests.storage.evolution.projects import Project

MUGS = 'migrations.CreateTable("evolving-mugs", migrations.Key("id"))'
INDEX = 'migrations.GlobalIndex("by-brand", migrations.Key("brand"))'
BRAND = f'migrations.AddIndex("evolving-mugs", {INDEX})'


@pytest.fixture
def shop(project: Project, evolving: str) -> Project:
    project.write("shop.0001_initial", f"{MUGS}, deeds.Note('one')")
    project.write(
        "shop.0002_brand", f"{BRAND}, deeds.Note('two')", builds_on=("shop.0001_initial",)
    )
    project.write("people.0001_initial", "deeds.Note('people')", builds_on=("shop.0001_initial",))
    return project


def migrate(project: Project, *target: str, **options: Any) -> list[str]:
    steps = Migrator(project.apps).run(Target(*target), **options)
    return [f"{'-' * step.backwards}{step.migration.label}" for step in steps]


def applied(project: Project) -> list[str]:
    return sorted(".".join(key) for key in Migrator(project.apps).applied())


def indexes() -> list[str]:
    table = describe("evolving-mugs")
    return [] if table is None else list(table.state.indexes)


def run_state() -> list[Any]:
    """What a run leaves in the table while it is at work."""
    lease = MigrationItem.find(*KEY, consistent=True)
    runs = MigrationItem.slice("#run", page_size=50, consistent=True).items
    return runs if lease is None else [lease, *runs]


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
    for target in (("shop", "zero"), ("people",)):
        with pytest.raises(MigrationError, match=r"shop\.0002_brand is half applied"):
            migrate(shop, *target)
    assert migrate(shop, "shop", "0002") == ["shop.0002_brand"]
    assert migrate(shop, "people") == ["people.0001_initial"]


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
    shop.write("shop.0002_brand", f"{BRAND}, deeds.Note('2')", builds_on=("shop.0001_initial",))
    with pytest.raises(EditedMigration, match="after a run of it had been interrupted"):
        migrate(shop)
    migrate(shop, accept_edited=True)
    assert deeds.done == ["one", "2", "people"]


def test_an_edited_migration_stops_everything_until_it_is_accepted(shop: Project) -> None:
    migrate(shop, "shop")
    shop.write("shop.0001_initial", f"{MUGS}, deeds.Note('edited')")
    with pytest.raises(EditedMigration, match=r"shop\.0001_initial was changed"):
        migrate(shop)
    assert migrate(shop, accept_edited=True) == ["people.0001_initial"]
    assert "edited" not in deeds.done
    assert migrate(shop) == []


def test_spaces_at_line_ends_are_no_edit(shop: Project) -> None:
    migrate(shop)
    path = shop.folder / "shop/migrations/0001_initial.py"
    path.write_bytes(path.read_bytes().replace(b"\n", b"  \r\n") + b"\r\n\r\n")
    shop.forget()
    assert migrate(shop) == []


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
    assert [step.migration.label for step in migrator.run(Target())] == [
        "storage.0001_initial",
        "accounts.0001_initial",
    ]
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
