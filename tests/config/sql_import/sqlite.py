"""SQLite databases to read from, for tests."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any


def sqlite_url(path: Path) -> str:
    return f"sqlite:///{path}"


def made(path: Path, script: str) -> str:
    """A new database; its address."""
    change(path, script)
    return sqlite_url(path)


def change(path: Path, script: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)


def filled(path: Path, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """All rows have as many values as the table has columns."""
    with closing(sqlite3.connect(path)) as connection:
        (first, *rest) = rows
        marks = ", ".join("?" for _ in first)
        connection.executemany(f"INSERT INTO {table} VALUES ({marks})", [first, *rest])
        connection.commit()


def products(path: Path, count: int) -> str:
    """`items`: id, sku, title, price_cents, currency; `labels`: two for every item."""
    change(
        path,
        "CREATE TABLE items (id INTEGER PRIMARY KEY, sku TEXT, title TEXT, cents INT, cur TEXT);"
        "CREATE TABLE labels"
        " (item INTEGER REFERENCES items (id), label TEXT, place INT PRIMARY KEY);",
    )
    filled(
        path,
        "items",
        [(n, f"S-{n:06}", f"Mug {n}", n * 10 + 50, "EUR") for n in range(1, count + 1)],
    )
    filled(
        path,
        "labels",
        [(n // 2 + 1, f"label {n}", n) for n in range(2 * count)],
    )
    return sqlite_url(path)


PRODUCTS = """\
target = "products"
[source]
table = "items"
[fields]
sku = "sku"
name = "title"
price = { column = "cents", factor = "0.01" }
currency = "cur"
"""

SHOP = """
CREATE TABLE sections (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE categories (id INTEGER PRIMARY KEY, name TEXT, section INT REFERENCES sections (id));
CREATE TABLE items (
    id INTEGER PRIMARY KEY, sku TEXT, variant TEXT, title TEXT, price REAL, made DATETIME,
    category INT REFERENCES categories (id), extra JSON, "odd: name" TEXT
);
CREATE TABLE tags (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE item_tags (
    item INT REFERENCES items (id), tag INT REFERENCES tags (id), PRIMARY KEY (item, tag)
);
INSERT INTO sections VALUES (1, 'Home');
INSERT INTO categories VALUES (1, 'Mugs', 1), (2, 'Loose', NULL);
INSERT INTO items VALUES
    (1, 'A', '1', 'Blue mug', 2.55, '2024-07-01 12:00:00', 1, '{"code": [7, 8]}', 'x'),
    (2, 'B', NULL, ' Red mug ', 3, '2024-07-01T12:00:00Z', 2, 'no json', NULL),
    (3, 'C', '', 'Green', 0.1, NULL, NULL, NULL, NULL);
INSERT INTO tags VALUES (1, 'round'), (2, 'blue'), (3, 'new');
INSERT INTO item_tags VALUES (1, 3), (1, 2), (2, 1);
"""
