"""What is read from a database of the tests' own: joins, children, bad rows, memory."""

from __future__ import annotations

import sqlite3
import tracemalloc
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from config.sql_import import child_rows, errors, run
from config.sql_import.errors import UnusableMapping
from tests.config.sql_import.capture import Captured, captured, column, run_of
from tests.config.sql_import.sqlite import SHOP, change, filled, made, products, sqlite_url


@pytest.fixture
def shop(tmp_path: Path) -> str:
    return made(tmp_path / "shop.db", SHOP)


def test_joins_follow_foreign_keys_and_each_other(shop: str, tmp_path: Path) -> None:
    mapping = """
        [source]
        table = "items"
        [[join]]
        table = "categories"
        [[join]]
        table = "sections"
        as = "part"
        on = { "categories.section" = "id" }
        [fields]
        sku = "sku"
        path = { path = ["part.name", "categories.name"] }
    """
    found = captured(shop, "sku path:texts", mapping, tmp_path)
    assert column(found.values, "path") == [("Home", "Mugs"), ("Loose",), None]


def test_a_join_without_columns_goes_on_from_the_last_table_that_leads_there(
    shop: str, tmp_path: Path
) -> None:
    mapping = """
        [source]
        table = "items"
        [[join]]
        table = "categories"
        [[join]]
        table = "sections"
        [fields]
        sku = "items.sku"
        section = "sections.name"
    """
    found = captured(shop, "sku section", mapping, tmp_path)
    assert column(found.values, "section") == ["Home", None, None]


def test_templates_alternatives_and_constants(shop: str, tmp_path: Path) -> None:
    mapping = """
        [source]
        table = "items"
        [fields]
        sku = { template = "{sku}-{id:03}" }
        full = { template = "{sku}/{variant}" }
        first = { first = ["variant", "title"] }
        constant = { value = "EUR" }
        number = { value = 5 }
    """
    found = captured(shop, "sku full first constant number:decimal", mapping, tmp_path)
    assert column(found.values, "sku") == ["A-001", "B-002", "C-003"]
    assert column(found.values, "full") == ["A/1", None, None]
    assert column(found.values, "first") == ["1", "Red mug", "Green"]
    assert found.values[0]["constant"] == "EUR"
    assert found.values[0]["number"] == 5


def test_values_of_every_kind(shop: str, tmp_path: Path) -> None:
    mapping = """
        [source]
        table = "items"
        zone = "Europe/Madrid"
        [fields]
        sku = "sku"
        price = "price"
        made = "made"
        code = { column = "extra", pick = "code.1" }
        odd = "odd: name"
    """
    change(tmp_path / "shop.db", "UPDATE items SET extra = '{}' WHERE sku = 'B'")
    found = captured(shop, "sku price:decimal made:moment code odd", mapping, tmp_path)
    assert column(found.values, "price") == [Decimal("2.55"), Decimal(3), Decimal("0.1")]
    assert column(found.values, "made") == [
        datetime(2024, 7, 1, 10, tzinfo=UTC),
        datetime(2024, 7, 1, 12, tzinfo=UTC),
        None,
    ]
    assert column(found.values, "code") == ["8", None, None]
    assert column(found.values, "odd") == ["x", None, None]


def test_children_of_children_in_their_order(shop: str, tmp_path: Path) -> None:
    mapping = """
        [source]
        table = "items"
        [[children]]
        name = "words"
        table = "item_tags"
        column = "tags.name"
        order_by = ["tags.name"]
        [[children.join]]
        table = "tags"
        [fields]
        sku = "sku"
        all = { children = "words" }
        first = { children = "words" }
        joined = { children = "words", join = " & " }
    """
    found = captured(shop, "sku all:texts first joined", mapping, tmp_path)
    assert column(found.values, "all") == [("blue", "new"), ("round",), None]
    assert column(found.values, "first") == ["blue", "round", None]
    assert column(found.values, "joined") == ["blue & new", "round", None]


def test_children_are_filtered_by_where(shop: str, tmp_path: Path) -> None:
    mapping = """
        [source]
        table = "items"
        [[children]]
        table = "item_tags"
        column = "tag"
        where = "tag <> 3"
        [fields]
        sku = "sku"
        tags = { children = "item_tags" }
    """
    found = captured(shop, "sku tags:texts", mapping, tmp_path)
    assert column(found.values, "tags") == [("2",), ("1",), None]


def test_children_are_asked_for_once_a_batch(tmp_path: Path) -> None:
    url = products(tmp_path / "p.db", 1000)
    mapping = """
        [source]
        table = "items"
        [[children]]
        table = "labels"
        column = "label"
        [fields]
        sku = "sku"
        labels = { children = "labels" }
    """
    made_run = run_of(url, "sku labels:texts", mapping, tmp_path)
    asked: list[str] = []
    from sqlalchemy import event

    event.listen(
        made_run.source.engine,
        "before_cursor_execute",
        lambda _c, _cursor, statement, *_rest: asked.append(statement),
    )
    writer = Captured()
    list(run.execute(made_run, writer, whose="", report=tmp_path / "r", checkpoint=tmp_path / "c"))
    assert len(writer.values) == 1000
    assert writer.values[999]["labels"] == ("label 1998", "label 1999")
    assert sum("FROM labels" in statement for statement in asked) == -(-1000 // run.BATCH_ROWS)


def test_keys_of_several_columns(tmp_path: Path) -> None:
    url = made(
        tmp_path / "k.db",
        "CREATE TABLE a (x INT, y TEXT, sku TEXT, PRIMARY KEY (x, y));"
        "CREATE TABLE b (x INT, y TEXT, v TEXT, id INTEGER PRIMARY KEY,"
        " FOREIGN KEY (x, y) REFERENCES a (x, y));"
        "INSERT INTO a VALUES (1, 'p', 'A'), (1, 'q', 'B'), (2, 'p', 'C');"
        "INSERT INTO b (x, y, v) VALUES (1, 'q', 'one'), (2, 'p', 'two'), (1, 'q', 'three');",
    )
    mapping = """
        [source]
        table = "a"
        [[children]]
        table = "b"
        column = "v"
        [fields]
        sku = "sku"
        v = { children = "b" }
    """
    found = captured(url, "sku v:texts", mapping, tmp_path)
    assert column(found.values, "v") == [None, ("one", "three"), ("two",)]


def test_one_row_with_too_many_children_is_refused_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child_rows, "MOST", 2)
    url = made(
        tmp_path / "m.db",
        "CREATE TABLE a (id INTEGER PRIMARY KEY, sku TEXT);"
        "CREATE TABLE b (a INT REFERENCES a (id), v INTEGER PRIMARY KEY);"
        "INSERT INTO a VALUES (1, 'A'), (2, 'B');"
        "INSERT INTO b VALUES (1, 1), (1, 2), (1, 3), (2, 4), (2, 5);",
    )
    mapping = """
        [source]
        table = "a"
        [[children]]
        table = "b"
        column = "v"
        [fields]
        sku = "sku"
        v = { children = "b" }
    """
    found = captured(url, "sku v:texts", mapping, tmp_path)
    assert column(found.values, "v") == [("4", "5")]
    assert found.reasons == {("1", "v"): str(errors.TOO_MANY_CHILDREN % {"limit": 2})}


def test_bad_rows_cost_themselves_with_all_their_reasons_and_their_key(tmp_path: Path) -> None:
    path = tmp_path / "bad.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, sku TEXT, n, d, b)")
        rows = [
            (7, "A", 1, "2024-01-01", None),
            (8, "B", "one", "soon", None),
            (9, None, 2, None, b"\xff\x00"),
            (10, "D", float("inf"), None, None),
        ]
        connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?, ?)", rows)
        connection.execute("INSERT INTO t VALUES (11, CAST(x'ff41' AS TEXT), 1, NULL, '=1+2')")
        connection.execute("INSERT INTO t VALUES (12, 'F', 1, NULL, 'fine')")
        connection.commit()
    mapping = """
        [source]
        table = "t"
        zone = "UTC"
        [fields]
        sku = "sku"
        n = "n"
        d = "d"
        b = "b"
    """
    found = captured(sqlite_url(path), "sku n:decimal d:moment b", mapping, tmp_path)
    assert column(found.values, "sku") == ["A", "F"]
    assert found.reasons == {
        ("2", "n"): str(errors.NO_NUMBER),
        ("2", "d"): str(errors.NO_MOMENT),
        ("3", "b"): str(errors.BYTES),
        ("4", "n"): str(errors.NOT_FINITE),
        ("5", "sku"): str(errors.NO_TEXT),
    }
    assert {row["line"]: row["key"] for row in found.refusals}["2"] == "id=8"
    assert found.progress.counts.refused == 4
    assert found.progress.differences == []


def test_a_repeated_key_is_refused_and_names_the_first_row(tmp_path: Path) -> None:
    url = made(
        tmp_path / "d.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, sku TEXT);"
        "INSERT INTO t VALUES (1, 'A'), (2, 'B'), (3, 'A'), (4, NULL), (5, NULL);",
    )
    mapping = "[source]\ntable = 't'\n[fields]\nsku = 'sku'"
    found = captured(url, "sku", mapping, tmp_path)
    assert found.reasons == {("3", "sku"): str(errors.DUPLICATE % {"line": 1})}
    assert found.refusals[0]["value"] == "A"


def test_rows_come_in_the_order_of_the_key_and_where_is_taken_literally(tmp_path: Path) -> None:
    url = made(
        tmp_path / "o.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, sku TEXT, v TEXT);"
        "INSERT INTO t VALUES (3, 'C', 'a:b'), (1, 'A', 'a:b'), (2, 'B', '50%');",
    )
    mapping = """
        [source]
        table = "t"
        where = "v = 'a:b' OR v LIKE '50%'"
        [fields]
        sku = "sku"
    """
    found = captured(url, "sku", mapping, tmp_path)
    assert column(found.values, "sku") == ["A", "B", "C"]
    only = captured(url, "sku", mapping.replace(" OR v LIKE '50%'", ""), tmp_path)
    assert column(only.values, "sku") == ["A", "C"]
    assert only.progress.total == 2


def test_a_view_needs_columns_to_order_by(tmp_path: Path) -> None:
    url = made(
        tmp_path / "v.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, sku TEXT); INSERT INTO t VALUES (1, 'A');"
        "CREATE VIEW v AS SELECT sku FROM t;",
    )
    mapping = "[source]\ntable = 'v'\n%s\n[fields]\nsku = 'sku'"
    with pytest.raises(UnusableMapping, match="no primary key"):
        captured(url, "sku", mapping % "", tmp_path)
    found = captured(url, "sku", mapping % "order_by = ['sku']", tmp_path)
    assert column(found.values, "sku") == ["A"]


def peak(url: str, folder: Path) -> int:
    mapping = """
        [source]
        table = "items"
        [[children]]
        table = "labels"
        column = "label"
        [fields]
        sku = "sku"
        title = "title"
        labels = { children = "labels" }
    """
    tracemalloc.start()
    try:
        found = captured(
            url, "sku title labels:texts", mapping, folder, writer=Captured(keeps=False)
        )
        return tracemalloc.get_traced_memory()[1] if found.progress.rows else 0
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_table(tmp_path: Path) -> None:
    small, large = tmp_path / "small.db", tmp_path / "large.db"
    urls = products(small, 1_000), products(large, 10_000)
    peak(urls[0], tmp_path)
    before, after = (peak(url, tmp_path) for url in urls)
    assert 0 < after < before + 512 * 1024


def test_no_batch_is_larger_than_a_target_takes(tmp_path: Path) -> None:
    url = products(tmp_path / "p.db", 1000)
    found = captured(url, "sku", "[source]\ntable='items'\n[fields]\nsku='sku'", tmp_path)
    assert max(found.writer.batches) == run.BATCH_ROWS
    assert sum(found.writer.batches) == 1000


def test_empty_tables_are_no_trouble(tmp_path: Path) -> None:
    url = made(tmp_path / "e.db", "CREATE TABLE t (id INTEGER PRIMARY KEY, sku TEXT)")
    mapping = "[source]\ntable = 't'\n[fields]\nsku = 'sku'"
    found = captured(url, "sku", mapping, tmp_path)
    assert (found.progress.rows, found.progress.total) == (0, 0)
    filled(tmp_path / "e.db", "t", [(1, "A")])
    assert captured(url, "sku", mapping, tmp_path).progress.rows == 1


DEEP = "[" * 100_000 + "]" * 100_000


@pytest.mark.parametrize(
    ("column", "field"),
    [
        ("JSON", '"extra"'),
        ("JSON", '{ column = "extra", as = "json" }'),
        ("TEXT", '{ column = "extra", pick = "0" }'),
    ],
    ids=["json", "as-json", "pick"],
)
def test_json_that_is_nested_too_deeply_costs_its_row(
    column: str, field: str, tmp_path: Path
) -> None:
    url = made(tmp_path / "d.db", f"CREATE TABLE d (id INTEGER PRIMARY KEY, extra {column})")
    filled(tmp_path / "d.db", "d", [(1, '["a"]'), (2, DEEP), (3, None)])
    mapping = f"[source]\ntable = 'd'\n[fields]\nsku = 'id'\ntitle = {field}\n"
    found = captured(url, "sku title", mapping, tmp_path)
    assert "2" not in {values["sku"] for values in found.values}
    assert "nested too deeply" in {line: text for (line, _), text in found.reasons.items()}["2"]
    assert "3" in {values["sku"] for values in found.values}


def test_children_with_json_that_is_nested_too_deeply_cost_their_parent(tmp_path: Path) -> None:
    url = made(
        tmp_path / "d.db",
        "CREATE TABLE d (id INTEGER PRIMARY KEY);"
        "CREATE TABLE e (id INTEGER PRIMARY KEY, d INT REFERENCES d (id), extra JSON);"
        "INSERT INTO d VALUES (1), (2);",
    )
    filled(tmp_path / "d.db", "e", [(1, 1, DEEP), (2, 2, '"fine"')])
    mapping = """
[source]
table = "d"
[[children]]
name = "extras"
table = "e"
column = "extra"
[fields]
sku = "id"
title = { children = "extras" }
"""
    found = captured(url, "sku title", mapping, tmp_path)
    assert found.values == [{"sku": "2", "title": "fine"}]
    assert "nested too deeply" in found.reasons["1", ""]
