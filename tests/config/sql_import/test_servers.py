"""What PostgreSQL and MariaDB alone have: their types, and how their drivers tell them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from config.sql_import import errors
from config.sql_import.errors import UnusableSource
from config.sql_import.source import Source
from tests.commands import run
from tests.config.sql_import.capture import Result, captured
from tests.config.sql_import.conftest import maria_connection, postgres_connection
from tests.config.sql_import.servers import Server

POSTGRESQL = """
CREATE TYPE mood AS ENUM ('happy', 'sad');
CREATE DOMAIN amount AS numeric CHECK (value > 0);
CREATE SCHEMA other;
CREATE TABLE other.makers (id uuid PRIMARY KEY, name text);
CREATE TABLE things (
    a int, b text, sku text, whole numeric, single real, double float8, cash money,
    local timestamp, zoned timestamptz, day date, span interval, moods mood[], numbers int[],
    doc jsonb, maker uuid REFERENCES other.makers, address inet, span4 int4range, positive amount,
    mood mood, content bytea, padded char(5), yes boolean, PRIMARY KEY (a, b)
);
CREATE TABLE parts (
    a int, b text, v text, id serial PRIMARY KEY, FOREIGN KEY (a, b) REFERENCES things
);
CREATE TABLE patents (maker uuid REFERENCES other.makers, v date, id serial PRIMARY KEY);
INSERT INTO other.makers VALUES ('11111111-1111-1111-1111-111111111111', 'Alder');
INSERT INTO things VALUES (
    1, 'x', 'A', 1.50, 2.55, 0.1, '1234.50', '2024-07-01 12:00', '2024-07-01 12:00+05',
    '2024-07-01', '1 day 2:03', '{happy,sad}', '{1,2}', '{"a": {"b": 2.55}}',
    '11111111-1111-1111-1111-111111111111', '10.0.0.1/8', '[1,5)', 3.5, 'sad', '\\x00ff', 'ab', true
), (
    2, 'y', 'B', 'NaN', 'NaN', 'Infinity', NULL, 'infinity', '-infinity', 'infinity', NULL, NULL,
    '{NULL}', '[1]', NULL, NULL, NULL, NULL, NULL, NULL, NULL, false
), (
    2, 'z', 'C', 1e40, 1e-20, 1e300, NULL, '0044-03-15 BC', '20000-01-01 00:00+00', NULL, NULL,
    '{}', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
);
INSERT INTO parts (a, b, v) VALUES (1, 'x', 'one'), (2, 'z', 'two'), (1, 'x', 'three');
INSERT INTO patents (maker, v) VALUES ('11111111-1111-1111-1111-111111111111', '2024-02-29');
"""
THINGS = """
[source]
table = "things"
zone = "Europe/Madrid"
[[join]]
table = "makers"
schema = "other"
[[children]]
table = "parts"
column = "v"
[[children]]
table = "patents"
column = "v"
on = { maker = "maker" }
[fields]
sku = "sku"
whole = "whole"
single = "single"
double = "double"
cash = "cash"
local = "local"
zoned = "zoned"
day = "day"
span = "span"
moods = "moods"
numbers = "numbers"
doc = { column = "doc", pick = "a.b" }
id = "maker"
maker = "makers.name"
address = "address"
span4 = "span4"
positive = "positive"
mood = "mood"
content = { column = "content", as = "file", folder = "files" }
padded = "padded"
yes = "yes"
parts = { children = "parts" }
patents = { children = "patents" }
"""
KINDS = (
    "sku whole:decimal single:decimal double:decimal cash:decimal local:moment zoned:moment"
    " day:moment span moods:texts numbers:texts doc:decimal id maker address span4"
    " positive:decimal mood content padded yes:boolean parts:texts patents:texts"
)


@pytest.fixture(scope="module")
def things(postgresql: Server, tmp_path_factory: pytest.TempPathFactory) -> Result:
    with postgres_connection(postgresql) as connection:
        connection.execute("CREATE DATABASE things")
    with postgres_connection(postgresql, "things") as connection:
        connection.execute(POSTGRESQL.encode())
    return captured(postgresql.url("things"), KINDS, THINGS, tmp_path_factory.mktemp("things"))


def test_every_type_of_postgresql_arrives_as_what_it_means(things: Result) -> None:
    (found,) = things.values
    content = found["content"]
    assert {name: value for name, value in found.items() if name != "content"} == {
        "sku": "A",
        "whole": Decimal("1.50"),
        "single": Decimal("2.55"),
        "double": Decimal("0.1"),
        "cash": Decimal("1234.50"),
        "local": datetime(2024, 7, 1, 10, tzinfo=UTC),
        "zoned": datetime(2024, 7, 1, 7, tzinfo=UTC),
        "day": datetime(2024, 6, 30, 22, tzinfo=UTC),
        "span": "1 day 02:03:00",
        "moods": ("happy", "sad"),
        "numbers": ("1", "2"),
        "doc": Decimal("2.55"),
        "id": "11111111-1111-1111-1111-111111111111",
        "maker": "Alder",
        "address": "10.0.0.1/8",
        "span4": "[1,5)",
        "positive": Decimal("3.5"),
        "mood": "sad",
        "padded": "ab",
        "yes": True,
        "parts": ("one", "three"),
        "patents": ("2024-02-29",),
    }
    assert content.endswith(".bin")


def test_what_python_cannot_hold_costs_its_row_only(things: Result) -> None:
    assert things.progress.counts.refused == 2
    assert things.reasons == {
        ("2", "whole"): str(errors.NOT_FINITE),
        ("2", "single"): str(errors.NOT_FINITE),
        ("2", "double"): str(errors.NOT_FINITE),
        ("2", "local"): str(errors.NO_MOMENT),
        ("2", "zoned"): str(errors.NO_MOMENT),
        ("2", "day"): str(errors.NO_MOMENT),
        ("3", "double"): str(errors.TOO_LARGE),
        ("3", "local"): str(errors.NO_MOMENT),
        ("3", "zoned"): str(errors.NO_MOMENT),
    }


@pytest.mark.usefixtures("things")
def test_another_schema_is_listed_by_its_name(postgresql: Server) -> None:
    said = run("import_sql", "--list", "--schema", "other", "--url", postgresql.url("things"))
    assert "other.makers (table, 1 row)" in said
    said = run("import_sql", "--list", "--from", "things", "--url", postgresql.url("things"))
    assert "enum (happy, sad)" in said
    assert "→ other.makers.id" in said


MARIADB = """
CREATE DATABASE shop CHARACTER SET utf8mb4;
USE shop;
CREATE TABLE categories (code VARCHAR(10) PRIMARY KEY, name VARCHAR(50));
CREATE TABLE items (
    id INT PRIMARY KEY, sku VARCHAR(20), title VARCHAR(100), single FLOAT, dbl DOUBLE,
    whole DECIMAL(10, 2), category VARCHAR(10), active BIT(1), flag TINYINT(1), local DATETIME,
    zoned TIMESTAMP NULL, day DATE, kind ENUM('a', 'b'), tags SET('x', 'y'), content LONGBLOB,
    FOREIGN KEY (category) REFERENCES categories (code)
);
CREATE TABLE labels (id INT PRIMARY KEY, item INT, label VARCHAR(20),
    FOREIGN KEY (item) REFERENCES items (id));
CREATE TABLE marks (id INT PRIMARY KEY, category VARCHAR(10), v VARCHAR(9),
    FOREIGN KEY (category) REFERENCES categories (code));
SET time_zone = '+02:00';
INSERT INTO categories VALUES ('K', 'Küche 🙂');
INSERT INTO items VALUES
    (1, 'A', 'Größe', 2.55, 2.55, 2.50, 'k', b'1', 1, '2024-07-01 12:00', '2024-07-01 12:00',
     '2024-07-01', 'a', 'x,y', x'89504e470d0a1a0a00'),
    (2, 'B', '50% : two', 123456.78, 0.1, 0.10, NULL, b'0', 0, NULL, NULL, NULL, NULL, '', NULL);
INSERT INTO labels VALUES (1, 1, 'red'), (2, 1, 'blue'), (3, 2, 'green');
INSERT INTO marks VALUES (1, 'K', 'top');
SET sql_mode = '';
INSERT INTO items (id, sku, local) VALUES (3, 'C', '0000-00-00 00:00:00');
"""
ITEMS = """
[source]
table = "items"
zone = "Europe/Madrid"
where = "title LIKE '%:%' OR id <> 99"
[[join]]
table = "categories"
[[children]]
table = "labels"
column = "label"
[[children]]
table = "marks"
column = "v"
on = { category = "category" }
[fields]
sku = "sku"
title = "title"
single = "single"
dbl = "dbl"
whole = "whole"
category = "categories.name"
active = "active"
flag = "flag"
local = "local"
zoned = "zoned"
day = "day"
kind = "kind"
tags = { column = "tags", split = "," }
content = { column = "content", as = "file", folder = "files" }
labels = { children = "labels" }
marks = { children = "marks" }
"""


@pytest.fixture(scope="module")
def shop(mariadb: Server) -> str:
    with maria_connection(mariadb) as connection, connection.cursor() as cursor:
        for statement in MARIADB.split(";\n"):
            if statement.strip():
                cursor.execute(statement)
    return mariadb.url("shop")


def test_every_type_of_mariadb_arrives_as_what_it_means(shop: str, tmp_path: Path) -> None:
    kinds = (
        "sku title single:decimal dbl:decimal whole:decimal category active:boolean flag:boolean"
        " local:moment zoned:moment day:moment kind tags:texts content labels:texts marks:texts"
    )
    found = captured(shop, kinds, ITEMS, tmp_path)
    first: dict[str, Any] = dict(found.values[0])
    assert first.pop("content").endswith(".png")
    assert first == {
        "sku": "A",
        "title": "Größe",
        "single": Decimal("2.55"),
        "dbl": Decimal("2.55"),
        "whole": Decimal("2.50"),
        "category": "Küche 🙂",
        "active": True,
        "flag": True,
        "local": datetime(2024, 7, 1, 10, tzinfo=UTC),
        "zoned": datetime(2024, 7, 1, 10, tzinfo=UTC),
        "day": datetime(2024, 6, 30, 22, tzinfo=UTC),
        "kind": "a",
        "tags": ("x", "y"),
        "labels": ("red", "blue"),
        "marks": ("top",),
    }
    second = found.values[1]
    assert second["single"] == Decimal("123456.78")
    assert (second["active"], second["tags"]) == (False, None)
    assert found.reasons == {("3", "local"): str(errors.NO_MOMENT)}


def test_mariadb_is_only_read(shop: str) -> None:
    with (
        pytest.raises(UnusableSource, match="READ ONLY"),
        Source(shop).snapshot() as snapshot,
    ):
        snapshot.connection.exec_driver_sql("DELETE FROM labels")


def test_mariadb_is_listed(shop: str) -> None:
    said = run("import_sql", "--list", "--url", shop)
    assert "items (table, 3 rows)" in said
    assert "→ categories.code" in said
    assert max(map(len, said.splitlines())) <= 80


def test_a_wrong_password_of_mariadb_is_not_repeated(mariadb: Server) -> None:
    with pytest.raises(UnusableSource, match="Access denied") as found:
        Source(mariadb.url("shop", password="se%40cret")).check()
    assert "cret" not in str(found.value)


def test_json_that_is_nested_too_deeply_costs_its_row(postgresql: Server, tmp_path: Path) -> None:
    with postgres_connection(postgresql) as connection:
        connection.execute("CREATE DATABASE deep")
    with postgres_connection(postgresql, "deep") as connection:
        connection.execute("CREATE TABLE d (id int PRIMARY KEY, extra jsonb)")
        deep = "[" * 3000 + "]" * 3000
        for row in ((1, '["a", 1.50]'), (2, deep), (3, "null")):
            connection.execute("INSERT INTO d VALUES (%s, %s)", row)
    mapping = "[source]\ntable = 'd'\n[fields]\nsku = 'id'\n"
    mapping += "title = { column = 'extra', as = 'json' }\n"
    found = captured(postgresql.url("deep"), "sku title", mapping, tmp_path)
    assert found.values == [{"sku": "1", "title": '["a", 1.5]'}, {"sku": "3", "title": None}]
    assert "nested too deeply" in found.reasons["2", ""]
