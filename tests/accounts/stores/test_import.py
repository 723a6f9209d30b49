"""Stores out of files and other systems."""

from __future__ import annotations

import csv
import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError

from accounts.entities import User
from accounts.import_targets import STORES
from accounts.stores import repository, selectors, services
from accounts.stores.entities import Store
from accounts.stores.spoken_hours import written
from accounts.stores.time_zones import time_zone_of
from storage.intake import Entry, Outcome
from storage.meter import measure
from tests.accounts.stores.shops import bind, make
from tests.catalog.import_files import sample_data
from tests.commands import run

STOCKED = "bestbuy_stores_categories/stores.json.gz"
ROW = {"number": "7", "name": "High Street", "city": "Madrid", "country": "ES"}


def import_file(path: Path, user: User, *options: object) -> str:
    report = path.with_name("errors.csv")
    return run("import_stores", path, "--organisation", user.org_id, "--errors", report, *options)


def write_json(path: Path, rows: list[Any]) -> Path:
    path.write_text(json.dumps(rows), encoding="utf-8")
    return path


def refused(path: Path) -> list[tuple[str, str]]:
    with path.with_name("errors.csv").open(encoding="utf-8-sig", newline="") as file:
        return [(row["line"], row["field"]) for row in csv.DictReader(file)]


def by_number(user: User) -> dict[str, Store]:
    return {store.number: store for store in repository.every_store(user.org_id)}


def test_all_stores_of_a_chain_are_imported_once(alice: User, tmp_path: Path) -> None:
    source = sample_data(STOCKED)
    options = (
        *("--set", "country=US", "--twelve-hour-clock"),
        *("--errors", tmp_path / "errors.csv", "--organisation", alice.org_id),
    )
    assert "1565 created, 0 changed, 0 unchanged, 0 refused" in run(
        "import_stores", source, *options
    )
    mall = by_number(alice)["1000"]
    assert mall.opening_hours is not None
    assert [written(day) for day in mall.opening_hours.week] == [
        *["10:00–21:30"] * 6,
        "11:00–19:00",
    ]
    assert (mall.name, mall.time_zone) == ("Mall of America", "America/Chicago")
    assert (mall.address.lines, mall.address.region) == (("340 W Market",), "MN")
    assert len(selectors.all_stores(alice.actor)) == 1565
    with measure() as meter:
        said = run("import_stores", source, *options)
    assert "0 created, 0 changed, 1565 unchanged, 0 refused" in said
    assert {call.operation for call in meter.calls} <= {"GetItem", "BatchGetItem"}
    assert len(meter.calls) < 50


def test_what_differs_changes_and_what_is_left_out_stays(alice: User, tmp_path: Path) -> None:
    path = write_json(
        tmp_path / "stores.json",
        [{**ROW, "hours": "Mon-Fri: 9-13", "address": "Plaza 1", "address2": "Local 3"}],
    )
    assert "1 created" in import_file(path, alice)
    first = by_number(alice)["7"]
    assert (first.time_zone, first.address.lines) == ("Europe/Madrid", ("Plaza 1", "Local 3"))
    write_json(path, [{"number": 7, "name": "Low Street", "zip": "28013", "active": "no"}])
    assert "0 created, 1 changed" in import_file(path, alice)
    second = by_number(alice)["7"]
    assert (second.name, second.address.postal_code, second.active) == (
        "Low Street",
        "28013",
        False,
    )
    assert (second.address.city, second.opening_hours) == ("Madrid", first.opening_hours)
    entry = selectors.store_history(alice.actor, second).items[0]
    assert (entry.action, sorted(entry.changes)) == (
        "accounts.import_store",
        ["active", "name", "postal_code"],
    )
    assert "1 unchanged" in import_file(path, alice)


def test_a_row_is_refused_with_its_reason_and_the_others_go_on(alice: User, tmp_path: Path) -> None:
    services.delete_store(
        actor=alice.actor, store_id=make(alice, number="gone").store_id, version=1
    )
    path = tmp_path / "stores.csv"
    path.write_text(
        "number,name,country,region,opening_hours,active\n"
        "1,Good,ES,,Mon: 9-13,yes\n"
        ",No number,ES,,,\n"
        "3,,ES,,,\n"
        "4,No zone,US,XX,,\n"
        "5,Bad hours,ES,,Mon: 10-9,\n"
        "6,Bad country,Spain,,,\n"
        "1,Twice,ES,,,\n"
        "gone,Deleted,ES,,,\n"
        "9,Bad switch,ES,,,perhaps\n",
        encoding="utf-8",
    )
    with pytest.raises(SystemExit) as ended:
        import_file(path, alice)
    assert ended.value.code == 1
    assert refused(path) == [
        *(("3", "number"), ("4", "name"), ("5", "time_zone"), ("6", "opening_hours")),
        *(("7", "country"), ("8", "number"), ("9", ""), ("10", "active")),
    ]
    assert sorted(by_number(alice)) == ["1", "gone"]


def test_a_dry_run_says_the_same_and_writes_nothing(alice: User, tmp_path: Path) -> None:
    path = write_json(tmp_path / "stores.json", [ROW, {**ROW, "number": "8"}])
    assert "2 would be created" in import_file(path, alice, "--dry-run")
    assert by_number(alice) == {}


def test_a_run_that_was_stopped_goes_on_where_it_was(
    alice: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("config.file_import.BATCH_ROWS", 2)
    rows = [{**ROW, "number": str(number)} for number in range(5)]
    path = write_json(tmp_path / "stores.json", rows)
    asked = iter([False, True])
    monkeypatch.setattr(
        "storage.interruption.Interruption.was_asked_for", lambda _self: next(asked, True)
    )
    with pytest.raises(CommandError, match="goes on after row 2"):
        import_file(path, alice)
    assert len(by_number(alice)) == 2
    monkeypatch.setattr("storage.interruption.Interruption.was_asked_for", lambda _self: False)
    said = import_file(path, alice)
    assert "Going on after row 2." in said
    assert "5 created" in said
    assert len(by_number(alice)) == 5


def test_imports_at_once_make_each_store_once(alice: User) -> None:
    rows = [Entry(line, {**ROW, "number": str(line)}) for line in range(1, 41)]

    def process(_number: int) -> Outcome:
        writer = STORES.writer(org_id=alice.org_id, owner_email=None, dry_run=False, options={})
        return writer.process(rows)

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(process, range(4)))
    assert sum(outcome.counts.created for outcome in outcomes) == 40
    assert sum(outcome.counts.unchanged for outcome in outcomes) == 120
    assert len(by_number(alice)) == 40


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ([], "Say for whom"),
        (["--organisation", "ORG-nobody"], "no such organisation"),
        (["--owner", "bob@example.com"], "not allowed"),
        (["--owner", "alice@example.com", "--map", "number=Nr"], "no column “Nr”"),
        (["--owner", "alice@example.com", "--map", "nr=number"], "no field “nr”"),
        (["--owner", "alice@example.com", "--map", "number="], "No column gives the number"),
    ],
)
def test_what_cannot_begin_says_why(
    alice: User, bob: User, tmp_path: Path, options: list[str], reason: str
) -> None:
    path = write_json(tmp_path / "stores.json", [ROW])
    with pytest.raises(CommandError, match=reason):
        run("import_stores", path, *options)


SQL_MAPPING = """
target = "stores"

[options]
twelve_hour_clock = true

[source]
table = "branches"

[fields]
number = "id"
name = "title"
city = "town"
country = { value = "ES" }
opening_hours = "hours"
active = { column = "closed", true = ["0"], false = ["1"] }
"""


def test_a_table_of_a_database_becomes_stores(alice: User, tmp_path: Path) -> None:
    database, mapping = tmp_path / "old.db", tmp_path / "stores.toml"
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(
            "CREATE TABLE branches (id INTEGER PRIMARY KEY, title, town, hours, closed)"
        )
        connection.execute(
            "INSERT INTO branches VALUES (7, 'High Street', 'Madrid', 'Mon: 10-9', 0)"
        )
        connection.execute("INSERT INTO branches VALUES (8, 'Low Street', NULL, NULL, 1)")
    mapping.write_text(SQL_MAPPING, encoding="utf-8")
    options = (mapping, "--url", f"sqlite:///{database}", "--organisation", alice.org_id)
    assert "2 created" in run("import_sql", *options)
    assert "2 unchanged" in run("import_sql", *options)
    high, low = by_number(alice)["7"], by_number(alice)["8"]
    assert high.opening_hours is not None
    assert written(high.opening_hours.week[0]) == "10:00–21:00"
    assert (high.active, low.active, low.opening_hours) == (True, False, None)


def test_who_is_bound_to_stores_imports_none(alice: User, tmp_path: Path) -> None:
    bind(alice, make(alice))
    path = write_json(tmp_path / "stores.json", [ROW])
    with pytest.raises(CommandError, match="not allowed"):
        run("import_stores", path, "--owner", alice.email)


@pytest.mark.parametrize(
    ("country", "region", "expected"),
    [
        ("US", "mn", "America/Chicago"),
        ("US", "", ""),
        ("CA", "QC", "America/Toronto"),
        ("ES", "", "Europe/Madrid"),
        ("FR", "", "Europe/Paris"),
        ("BR", "SP", ""),
        ("", "", ""),
    ],
)
def test_a_time_zone_follows_from_the_region_where_it_can(
    country: str, region: str, expected: str
) -> None:
    assert time_zone_of(country, region) == expected
