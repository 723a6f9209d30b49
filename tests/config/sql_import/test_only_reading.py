"""A mapping that wants to write: no row of the source is lost, whichever fence it gets past."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from config.sql_import.child_rows import ChildRows
from config.sql_import.errors import UnusableMapping, UnusableSource
from config.sql_import.mapping import Children, parse_mapping
from config.sql_import.query import Rows, Scope
from config.sql_import.schema import Schema
from config.sql_import.source import Source
from tests.config.sql_import.capture import captured
from tests.config.sql_import.conftest import maria_connection, postgres_connection
from tests.config.sql_import.servers import Server

ATTACKS = (
    "1=1); commit; delete from details; --",
    "1=1); commit; set default_transaction_read_only = off; delete from details; select (1",
    "1=1); rollback; begin read write; delete from details; commit; select (1",
)
ONE_STATEMENT = "(with gone as (delete from details returning 1) select 1) = 1"
TABLES = (
    "CREATE TABLE orders (id int PRIMARY KEY)",
    "CREATE TABLE details (id int PRIMARY KEY, item int REFERENCES orders (id))",
    "INSERT INTO orders VALUES (1), (2)",
    "INSERT INTO details VALUES (1, 1), (2, 1), (3, 2)",
)


@pytest.fixture(scope="module")
def postgres_orders(postgresql: Server) -> str:
    with postgres_connection(postgresql) as connection:
        connection.execute("CREATE DATABASE orders")
    with postgres_connection(postgresql, "orders") as connection:
        for statement in TABLES:
            connection.execute(statement.encode())
    return postgresql.url("orders")


@pytest.fixture(scope="module")
def maria_orders(mariadb: Server) -> str:
    with maria_connection(mariadb) as connection, connection.cursor() as cursor:
        for statement in ("CREATE DATABASE orders", "USE orders", *TABLES):
            cursor.execute(statement)
    return mariadb.url("orders")


@pytest.fixture
def nothing_is_lost(postgresql: Server, postgres_orders: str) -> Iterator[None]:
    assert postgres_orders
    yield
    with postgres_connection(postgresql, "orders") as connection:
        found = connection.execute("SELECT id FROM details ORDER BY id").fetchall()
    assert found == [(1,), (2,), (3,)]


@pytest.fixture
def nothing_is_lost_there(mariadb: Server, maria_orders: str) -> Iterator[None]:
    assert maria_orders
    yield
    with maria_connection(mariadb) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM orders.details")
        assert cursor.fetchall() == ((3,),)


def each_alone(source: Source, where: str) -> None:
    """As an import reads, without the check of the mapping: each of the three is refused."""
    schema = Schema(source)
    for place in ("count", "rows", "children"):
        scope = Scope(schema.relation("orders"), "[source]")
        own = "" if place == "children" else where
        rows = Rows(scope, where=own, order_by=(), database=source.kind)
        childrens = where if place == "children" else ""
        said = Children("details", "details", None, None, "id", (), childrens, ())
        children = ChildRows(said, rows.selection, schema, source.kind)
        with pytest.raises(UnusableSource):
            read(place, source, rows, children)


def read(place: str, source: Source, rows: Rows, children: ChildRows) -> None:
    with source.snapshot() as snapshot:
        if place == "count":
            rows.count(snapshot)
        elif place == "rows":
            list(rows.batches(snapshot, 10))
        else:
            children.fetch(snapshot, [(1,), (2,)])


@pytest.mark.usefixtures("nothing_is_lost")
@pytest.mark.parametrize("where", [*ATTACKS, ONE_STATEMENT], ids=range(len(ATTACKS) + 1))
def test_postgresql_takes_one_statement_and_only_reads(where: str, postgres_orders: str) -> None:
    each_alone(Source(postgres_orders), where)


@pytest.mark.usefixtures("nothing_is_lost")
@pytest.mark.parametrize("options", ["", "?options=-c%20default_transaction_read_only%3Doff"])
def test_postgresql_refuses_to_write_outside_of_the_transaction_too(
    options: str, postgres_orders: str
) -> None:
    with Source(postgres_orders + options).snapshot() as snapshot:
        with pytest.raises(DBAPIError, match="multiple commands"):
            snapshot.connection.exec_driver_sql("commit; delete from details")
        snapshot.connection.rollback()
        driver = snapshot.connection.connection.driver_connection
        assert driver is not None
        driver.rollback()
        driver.read_only = None
        with pytest.raises(Exception, match="read-only transaction"):
            driver.execute("delete from details")
        driver.rollback()


@pytest.mark.usefixtures("nothing_is_lost_there")
@pytest.mark.parametrize("options", ["", "?client_flag=65536"], ids=["plain", "asked-for"])
@pytest.mark.parametrize("where", ATTACKS, ids=range(len(ATTACKS)))
def test_mariadb_takes_one_statement(where: str, options: str, maria_orders: str) -> None:
    each_alone(Source(maria_orders + options), where)


@pytest.mark.usefixtures("nothing_is_lost_there")
def test_mariadb_refuses_to_write_outside_of_the_transaction_too(maria_orders: str) -> None:
    with Source(maria_orders).snapshot() as snapshot:
        snapshot.connection.exec_driver_sql("COMMIT")
        with pytest.raises(DBAPIError, match="READ ONLY"):
            snapshot.connection.exec_driver_sql("DELETE FROM details")


@pytest.mark.usefixtures("nothing_is_lost")
@pytest.mark.parametrize("where", ATTACKS, ids=range(len(ATTACKS)))
@pytest.mark.parametrize("place", ["source", "children"])
def test_a_mapping_that_holds_more_than_a_condition_is_refused(
    where: str, place: str, postgres_orders: str, tmp_path: Path
) -> None:
    source = f"where = '{where}'\n" if place == "source" else ""
    child = f"where = '{where}'\n" if place == "children" else ""
    mapping = (
        f"[source]\ntable = 'orders'\n{source}"
        f"[[children]]\ntable = 'details'\ncolumn = 'id'\n{child}"
        "[fields]\nsku = 'id'\nlabels = { children = 'details' }\n"
    )
    with pytest.raises(UnusableMapping, match=place):
        captured(postgres_orders, "sku labels:texts", mapping, tmp_path, dry_run=True)


def parsed(where: str) -> None:
    source = {"table": "t", "where": where}
    document = {"target": "x", "source": source, "fields": {"sku": "id"}}
    parse_mapping(document, folder=Path())


@pytest.mark.parametrize(
    "where",
    [
        "a = 1 -- b",
        "a = 1 /* b */",
        "a = ';' ; b",
        r"a = E'\' ; delete from t; --'",
        r"a = E'\'' ; delete from t; select '",
        "a = $$;$$",
    ],
)
def test_semicolons_and_comments_outside_of_quotes_are_refused(where: str) -> None:
    with pytest.raises(UnusableMapping, match="one condition"):
        parsed(where)


@pytest.mark.parametrize(
    "where",
    [
        "a = ';' AND b <> '--' AND c = 'it''s; /*'",
        '"odd;name" = 1 AND `odd--name` = 2',
        "a - -1 > 0 AND b / 2 * 3 > 1",
        "doc #>> '{a,b}' = 'x;y'",
    ],
)
def test_what_is_quoted_is_left_alone(where: str) -> None:
    parsed(where)
