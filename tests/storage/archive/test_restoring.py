from __future__ import annotations

import gzip
import os
import random
import sqlite3
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from storage.archive.errors import (
    ArchiveError,
    ArchiveRefused,
    MigrationUnfinished,
    TablesRefused,
)
from storage.archive.progress import Progress
from storage.archive.reading import open_archive, verify
from storage.archive.restoring import Existing, plan_restore, restore
from storage.archive.writing import write_archive
from storage.client import call
from storage.configuration import configuration, configure, table_name
from storage.engine import Engine
from storage.evolution.lease import Lease
from storage.evolution.ledger_table import MigrationItem
from storage.schema import create_tables
from storage.typed import RawItem
from tests.storage.archive.samples import (
    EMPTY,
    EVERYTHING,
    KEYED,
    TABLES,
    data_files,
    fill_tables,
    make_tables,
    put,
    put_back,
    rewrite_data,
    stored,
    table_names,
    under,
)
from tests.storage.faults import attempts

pytestmark = pytest.mark.usefixtures("own_store")


def obstacles(folder: Path, **options: Any) -> list[str]:
    with pytest.raises(TablesRefused) as refused:
        plan_restore(open_archive(folder), **options)
    return refused.value.reasons


@pytest.mark.usefixtures("any_way_of_writing")
@pytest.mark.parametrize("file_bytes", [5_000, 64 * 1024 * 1024])
def test_what_is_restored_is_the_same_item_by_item(tmp_path: Path, file_bytes: int) -> None:
    make_tables()
    fill_tables()
    original = {name: stored(name) for name in TABLES}
    write_archive(tmp_path / "first", TABLES, file_bytes=file_bytes)
    under("restored-")
    counts = put_back(tmp_path / "first")
    assert counts == {f"restored-{name}": len(original[name]) for name in TABLES}
    assert {name: stored(name) for name in TABLES} == original
    write_archive(tmp_path / "second", TABLES, file_bytes=file_bytes)
    first, second = (open_archive(tmp_path / name).manifest for name in ("first", "second"))
    assert first.tables == second.tables


def test_tables_are_made_as_they_were(tmp_path: Path) -> None:
    make_tables()
    names = ("KeySchema", "GlobalSecondaryIndexes", "LocalSecondaryIndexes", "BillingModeSummary")

    def described() -> list[Any]:
        description = call("DescribeTable", {"TableName": table_name(KEYED)})["Table"]
        for index in description["GlobalSecondaryIndexes"] + description["LocalSecondaryIndexes"]:
            index.pop("IndexArn", None)
        expiry = call("DescribeTimeToLive", {"TableName": table_name(KEYED)})
        return [*(description[name] for name in names), expiry["TimeToLiveDescription"]]

    before = described()
    write_archive(tmp_path / "archive", TABLES)
    under("restored-")
    put_back(tmp_path / "archive")
    assert described() == before


def test_provisioned_tables_and_streams_are_made_as_they_were(tmp_path: Path) -> None:
    units = {"ReadCapacityUnits": 3, "WriteCapacityUnits": 2}
    call(
        "CreateTable",
        {
            "TableName": table_name("units"),
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "N"}],
            "BillingMode": "PROVISIONED",
            "ProvisionedThroughput": units,
            "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
        },
    )
    write_archive(tmp_path / "archive", ["units"])
    under("restored-")
    put_back(tmp_path / "archive")
    description = call("DescribeTable", {"TableName": table_name("units")})["Table"]
    assert units.items() <= description["ProvisionedThroughput"].items()
    assert description["StreamSpecification"]["StreamViewType"] == "KEYS_ONLY"


class TestTablesThatExist:
    def test_are_filled_when_they_are_empty(self, archive: Path) -> None:
        make_tables()
        put_back(archive)
        assert len(stored(EVERYTHING)) == 100

    def test_are_left_alone_when_they_hold_something(self, archive: Path) -> None:
        make_tables()
        put(EVERYTHING, ("id",), [{"id": {"S": "mine"}}])
        assert obstacles(archive) == [f"Table {table_name(EVERYTHING)} is not empty."]
        assert [item["id"]["S"] for item in stored(EVERYTHING).values()] == ["mine"]

    def test_are_emptied_when_that_is_wanted(self, archive: Path) -> None:
        make_tables()
        put(EVERYTHING, ("id",), [{"id": {"S": f"mine {number}"}} for number in range(250)])
        put(KEYED, ("group", "rank"), [{"group": {"B": b"m"}, "rank": {"N": "1"}}])
        put_back(archive, existing=Existing.EMPTY)
        assert all("mine" not in item["id"]["S"] for item in stored(EVERYTHING).values())
        assert len(stored(EVERYTHING)) == 100
        assert len(stored(KEYED)) == 24

    @pytest.mark.usefixtures("any_way_of_writing")
    def test_are_emptied_in_any_way_of_writing(self, archive: Path) -> None:
        make_tables()
        put(KEYED, ("group", "rank"), [{"group": {"B": b"m"}, "rank": {"N": "1"}}])
        put_back(archive, existing=Existing.EMPTY)
        assert len(stored(KEYED)) == 24

    def test_that_differ_are_named_with_every_difference(self, archive: Path) -> None:
        table(EVERYTHING, {"name": "S", "rank": "N"}, index="rank")
        table(KEYED, {"group": "B", "rank": "N"}, index="colour")
        everything, keyed = table_name(EVERYTHING), table_name(KEYED)
        assert obstacles(archive, existing=Existing.EMPTY) == [
            f"Table {everything} has the key name (S), rank (N), in the archive id (S).",
            f"Table {everything} has an index rank-index that the archive lacks.",
            f"Table {keyed} has the index colour-index global, colour (S), ALL,"
            " in the archive global, colour (S), rank (N), KEYS_ONLY.",
            f"Table {keyed} lacks the index size-index"
            " (local, group (B), size (N), INCLUDE colour).",
        ]
        assert table_names() == {everything, keyed}

    def test_that_differ_can_be_made_anew(self, archive: Path) -> None:
        table(EVERYTHING, {"name": "S", "rank": "N"}, index="rank")
        put(EVERYTHING, ("name", "rank"), [{"name": {"S": "mine"}, "rank": {"N": "1"}}])
        put_back(archive, existing=Existing.RECREATE)
        assert len(stored(EVERYTHING)) == 100

    def test_are_not_made_where_infrastructure_code_makes_them(self, archive: Path) -> None:
        create_tables([MigrationItem])
        assert obstacles(archive, owns_tables=False) == [
            f"Table {table_name(name)}: infrastructure code makes the tables, restore makes none."
            for name in sorted(TABLES)
        ]
        make_tables()
        said = obstacles(archive, owns_tables=False, existing=Existing.RECREATE)
        assert all("restore deletes none" in reason for reason in said)
        put_back(archive, owns_tables=False)
        assert len(stored(EVERYTHING)) == 100

    def test_that_were_not_made_completely_are_made_anew(
        self, archive: Path, tmp_path: Path
    ) -> None:
        """The engine lists such a table, and cannot read it."""
        settings = configuration()
        with Engine.start(tmp_path / "data.db") as engine:
            configure(replace(settings, endpoint=engine.endpoint))
            make_tables()
        connection = sqlite3.connect(tmp_path / "data.db")
        connection.execute(f'DROP TABLE "{table_name(KEYED)}"')
        connection.commit()
        connection.close()
        with Engine.start(tmp_path / "data.db") as engine:
            configure(replace(settings, endpoint=engine.endpoint))
            assert obstacles(archive, existing=Existing.EMPTY) == [
                f"Table {table_name(KEYED)} cannot be read: its creation was interrupted."
            ]
            put_back(archive, existing=Existing.RECREATE)
            assert len(stored(KEYED)) == 24

    def test_that_are_not_in_the_archive_stay(self, archive: Path) -> None:
        table("mine", {"id": "S"})
        put("mine", ("id",), [{"id": {"S": "mine"}}])
        put_back(archive, existing=Existing.RECREATE)
        assert len(stored("mine")) == 1


def table(name: str, keys: dict[str, str], index: str = "") -> None:
    kinds = {**keys, "colour": "S"} if index == "colour" else keys
    roles = zip(keys, ("HASH", "RANGE"), strict=False)
    indexes = [
        {
            "IndexName": f"{index}-index",
            "KeySchema": [{"AttributeName": index, "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ]
    call(
        "CreateTable",
        {
            "TableName": table_name(name),
            "KeySchema": [{"AttributeName": key, "KeyType": role} for key, role in roles],
            "AttributeDefinitions": [
                {"AttributeName": key, "AttributeType": kind} for key, kind in kinds.items()
            ],
            "BillingMode": "PAY_PER_REQUEST",
            **({"GlobalSecondaryIndexes": indexes} if index else {}),
        },
    )


class TestSomeTables:
    def test_only_what_is_named_is_made(self, archive: Path) -> None:
        """And the table of the migrations, because their lease is in it."""
        put_back(archive, names=[KEYED])
        assert table_names() == {table_name(KEYED), table_name("migrations")}

    def test_a_name_that_is_not_in_the_archive_is_refused(self, archive: Path) -> None:
        with pytest.raises(ArchiveError, match="has no table products"):
            plan_restore(open_archive(archive), ["products"])

    def test_two_tables_of_one_name_are_refused(
        self, archive: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("EMPTY_TABLE_NAME", table_name(KEYED))
        with pytest.raises(ArchiveError, match="have the same name"):
            plan_restore(open_archive(archive))

    def test_a_table_with_a_name_of_its_own_gets_it(
        self, archive: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("EMPTY_TABLE_NAME", "named-otherwise")
        put_back(archive, names=[EMPTY])
        assert table_names() == {"named-otherwise", table_name("migrations")}


def test_a_plan_changes_nothing(archive: Path) -> None:
    make_tables()
    put(EVERYTHING, ("id",), [{"id": {"S": "mine"}}])
    for existing in (Existing.EMPTY, Existing.RECREATE):
        steps = plan_restore(open_archive(archive), existing=existing)
        assert [step.entry.name for step in steps if step.loses_items] == [EVERYTHING]
    assert len(stored(EVERYTHING)) == 1


def test_nothing_is_planned_while_a_migration_is_at_work(archive: Path) -> None:
    create_tables([MigrationItem])
    with Lease(), pytest.raises(MigrationUnfinished, match="at work"):
        plan_restore(open_archive(archive))
    plan_restore(open_archive(archive))


class TestAFileAlteredAfterItWasChecked:
    """Between the check and the restore, or while its items are written."""

    def test_stops_the_restore_before_its_items(self, archive: Path) -> None:
        opened = open_archive(archive)
        verify(opened)
        steps = plan_restore(opened, [EVERYTHING])
        line = b'{"Item":{"id":{"S":"from somebody else"}}}\n'
        (archive / EVERYTHING / "00002.json.gz").write_bytes(gzip.compress(line))
        with pytest.raises(ArchiveRefused, match=f"{EVERYTHING}/00002"):
            restore(opened, steps)
        ids = {item["id"]["S"] for item in stored(EVERYTHING).values()}
        assert "from somebody else" not in ids

    def test_stops_the_restore_in_the_middle(self, archive: Path) -> None:
        chance = random.Random(3)
        texts = (chance.randbytes(3_000).hex() for _ in range(400))
        lines = (b'{"Item":{"id":{"S":"%s"}}}\n' % text[:2000].encode() for text in texts)
        path = rewrite_data(archive, EVERYTHING, b"".join(lines))
        opened = open_archive(archive)
        (entry,) = (table for table in opened.manifest.tables if table.name == EVERYTHING)
        items = opened.items(entry)
        next(items)
        with (archive / path).open("r+b") as file:
            file.seek(-8, os.SEEK_END)
            file.write(b"\0" * 8)
        with pytest.raises(ArchiveRefused, match=path):
            deque(items, maxlen=0)


def test_an_item_that_is_there_twice_is_noticed(archive: Path) -> None:
    line = b'{"Item":{"id":{"S":"twice"}}}\n'
    rewrite_data(archive, EVERYTHING, line * 2)
    with pytest.raises(ArchiveError, match="is in the archive twice"):
        put_back(archive)


def test_an_item_that_is_there_twice_far_apart_is_noticed(archive: Path) -> None:
    lines = [b'{"Item":{"id":{"S":"%d"}}}\n' % number for number in range(150)]
    rewrite_data(archive, EVERYTHING, b"".join([*lines, lines[0]]))
    with pytest.raises(ArchiveError, match="holds 150 items, the archive 151"):
        put_back(archive)


def test_a_restore_that_was_stopped_can_be_repeated(tmp_path: Path) -> None:
    make_tables()
    fill_tables()
    original = {name: stored(name) for name in TABLES}
    write_archive(tmp_path / "archive", TABLES)
    under("restored-")
    archive = open_archive(tmp_path / "archive")

    def stop(progress: Progress) -> None:
        if progress.done >= 200:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restore(archive, plan_restore(archive), stop)
    assert 0 < sum(len(stored(name)) for name in TABLES) < archive.manifest.items
    assert all("is not empty" in reason for reason in obstacles(tmp_path / "archive"))
    put_back(tmp_path / "archive", existing=Existing.EMPTY)
    assert {name: stored(name) for name in TABLES} == original


class TestItemsThatExpire:
    """The store deletes them when it likes, also during a restore."""

    @pytest.fixture
    def archive(self, tmp_path: Path) -> Path:
        make_tables()
        now = int(time.time())
        moments = {"over": 1, "nearly over": now + 60, "later": now + 86_400}
        items: list[RawItem] = [
            {"group": {"B": name.encode()}, "rank": {"N": "1"}, "expires_at": {"N": str(moment)}}
            for name, moment in moments.items()
        ]
        put(KEYED, ("group", "rank"), [*items, {"group": {"B": b"never"}, "rank": {"N": "1"}}])
        write_archive(tmp_path / "archive", [KEYED])
        return tmp_path / "archive"

    def restored(self, folder: Path, lost: list[str]) -> dict[str, int]:
        def lose(progress: Progress) -> None:
            if progress.done == progress.total:
                for name in lost:
                    key = {"group": {"B": name.encode()}, "rank": {"N": "1"}}
                    call("DeleteItem", {"TableName": table_name(KEYED), "Key": key})

        archive = open_archive(folder)
        return restore(archive, plan_restore(archive, existing=Existing.EMPTY), lose)

    @pytest.mark.parametrize(
        "lost", [[], ["over"], ["over", "nearly over"]], ids=["no", "one", "two"]
    )
    def test_may_be_gone_at_the_end(self, archive: Path, lost: list[str]) -> None:
        assert self.restored(archive, lost) == {table_name(KEYED): 4 - len(lost)}

    @pytest.mark.parametrize("lost", [["later"], ["never"], ["over", "later"]], ids="+".join)
    def test_must_be_there_before_they_do(self, archive: Path, lost: list[str]) -> None:
        with pytest.raises(ArchiveError, match=f"holds {4 - len(lost)} items, the archive 4"):
            self.restored(archive, lost)


REFUSED: dict[str, Callable[[Path], object]] = {
    "cut short": lambda file: file.write_bytes(file.read_bytes()[:-1]),
    "altered": lambda file: file.write_bytes(bytes(reversed(file.read_bytes()))),
    "gone": lambda file: file.unlink(),
}


@pytest.mark.parametrize("way", REFUSED)
def test_nothing_is_written_when_the_last_file_is_not_whole(archive: Path, way: str) -> None:
    REFUSED[way](data_files(archive)[-1])
    with (
        attempts("CreateTable") as made,
        attempts("TransactWriteItems") as written,
        pytest.raises(ArchiveRefused),
    ):
        put_back(archive)
    assert (made, written, table_names()) == ([], [], set())
