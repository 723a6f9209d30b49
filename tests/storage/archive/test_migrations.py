"""Archives and migrations: neither may find the items in two states."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from storage.archive import restoring
from storage.archive.errors import (
    ArchiveError,
    ArchiveRefused,
    HalfDone,
    MigrationUnfinished,
    OtherMigrations,
)
from storage.archive.progress import Progress
from storage.archive.reading import open_archive, verify
from storage.archive.restoring import Existing, plan_restore, restore
from storage.archive.writing import write_archive
from storage.client import call
from storage.configuration import table_name
from storage.evolution.errors import LeaseHeld
from storage.evolution.lease import Lease
from storage.evolution.ledger_table import MigrationItem
from storage.schema import create_tables
from tests.storage.archive.samples import put_back, rewrite_data, stored, table_names, under
from tests.storage.archive.things import (
    ITEMS,
    LEDGER,
    THINGS,
    add_counting,
    add_rename,
    apply_by_hand,
    interrupt_counting,
    migrate,
    once,
    recorded,
    values,
)
from tests.storage.evolution.projects import Project
from tests.storage.faults import attempts

pytestmark = pytest.mark.usefixtures("own_store")


@pytest.fixture
def folder(shop: Project, tmp_path: Path) -> Path:
    """An archive of it."""
    write_archive(tmp_path / "archive", [THINGS, LEDGER])
    return tmp_path / "archive"


def restore_after(deed: Callable[[], object], folder: Path, **options: Any) -> None:
    """A restore that is not refused as a plan, and begins only after the deed."""
    archive = open_archive(folder)
    steps = plan_restore(archive, **options)
    deed()
    restore(archive, steps)


class TestAMigrationThatIsHalfDone:
    """Its checkpoints say which items are done, also of those that a restore puts there."""

    def test_is_finished_before_its_table_is_replaced(self, shop: Project, folder: Path) -> None:
        interrupt_counting(shop)
        before = stored(THINGS)
        with pytest.raises(HalfDone, match=r"shop\.0002_up was interrupted"):
            put_back(folder, names=[THINGS], existing=Existing.EMPTY, other_migrations=True)
        assert stored(THINGS) == before

    def test_is_forgotten_with_the_record_of_migrations(self, shop: Project, folder: Path) -> None:
        interrupt_counting(shop)
        put_back(folder, existing=Existing.EMPTY)
        assert recorded() == {"shop"}
        assert values() == {0}
        add_counting(shop)
        migrate(shop)
        assert values() == {1}

    def test_is_forgotten_when_tables_are_made_anew(self, shop: Project, folder: Path) -> None:
        interrupt_counting(shop)
        put_back(folder, existing=Existing.RECREATE)
        assert recorded() == {"shop"}
        add_counting(shop)
        migrate(shop)
        assert values() == {1}

    def test_that_was_begun_after_the_plan_is_noticed(self, shop: Project, folder: Path) -> None:
        with pytest.raises(HalfDone):
            restore_after(
                lambda: interrupt_counting(shop), folder, names=[THINGS], existing=Existing.EMPTY
            )
        assert len(stored(THINGS)) == ITEMS


class TestWhileItemsAreRestored:
    @pytest.mark.parametrize("names", [None, [THINGS]], ids=["all tables", "one table"])
    @pytest.mark.parametrize("existing", [Existing.EMPTY, Existing.RECREATE])
    def test_no_migration_begins(
        self, shop: Project, folder: Path, existing: Existing, names: list[str] | None
    ) -> None:
        add_counting(shop)

        def try_to_migrate() -> None:
            with pytest.raises(LeaseHeld):
                migrate(shop)

        archive = open_archive(folder)
        restore(archive, plan_restore(archive, names, existing=existing), once(try_to_migrate))
        assert recorded() == {"shop"}
        migrate(shop)
        assert values() == {1}

    def test_no_migration_begins_in_a_new_installation(self, shop: Project, folder: Path) -> None:
        under("restored-")

        def try_to_migrate() -> None:
            with pytest.raises(LeaseHeld):
                migrate(shop)

        archive = open_archive(folder)
        restore(archive, plan_restore(archive), once(try_to_migrate))
        assert recorded() == {"shop"}

    def test_no_other_restore_begins(self, folder: Path) -> None:
        archive = open_archive(folder)
        steps = plan_restore(archive, existing=Existing.EMPTY)

        def try_another() -> None:
            with pytest.raises(MigrationUnfinished, match="or a restore is at work"):
                plan_restore(archive)
            with pytest.raises(MigrationUnfinished, match="at work"):
                restore(archive, steps)

        restore(archive, steps, once(try_another))
        assert len(stored(THINGS)) == ITEMS

    def test_whoever_came_first_is_left_alone(self, folder: Path) -> None:
        archive = open_archive(folder)
        steps = plan_restore(archive, existing=Existing.EMPTY)
        before = stored(THINGS)
        with Lease() as lease:
            with pytest.raises(MigrationUnfinished, match="Another run is at work"):
                restore(archive, steps)
            found = MigrationItem.find("#lease", "migrate", consistent=True)
        assert found is not None
        assert found.token == lease.token
        assert stored(THINGS) == before

    def test_a_restore_that_lost_the_lease_stops_at_once(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(restoring, "Lease", functools.partial(Lease, seconds=0.3))
        under("restored-")
        heard: list[Progress] = []

        def take_over(progress: Progress) -> None:
            heard.append(progress)
            other = {"token": {"S": "other"}, "expires_at": {"N": str(int(time.time()) + 60)}}
            key = {"app": {"S": "#lease"}, "name": {"S": "migrate"}}
            item = {**key, **other, "by": {"S": "somebody"}, "at": {"S": "now"}}
            call("PutItem", {"TableName": table_name(LEDGER), "Item": item})
            time.sleep(0.5)

        archive = open_archive(folder)
        steps = plan_restore(archive)
        with pytest.raises(ArchiveError, match=r"Another run has taken over: somebody.*\.$"):
            restore(archive, steps, take_over)
        assert len(heard) == 1


class TestTheTableOfTheMigrations:
    def test_is_empty_when_only_a_dead_lease_is_in_it(self, folder: Path) -> None:
        under("restored-")
        create_tables([MigrationItem])
        put_dead_lease()
        put_back(folder)
        assert recorded() == {"shop"}

    def test_keeps_the_lease_when_tables_are_made_anew(self, folder: Path) -> None:
        with attempts("DeleteTable") as deleted:
            put_back(folder, existing=Existing.RECREATE)
        assert [body["TableName"] for body in deleted] == [table_name(THINGS)]
        assert recorded() == {"shop"}

    def test_is_made_anew_when_it_differs(self, folder: Path) -> None:
        under("restored-")
        call(
            "CreateTable",
            {
                "TableName": table_name(LEDGER),
                "KeySchema": [
                    {"AttributeName": "app", "KeyType": "HASH"},
                    {"AttributeName": "name", "KeyType": "RANGE"},
                ],
                "AttributeDefinitions": [
                    {"AttributeName": name, "AttributeType": "S"} for name in ("app", "name", "by")
                ],
                "GlobalSecondaryIndexes": [
                    {
                        "IndexName": "by-index",
                        "KeySchema": [{"AttributeName": "by", "KeyType": "HASH"}],
                        "Projection": {"ProjectionType": "ALL"},
                    }
                ],
                "BillingMode": "PAY_PER_REQUEST",
            },
        )
        put_dead_lease()
        put_back(folder, existing=Existing.RECREATE)
        assert recorded() == {"shop"}
        description = call("DescribeTable", {"TableName": table_name(LEDGER)})["Table"]
        assert not description.get("GlobalSecondaryIndexes")

    @pytest.mark.parametrize("app", ["#lease", "#run", "#job shop.0002_up/1/000"])
    def test_holds_no_run_of_an_archive(self, folder: Path, app: str) -> None:
        item = orjson.dumps({"Item": {"app": {"S": app}, "name": {"S": "migrate"}}})
        rewrite_data(folder, LEDGER, item + b"\n")
        with pytest.raises(ArchiveRefused, match="line 1 is of a migration at work"):
            verify(open_archive(folder))


def put_dead_lease() -> None:
    key = {"app": {"S": "#lease"}, "name": {"S": "migrate"}}
    item = {**key, "token": {"S": "t"}, "expires_at": {"N": "1"}, "by": {"S": "b"}}
    call("PutItem", {"TableName": table_name(LEDGER), "Item": item})


class TestItemsOfAnotherShape:
    def test_are_refused_with_the_first_that_differ(self, shop: Project, folder: Path) -> None:
        add_rename(shop)
        migrate(shop)
        with pytest.raises(OtherMigrations) as refused:
            put_back(folder, names=[THINGS], existing=Existing.EMPTY)
        assert str(refused.value) == (
            "In the archive other migrations are applied than here. Only here: shop.0002_rename."
        )
        assert values("m") == {0}

    def test_of_newer_migrations_are_refused_too(self, shop: Project, folder: Path) -> None:
        under("restored-")
        create_tables([MigrationItem])
        with pytest.raises(OtherMigrations, match=r"Only in the archive: shop\.0001_initial\."):
            put_back(folder, names=[THINGS])
        assert table_names() >= {"restored-migrations"}
        assert "restored-things" not in table_names()

    def test_are_told_of_when_many_differ(self, folder: Path) -> None:
        for number in range(5):
            apply_by_hand("shop", f"100{number}_more")
        with pytest.raises(
            OtherMigrations,
            match=r"Only here: shop\.1000_more, shop\.1001_more, shop\.1002_more and 2 more\.",
        ):
            put_back(folder, names=[THINGS], existing=Existing.EMPTY)

    def test_are_put_there_when_that_is_wanted(self, shop: Project, folder: Path) -> None:
        add_rename(shop)
        migrate(shop)
        archive = open_archive(folder)
        steps = plan_restore(archive, [THINGS], existing=Existing.EMPTY, other_migrations=True)
        with pytest.raises(OtherMigrations):
            restore(archive, steps)
        restore(archive, steps, other_migrations=True)
        assert values("m") == {None}

    def test_become_right_when_all_tables_are_restored(self, shop: Project, folder: Path) -> None:
        add_rename(shop)
        migrate(shop)
        put_back(folder, existing=Existing.EMPTY)
        assert values("m") == {None}
        migrate(shop)
        assert values("m") == {0}

    def test_are_noticed_when_a_migration_is_applied_after_the_plan(
        self, shop: Project, folder: Path
    ) -> None:
        add_rename(shop)
        with pytest.raises(OtherMigrations):
            restore_after(lambda: migrate(shop), folder, names=[THINGS], existing=Existing.EMPTY)
        assert values("m") == {0}

    def test_of_the_same_migrations_are_restored(self, folder: Path) -> None:
        put_back(folder, names=[THINGS], existing=Existing.EMPTY)
        assert values() == {0}
