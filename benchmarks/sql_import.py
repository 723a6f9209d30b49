"""How fast products come out of an SQL database, beside the same rows out of a file.

    .venv/bin/python -m benchmarks.sql_import [ROWS]

An engine on disk; SQLite and a CSV file with the same rows. Each is imported twice, for
organisations of their own, in the order file, SQL, SQL, file: a store gets slower as it fills.
"""

from __future__ import annotations

import csv
import sqlite3
import sys
import tempfile
import time
import tomllib
from collections import deque
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.environment import application_environment
from benchmarks.import_throughput import import_file, write_rows

if TYPE_CHECKING:
    from accounts.entities import User

ROWS = 2_500
MAPPING = """
target = "products"
[source]
table = "items"
[fields]
sku = "sku"
name = "name"
description = "description"
brand = "brand"
price = { column = "price", currency = "EUR" }
currency = "currency"
category = { column = "category", split = "/" }
image_url = "image_url"
status = "status"
"""


def write_database(rows: Path, path: Path) -> str:
    """The rows of a CSV file as a table; its address."""
    with rows.open(encoding="utf-8", newline="") as file, closing(sqlite3.connect(path)) as target:
        lines = csv.reader(file)
        columns = next(lines)
        target.execute(f"CREATE TABLE items (id INTEGER PRIMARY KEY, {', '.join(columns)})")
        marks = ", ".join("?" for _ in columns)
        target.executemany(f"INSERT INTO items ({', '.join(columns)}) VALUES ({marks})", lines)
        target.commit()
    return f"sqlite:///{path}"


def import_sql(url: str, folder: Path, owner: User) -> float:
    """Seconds."""
    from config.sql_import.mapping import parse_mapping
    from config.sql_import.run import Run, execute
    from config.sql_import.source import Source
    from config.sql_import.targets import target_named

    mapping = parse_mapping(tomllib.loads(MAPPING), folder=folder)
    target = target_named(mapping.target)
    started = time.perf_counter()
    run = Run(mapping, Source(url), target)
    writer = target.writer(org_id=None, owner_email=owner.email, dry_run=False, options={})
    with closing(writer):
        steps = execute(
            run,
            writer,
            whose=owner.email,
            report=folder / "sql-errors.csv",
            checkpoint=folder / "sql-checkpoint.json",
        )
        progress = deque(steps, maxlen=1).pop()
    assert not progress.counts.refused
    assert not progress.differences
    return time.perf_counter() - started


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with application_environment(folder / "backroom.db"):
            rows = folder / "rows.csv"
            write_rows(rows, count)
            url = write_database(rows, folder / "old.db")
            owners = [_owner(number) for number in range(4)]
            file_seconds = import_file(rows, folder, owners[0].org_id).seconds
            sql_seconds = import_sql(url, folder, owners[1])
            sql_seconds += import_sql(url, folder, owners[2])
            file_seconds += import_file(rows, folder, owners[3].org_id).seconds
            print(_rate("products from a file", 2 * count, file_seconds))
            print(_rate("the same rows from SQLite", 2 * count, sql_seconds))
            print(f"{file_seconds / sql_seconds:.0%} of the rate of a file")
            again = import_sql(url, folder, owners[1])
            print(_rate("from SQLite again, unchanged", count, again))


def _owner(number: int) -> User:
    from accounts.services import sign_up

    return sign_up(
        email=f"owner-{number}@example.com",
        password="only of this benchmark",
        organisation_name="Bench",
    )


def _rate(label: str, rows: int, seconds: float) -> str:
    return f"{label:34} {rows / seconds:7.0f} rows/s"


if __name__ == "__main__":
    main()
