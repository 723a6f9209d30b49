"""Stopping, going on, and counting at the end."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from config.local_store import EMBEDDED_VARIABLE, place_of_data
from config.sql_import.run import BATCH_ROWS, Progress, execute
from storage import configuration as settings_of_storage
from storage.configuration import configuration
from storage.errors import StoreUnavailable
from storage.intake import Entry, Outcome, Refusal
from tests.config.sql_import.capture import Captured, CapturingTarget, rows_of, run_of
from tests.config.sql_import.sqlite import change, products

MAPPING = """
[source]
table = "items"
[fields]
sku = "sku"
title = "title"
"""
ROWS = 3 * BATCH_ROWS + 50


class _Killed(BaseException):
    """What a kill is to the code that it meets: behind a write, before the checkpoint."""


class Shop(Captured):
    """A target that remembers by key, and dies in the batch after `lives` ones, once that is
    written."""

    def __init__(self, lives: int = 1_000_000) -> None:
        super().__init__()
        self.stored: dict[str, str] = {}
        self.lives = lives

    def process(self, entries: Sequence[Entry]) -> Outcome:
        if self.lives < 0:
            raise _Killed
        outcome = Outcome()
        for entry in entries:
            sku, title = entry.values["sku"], entry.values["title"]
            before = self.stored.get(sku)
            self.stored[sku] = title
            if before is None:
                outcome.counts.created += 1
            elif before == title:
                outcome.counts.unchanged += 1
            else:
                outcome.counts.changed += 1
        self.lives -= 1
        if self.lives < 0:
            raise _Killed
        self.batches.append(len(entries))
        return outcome

    def count(self) -> int:
        return len(self.stored)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    products(tmp_path / "p.db", ROWS)
    return tmp_path / "p.db"


def steps(
    database: Path,
    shop: Captured,
    *,
    mapping: str = MAPPING,
    whose: str = "alice",
    fresh: bool = False,
    dry_run: bool = False,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Progress]:
    folder = database.parent
    run = run_of(f"sqlite:///{database}", "sku title", mapping, folder, dry_run=dry_run)
    return execute(
        run,
        shop,
        whose=whose,
        report=folder / "report.csv",
        checkpoint=folder / "checkpoint",
        fresh=fresh,
        stop=stop,
    )


def killed(database: Path, shop: Shop, batches: int) -> None:
    shop.lives = batches
    with pytest.raises(_Killed):
        list(steps(database, shop))
    shop.lives = 1_000_000
    shop.batches.clear()


def test_a_killed_import_goes_on_where_it_was(database: Path) -> None:
    shop = Shop()
    killed(database, shop, 2)
    first, *_rest, last = [(one.rows, one.counts.created) for one in steps(database, shop)]
    assert first == (2 * BATCH_ROWS, 2 * BATCH_ROWS)
    # The batch that was written last was there already.
    assert last == (ROWS, ROWS - BATCH_ROWS)
    assert sum(shop.batches) == ROWS - 2 * BATCH_ROWS
    assert not (database.parent / "checkpoint").exists()


def test_the_counts_cover_both_parts(database: Path) -> None:
    shop = Shop()
    shop.stored["OLD"] = "was there before"
    killed(database, shop, 1)
    last = list(steps(database, shop))[-1]
    assert (last.stored_before, last.stored_after) == (1, ROWS + 1)
    assert last.differences == []


@pytest.mark.parametrize("kills", [[0], [1], [2], [1, 0, 1], [0, 0]], ids=str)
def test_a_kill_between_writing_and_the_checkpoint_is_no_difference(
    database: Path, kills: list[int]
) -> None:
    shop = Shop()
    for batches in kills:
        killed(database, shop, batches)
    last = list(steps(database, shop))[-1]
    assert (last.rows, last.stored_after, last.differences) == (ROWS, ROWS, [])


def test_what_a_kill_leaves_doubtful_has_a_bound(database: Path) -> None:
    class Loses(Shop):
        def count(self) -> int:
            return max(0, len(self.stored) - lost)

    shop, lost = Loses(), 0
    killed(database, shop, 1)
    # Two batches had been handed over, of which the second was never begun.
    lost = BATCH_ROWS + 1
    last = list(steps(database, shop))[-1]
    assert last.differences == [("target", ROWS - BATCH_ROWS, ROWS - lost)]


def test_a_store_that_did_not_answer_in_one_batch_is_no_difference(database: Path) -> None:
    class Fails(Shop):
        fails = True

        def process(self, entries: Sequence[Entry]) -> Outcome:
            outcome = super().process(entries)
            if self.fails and len(self.batches) == 2:
                raise StoreUnavailable("PutItem: timeout")
            return outcome

    shop = Fails()
    with pytest.raises(StoreUnavailable):
        list(steps(database, shop))
    shop.fails = False
    last = list(steps(database, shop))[-1]
    assert (last.rows, last.stored_after, last.differences) == (ROWS, ROWS, [])


def test_a_stop_is_heard_while_going_to_where_it_was(database: Path) -> None:
    shop = Shop()
    killed(database, shop, 3)
    before = (database.parent / "checkpoint").read_bytes()
    asked: list[bool] = []

    def stop() -> bool:
        asked.append(True)
        return True

    last = list(steps(database, shop, stop=stop))[-1]
    assert (last.rows, last.stored_after, shop.batches) == (3 * BATCH_ROWS, None, [])
    assert not last.begun_anew
    assert (database.parent / "checkpoint").read_bytes() == before
    assert list(steps(database, shop))[-1].rows == ROWS


@pytest.mark.parametrize(
    "other",
    [
        {"endpoint": "http://127.0.0.1:1"},
        {"region": "us-east-1"},
        {"table_prefix": "another-"},
        {"place": "/another/data"},
    ],
    ids=["endpoint", "region", "prefix", "place"],
)
def test_a_checkpoint_counts_for_the_same_store_only(
    database: Path, other: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    killed(database, Shop(), 2)
    monkeypatch.setattr(settings_of_storage, "_configuration", replace(configuration(), **other))
    assert next(steps(database, Shop())).rows == 0


@pytest.mark.parametrize("name", ["PRODUCTS_TABLE_NAME", "AWS_PROFILE"])
def test_a_checkpoint_counts_for_the_same_tables_and_account_only(
    database: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_aws = replace(configuration(), endpoint=None)
    monkeypatch.setattr(settings_of_storage, "_configuration", on_aws)
    monkeypatch.delenv(name, raising=False)
    killed(database, Shop(), 2)
    assert next(steps(database, Shop())).rows == 2 * BATCH_ROWS
    monkeypatch.setenv(name, "another")
    assert next(steps(database, Shop())).rows == 0


def test_an_engine_on_another_port_is_the_same_store(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for port in (1, 2):
        local = replace(configuration(), endpoint=f"http://127.0.0.1:{port}", place="/data")
        monkeypatch.setattr(settings_of_storage, "_configuration", local)
        if port == 1:
            killed(database, Shop(), 2)
    assert next(steps(database, Shop())).rows == 2 * BATCH_ROWS


def test_the_embedded_engine_is_known_by_its_data() -> None:
    engine = {EMBEDDED_VARIABLE: "1", "DATA_DIR": "/data"}
    assert place_of_data(engine) == "/data/dynamodb/backroom.db"
    assert place_of_data({"DATA_DIR": "/data"}) == ""


def test_report_and_checkpoint_are_for_their_owner_alone(database: Path) -> None:
    class Refuses(Shop):
        def process(self, entries: Sequence[Entry]) -> Outcome:
            outcome = super().process(entries)
            outcome.refuse([Refusal(entries[0].line, "email", "bad", "somebody@example.com")])
            return outcome

    report = database.parent / "report.csv"
    report.write_text("of an earlier version")
    report.chmod(0o644)
    killed(database, Refuses(), 1)
    for name in ("report.csv", "checkpoint"):
        assert stat.S_IMODE((database.parent / name).stat().st_mode) == 0o600


def test_a_second_row_with_a_key_of_the_first_part_is_still_refused(database: Path) -> None:
    change(database, f"UPDATE items SET sku = 'S-000001' WHERE id = {ROWS}")
    shop = Shop()
    killed(database, shop, 2)
    last = list(steps(database, shop))[-1]
    assert last.counts.refused == 1
    (refusal,) = rows_of(database.parent / "report.csv")
    assert refusal["line"] == str(ROWS)
    assert "Row 1 " in refusal["reason"]


@pytest.mark.parametrize(
    "change_of",
    [
        "DELETE FROM items WHERE id = 5",
        "UPDATE items SET title = 'Another' WHERE id = 5",
        "INSERT INTO items VALUES (0, 'S-0', 'New', 1, 'EUR')",
        f"DELETE FROM items WHERE id > {BATCH_ROWS - 10}",
    ],
    ids=["deleted", "changed", "inserted", "shorter"],
)
def test_it_begins_anew_when_rows_before_that_point_have_changed(
    database: Path, change_of: str
) -> None:
    shop = Shop()
    killed(database, shop, 2)
    change(database, change_of)
    first, *_rest, last = [
        (one.rows, one.begun_anew, one.differences) for one in steps(database, shop)
    ]
    assert first[:2] == (0, True)
    assert last[2] == []


def test_rows_added_behind_that_point_are_no_reason(database: Path) -> None:
    shop = Shop()
    killed(database, shop, 1)
    change(database, "INSERT INTO items VALUES (99999, 'S-99999', 'New', 1, 'EUR')")
    first, *_rest, last = list(steps(database, shop))
    assert not first.begun_anew
    assert last.rows == ROWS + 1


@pytest.mark.parametrize(
    "what",
    [
        {"mapping": MAPPING.replace('"title"', '"cur"')},
        {"whose": "charlie"},
        {"fresh": True},
    ],
    ids=["mapping", "organisation", "fresh"],
)
def test_a_checkpoint_counts_for_the_same_import_only(
    database: Path, what: dict[str, object]
) -> None:
    shop = Shop()
    killed(database, shop, 2)
    first = next(steps(database, Shop(), **what))  # type: ignore[arg-type]
    assert first.rows == 0


@pytest.mark.parametrize("content", ["{", "[]", '{"key": 1}', "null"])
def test_a_damaged_checkpoint_is_as_good_as_none(database: Path, content: str) -> None:
    (database.parent / "checkpoint").write_text(content)
    assert list(steps(database, Shop()))[-1].counts.created == ROWS


def test_a_checkpoint_holds_no_secrets_and_no_rows(database: Path) -> None:
    killed(database, Shop(), 1)
    saved = json.loads((database.parent / "checkpoint").read_text())
    assert saved["rows"] == BATCH_ROWS
    assert "Mug" not in str(saved)


def test_a_stop_finishes_what_was_begun(database: Path) -> None:
    shop = Shop()
    asked = iter([False, True])
    last = list(steps(database, shop, stop=lambda: next(asked, True)))[-1]
    assert last.rows == BATCH_ROWS
    assert last.stored_after is None
    assert list(steps(database, shop))[-1].counts.created == ROWS


def test_a_dry_run_leaves_a_stopped_import_as_it_is(database: Path) -> None:
    killed(database, Shop(), 1)
    before = (database.parent / "checkpoint").read_bytes()
    last = list(steps(database, Shop(), dry_run=True))[-1]
    assert last.rows == ROWS
    assert last.stored_after is None
    assert (database.parent / "checkpoint").read_bytes() == before


def test_a_target_that_lost_something_is_told(database: Path) -> None:
    class Forgetful(Shop):
        def count(self) -> int:
            return max(0, len(self.stored) - 1)

    last = list(steps(database, Forgetful()))[-1]
    assert last.differences == [("target", ROWS, ROWS - 1)]


def test_rows_that_were_not_dealt_with_are_told() -> None:
    assert Progress(rows=3, total=5).differences == [("source", 5, 3)]
    assert Progress(rows=5, total=5, stored_after=0).differences == []


def test_keys_are_compared_as_the_target_stores_them(tmp_path: Path) -> None:
    class Folds(Captured):
        def identity(self, values: dict[str, str]) -> str | None:
            return values["sku"].upper()

    products(tmp_path / "p.db", 2)
    change(tmp_path / "p.db", "UPDATE items SET sku = 's-000001' WHERE id = 2")
    last = list(steps(tmp_path / "p.db", Folds()))[-1]
    assert (last.counts.created, last.counts.refused) == (1, 1)


def test_a_target_may_have_a_key_of_several_fields(tmp_path: Path) -> None:
    products(tmp_path / "p.db", 2)
    change(tmp_path / "p.db", "UPDATE items SET title = 'Same'")
    run = run_of(f"sqlite:///{tmp_path / 'p.db'}", "sku title", MAPPING, tmp_path)
    run.target = CapturingTarget("sku title", ("title", "sku"))
    steps_of = execute(run, Captured(), whose="", report=tmp_path / "r", checkpoint=tmp_path / "c")
    assert list(steps_of)[-1].counts.created == 2
