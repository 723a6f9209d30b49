from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pymysql
import pytest

from tests.catalog.import_files import sample_data
from tests.config.sql_import import servers
from tests.config.sql_import.servers import PASSWORD, Server


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    with servers.postgresql() as server:
        if server is None:
            pytest.skip("there is no PostgreSQL server here (Debian: apt-get install postgresql)")
        yield server


@pytest.fixture(scope="session")
def mariadb() -> Iterator[Server]:
    with servers.mariadb() as server:
        if server is None:
            pytest.skip("there is no MariaDB server here (Debian: apt-get install mariadb-server)")
        yield server


@pytest.fixture(scope="session")
def northwind(postgresql: Server) -> str:
    """The address of a database with the sample data."""
    dump = sample_data("sql_northwind/northwind.sql").read_text(encoding="utf-8")
    with postgres_connection(postgresql) as connection:
        connection.execute("CREATE DATABASE northwind")
    with postgres_connection(postgresql, "northwind") as connection:
        # A setting that servers have not had for years; psql goes on after such errors.
        connection.execute(dump.replace("SET default_with_oids = false;", "").encode())
    return postgresql.url("northwind")


def postgres_connection(server: Server, database: str = "postgres") -> psycopg.Connection[object]:
    return psycopg.connect(
        host="127.0.0.1",
        port=server.port,
        user="boss",
        password=PASSWORD,
        dbname=database,
        autocommit=True,
    )


def maria_connection(server: Server) -> pymysql.Connection[pymysql.cursors.Cursor]:
    return pymysql.connect(
        host="127.0.0.1",
        port=server.port,
        user="boss",
        password=PASSWORD,
        charset="utf8mb4",
        autocommit=True,
    )
