from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import orjson
import pytest

from storage.archive.errors import MigratedMeanwhile
from storage.archive.writing import write_archive
from tests.storage.archive.things import (
    ITEMS,
    LEDGER,
    THINGS,
    add_counting,
    apply_by_hand,
    migrate,
    once,
)
from tests.storage.evolution.projects import Project
from tests.storage.faults import attempts

pytestmark = pytest.mark.usefixtures("own_store")


class TestAMigrationDuringADump:
    def test_that_is_over_before_its_end_is_noticed(self, shop: Project, tmp_path: Path) -> None:
        add_counting(shop)
        with pytest.raises(MigratedMeanwhile, match=r"shop\.0002_up"):
            write_archive(tmp_path / "archive", [THINGS, LEDGER], tell=once(lambda: migrate(shop)))
        assert not (tmp_path / "archive").exists()

    def test_that_is_undone_is_noticed(self, shop: Project, tmp_path: Path) -> None:
        add_counting(shop)
        migrate(shop)
        with pytest.raises(MigratedMeanwhile, match=r"shop\.0002_up"):
            write_archive(
                tmp_path / "archive", [THINGS], tell=once(lambda: migrate(shop, "shop", "0001"))
            )

    def test_that_is_undone_and_done_again_is_noticed(self, shop: Project, tmp_path: Path) -> None:
        apply_by_hand("shop", "0002_up", at="2030-01-01 00:00:00")

        def again() -> None:
            apply_by_hand("shop", "0002_up", at="2030-01-01 00:00:01")

        with pytest.raises(MigratedMeanwhile, match=r"shop\.0002_up"):
            write_archive(tmp_path / "archive", [THINGS], tell=once(again))

    def test_may_be_wanted(self, shop: Project, tmp_path: Path) -> None:
        add_counting(shop)
        manifest = write_archive(
            tmp_path / "archive", [THINGS], unfinished=True, tell=once(lambda: migrate(shop))
        )
        assert manifest.items == ITEMS

    def test_the_manifest_says_what_was_applied(self, shop: Project, tmp_path: Path) -> None:
        apply_by_hand("people", "0001_initial")
        write_archive(tmp_path / "archive", [THINGS])
        words = orjson.loads((tmp_path / "archive" / "manifest.json").read_bytes())
        assert words["applied"] == [
            {"app": "people", "name": "0001_initial"},
            {"app": "shop", "name": "0001_initial"},
        ]

    def test_a_dump_writes_nothing(self, shop: Project, tmp_path: Path) -> None:
        writes = ("PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchWriteItem")
        with ExitStack() as stack:
            made = {name: stack.enter_context(attempts(name)) for name in writes}
            write_archive(tmp_path / "archive", [THINGS, LEDGER])
        assert made == {name: [] for name in writes}
