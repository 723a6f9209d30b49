from __future__ import annotations

import errno
import gzip
import hashlib
import os
import stat
import subprocess
from pathlib import Path
from typing import Any

import orjson
import pytest

from accounts.tables import AccountItem
from storage.archive.errors import ArchiveError, MigrationUnfinished
from storage.archive.manifest import Manifest
from storage.archive.progress import Progress
from storage.archive.reading import open_archive, verify
from storage.archive.writing import write_archive
from storage.client import call
from storage.configuration import table_name
from storage.errors import StoreUnavailable
from storage.evolution.lease import Lease
from storage.evolution.ledger_table import MigrationItem
from storage.schema import create_tables
from storage.transactions import Transaction
from tests.storage.archive.samples import (
    EMPTY,
    EVERYTHING,
    KEYED,
    TABLES,
    data_files,
    everything,
    fill_tables,
    put,
)
from tests.storage.faults import attempts, injected, raw_answer, refusal

pytestmark = pytest.mark.usefixtures("sample_tables")


def write(folder: Path, *tables: str, **options: Any) -> Manifest:
    return write_archive(folder, tables or TABLES, **options)


def lines(folder: Path) -> list[bytes]:
    return [
        line
        for file in data_files(folder)
        for line in gzip.decompress(file.read_bytes()).splitlines()
    ]


def test_every_item_is_a_line_and_the_manifest_counts_them(tmp_path: Path) -> None:
    fill_tables()
    manifest = write(tmp_path / "archive")
    found = lines(tmp_path / "archive")
    assert len(found) == manifest.items == len(list(everything())) + 24
    assert {entry.name: entry.items for entry in manifest.tables}[EMPTY] == 0
    assert all(orjson.loads(line).keys() == {"Item"} for line in found)


def test_the_manifest_says_what_tables_are(tmp_path: Path) -> None:
    manifest = write(tmp_path / "archive", KEYED)
    assert orjson.loads(manifest.text())["tables"] == [
        {
            "name": KEYED,
            "schema": {
                "KeySchema": [
                    {"AttributeName": "group", "KeyType": "HASH"},
                    {"AttributeName": "rank", "KeyType": "RANGE"},
                ],
                "AttributeDefinitions": [
                    {"AttributeName": "colour", "AttributeType": "S"},
                    {"AttributeName": "group", "AttributeType": "B"},
                    {"AttributeName": "rank", "AttributeType": "N"},
                    {"AttributeName": "size", "AttributeType": "N"},
                ],
                "GlobalSecondaryIndexes": [
                    {
                        "IndexName": "colour-index",
                        "KeySchema": [
                            {"AttributeName": "colour", "KeyType": "HASH"},
                            {"AttributeName": "rank", "KeyType": "RANGE"},
                        ],
                        "Projection": {"ProjectionType": "KEYS_ONLY"},
                    }
                ],
                "LocalSecondaryIndexes": [
                    {
                        "IndexName": "size-index",
                        "KeySchema": [
                            {"AttributeName": "group", "KeyType": "HASH"},
                            {"AttributeName": "size", "KeyType": "RANGE"},
                        ],
                        "Projection": {
                            "ProjectionType": "INCLUDE",
                            "NonKeyAttributes": ["colour"],
                        },
                    }
                ],
                "BillingMode": "PAY_PER_REQUEST",
            },
            "time_to_live": "expires_at",
            "items": 0,
            "files": [],
        }
    ]


def test_the_same_data_gives_the_same_files(tmp_path: Path) -> None:
    fill_tables()
    one, other = write(tmp_path / "one"), write(tmp_path / "other")
    assert one.tables == other.tables
    assert [file.read_bytes() for file in data_files(tmp_path / "one")] == [
        file.read_bytes() for file in data_files(tmp_path / "other")
    ]


def test_files_are_cut_at_a_size(tmp_path: Path) -> None:
    fill_tables()
    manifest = write(tmp_path / "archive", EVERYTHING, file_bytes=4_000)
    (entry,) = manifest.tables
    assert len(entry.files) > 5
    assert [file.path for file in entry.files][:2] == [
        f"{EVERYTHING}/00001.json.gz",
        f"{EVERYTHING}/00002.json.gz",
    ]
    verify(open_archive(tmp_path / "archive"))


def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    fill_tables()
    write(tmp_path / "archive")
    modes = {
        (path.is_dir(), stat.S_IMODE(path.stat().st_mode))
        for path in [tmp_path / "archive", *(tmp_path / "archive").rglob("*")]
    }
    assert modes == {(True, 0o700), (False, 0o600)}


def test_the_checksum_is_one_that_sha256sum_understands(tmp_path: Path) -> None:
    write(tmp_path / "archive")
    checked = subprocess.run(
        ["sha256sum", "--check", "--strict", "manifest.sha256"], cwd=tmp_path / "archive"
    )
    assert checked.returncode == 0


def test_progress_counts_over_all_tables(tmp_path: Path) -> None:
    fill_tables()
    heard: list[Progress] = []
    manifest = write_archive(tmp_path / "archive", TABLES, tell=heard.append)
    assert [progress.done for progress in heard] == sorted(progress.done for progress in heard)
    assert heard[-1].done == heard[-1].total == manifest.items
    assert {progress.table for progress in heard} == set(TABLES)


class TestWhereItGoes:
    def test_an_empty_folder_is_taken(self, tmp_path: Path) -> None:
        (tmp_path / "archive").mkdir(mode=0o755)
        write(tmp_path / "archive")
        verify(open_archive(tmp_path / "archive"))
        assert stat.S_IMODE((tmp_path / "archive").stat().st_mode) == 0o700

    def test_a_folder_with_something_in_it_is_left_alone(self, tmp_path: Path) -> None:
        (tmp_path / "archive").mkdir()
        (tmp_path / "archive" / "kept").write_text("kept")
        with pytest.raises(ArchiveError, match="is not an empty folder"):
            write(tmp_path / "archive")
        assert [path.name for path in tmp_path.rglob("*")] == ["archive", "kept"]

    def test_a_file_is_left_alone(self, tmp_path: Path) -> None:
        (tmp_path / "archive").write_text("kept")
        with pytest.raises(ArchiveError, match="exists already"):
            write(tmp_path / "archive")
        assert (tmp_path / "archive").read_text() == "kept"

    def test_the_folder_above_must_be_there(self, tmp_path: Path) -> None:
        with pytest.raises(ArchiveError, match="There is no folder"):
            write(tmp_path / "nowhere" / "archive")

    @pytest.mark.parametrize("number", [errno.EBUSY, errno.EXDEV])
    def test_a_place_that_cannot_be_taken_is_refused_before_anything_is_read(
        self, tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As the place where something is mounted."""
        fill_tables()
        (tmp_path / "archive").mkdir()

        def busy(path: Path, target: Path) -> None:
            raise OSError(number, os.strerror(number), str(path), None, str(target))

        monkeypatch.setattr(Path, "rename", busy)
        with (
            attempts("Scan") as read,
            pytest.raises(ArchiveError, match="mounted there: name a new folder in it"),
        ):
            write(tmp_path / "archive")
        assert read == []
        assert list(tmp_path.rglob("*")) == [tmp_path / "archive"]

    def test_an_empty_folder_stays_when_it_fails(self, tmp_path: Path) -> None:
        (tmp_path / "archive").mkdir(mode=0o750)
        with pytest.raises(ArchiveError, match="There is no table"):
            write(tmp_path / "archive", "no")
        assert list(tmp_path.rglob("*")) == [tmp_path / "archive"]
        assert stat.S_IMODE((tmp_path / "archive").stat().st_mode) == 0o750

    def test_what_appears_there_meanwhile_is_left_alone(self, tmp_path: Path) -> None:
        fill_tables()

        def appear(_progress: Progress) -> None:
            (tmp_path / "archive").mkdir(exist_ok=True)
            (tmp_path / "archive" / "kept").touch()

        with pytest.raises(OSError, match="not empty"):
            write_archive(tmp_path / "archive", TABLES, tell=appear)
        assert sorted(path.name for path in tmp_path.rglob("*")) == ["archive", "kept"]


class TestNothingIsLeftBehind:
    def test_when_it_is_interrupted(self, tmp_path: Path) -> None:
        fill_tables()

        def interrupt(progress: Progress) -> None:
            assert list(tmp_path.glob(".archive.unfinished-*/everything/*.gz"))
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            write_archive(tmp_path / "archive", [EVERYTHING], tell=interrupt)
        assert list(tmp_path.iterdir()) == []

    def test_when_the_store_goes_away(self, tmp_path: Path) -> None:
        fill_tables()
        gone = refusal("InternalServerError", status=500)
        with (
            injected("Scan", lambda _request: None, always=gone),
            pytest.raises(StoreUnavailable),
        ):
            write(tmp_path / "archive")
        assert list(tmp_path.iterdir()) == []

    def test_when_a_right_is_missing(self, tmp_path: Path) -> None:
        denied = refusal("AccessDeniedException", Message="not yours")
        with injected("Scan", always=denied), pytest.raises(ArchiveError, match="not yours"):
            write(tmp_path / "archive")
        assert list(tmp_path.iterdir()) == []

    def test_when_a_table_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(ArchiveError, match=f"There is no table {table_name('no')}"):
            write(tmp_path / "archive", EMPTY, "no")
        assert list(tmp_path.iterdir()) == []


def test_an_item_that_could_not_be_put_back_stops_it(tmp_path: Path) -> None:
    """An index that is added later leaves items of another type in the table, out of itself."""
    call(
        "UpdateTable",
        {
            "TableName": table_name(EMPTY),
            "AttributeDefinitions": [
                {"AttributeName": "id", "AttributeType": "S"},
                {"AttributeName": "n", "AttributeType": "S"},
            ],
            "GlobalSecondaryIndexUpdates": [
                {
                    "Create": {
                        "IndexName": "n-index",
                        "KeySchema": [{"AttributeName": "n", "KeyType": "HASH"}],
                        "Projection": {"ProjectionType": "ALL"},
                    }
                }
            ],
        },
    )
    number = {"id": {"S": "a"}, "n": {"N": "1"}}
    answer = orjson.dumps({"Items": [number], "Count": 1})
    with (
        injected("Scan", raw_answer(200, answer)),
        pytest.raises(ArchiveError, match=r'{"id":{"S":"a"}} of .* a key n that is not of type S'),
    ):
        write(tmp_path / "archive", EMPTY)


def test_an_item_about_a_person_is_not_named(tmp_path: Path) -> None:
    """Their keys may be addresses; the digest is what messages of migrations have, too."""
    create_tables([AccountItem])
    key = {"hashKey": {"S": "EMAIL#alice@example.com"}, "rangeKey": {"S": "EMAIL#alice"}}
    answer = orjson.dumps({"Items": [{**key, "itemType": {"N": "1"}}], "Count": 1})
    digest = hashlib.sha256(orjson.dumps(key)).hexdigest()[:12]
    with injected("Scan", raw_answer(200, answer)), pytest.raises(ArchiveError) as refused:
        write(tmp_path / "archive", "accounts")
    said = f"The item #{digest} of {table_name('accounts')} has a key itemType that is not"
    assert str(refused.value).startswith(said)
    assert "alice" not in str(refused.value)


class TestMigrations:
    @pytest.fixture(autouse=True)
    def ledger(self, sample_tables: None) -> None:
        create_tables([MigrationItem])
        put_ledger("catalog", "0001_initial")

    def names(self, folder: Path) -> set[str]:
        return {orjson.loads(line)["Item"]["app"]["S"] for line in lines(folder)}

    def test_what_was_applied_is_part_of_the_archive(self, tmp_path: Path) -> None:
        write(tmp_path / "archive", "migrations")
        assert self.names(tmp_path / "archive") == {"catalog"}

    def test_a_runner_at_work_stops_it(self, tmp_path: Path) -> None:
        with Lease(), pytest.raises(MigrationUnfinished, match=r"at work: .*process"):
            write(tmp_path / "archive")
        write(tmp_path / "archive")

    def test_a_lease_that_is_over_does_not(self, tmp_path: Path) -> None:
        put_ledger("#lease", "migrate", token="t", by="somebody", at="then", expires_at=1)
        write(tmp_path / "archive", "migrations")
        assert self.names(tmp_path / "archive") == {"catalog"}

    def test_a_half_done_migration_stops_it(self, tmp_path: Path) -> None:
        put_ledger("#run", "catalog.0002_words", position={"backwards": False, "summaries": []})
        with pytest.raises(MigrationUnfinished, match=r"catalog\.0002_words was interrupted"):
            write(tmp_path / "archive", EMPTY)
        assert list(tmp_path.iterdir()) == []

    def test_it_can_be_told_to_take_half_done_data(self, tmp_path: Path) -> None:
        put_ledger("#run", "catalog.0002_words", position={"backwards": False, "summaries": []})
        put_ledger("#job catalog.0002_words/1/000", "0")
        write_archive(tmp_path / "archive", ["migrations"], unfinished=True)
        assert self.names(tmp_path / "archive") == {"catalog"}

    def test_a_migration_that_begins_meanwhile_stops_it(self, tmp_path: Path) -> None:
        def begin(_progress: Progress) -> None:
            put_ledger("#run", "catalog.0002_words", position={"backwards": False, "summaries": []})

        with pytest.raises(MigrationUnfinished):
            write_archive(tmp_path / "archive", TABLES, tell=begin)
        assert list(tmp_path.iterdir()) == []

    def test_other_tables_may_hold_what_looks_like_it(self, tmp_path: Path) -> None:
        put(EVERYTHING, ("id",), [{"id": {"S": "a"}, "app": {"S": "#run"}}])
        assert write(tmp_path / "archive", EVERYTHING).items == 1


def put_ledger(app: str, name: str, **attributes: Any) -> None:
    transaction = Transaction()
    transaction.put(MigrationItem(app, name, **attributes))
    transaction.commit()
