"""The database that is read: opened so that it cannot be written, and seen as of one moment."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import sqlalchemy as sa
from psycopg.adapt import Loader
from psycopg.types.string import TextLoader
from pymysql.constants import CLIENT
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from config.sql_import import errors
from config.sql_import.errors import UnusableSource
from config.sql_import.exact import shortest_of_double, shortest_of_single

POSTGRESQL, MYSQL, SQLITE = "postgresql", "mysql", "sqlite"
DRIVERS = {
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mysql+pymysql",
    "sqlite": "sqlite+pysqlite",
}
SECRETS = ("password", "passwd", "sslpassword")
CONNECT_SECONDS = 10
LONGEST_REASON = 300
# What drivers raise, beside errors of their own, at options in the address that do not suit them.
_UNSUITED = (TypeError, ValueError, AttributeError, LookupError, ImportError, OSError)


class Source:
    """A database by its address. Everything that talks to it raises UnusableSource."""

    def __init__(self, address: str) -> None:
        self._url, self._typed = _parsed(address)
        self.kind = self._url.get_backend_name()
        try:
            self.engine = _engine(self._url)
        except (*_UNSUITED, SQLAlchemyError) as error:
            raise self._unopened(error) from None

    @property
    def identity(self) -> str:
        """The address without secrets."""
        query = {name: text for name, text in self._url.query.items() if name not in SECRETS}
        return self._url.set(password=None, query=query).render_as_string(hide_password=True)

    @property
    def address(self) -> str:
        """As it was typed, with stars for secrets."""
        hidden = {name: "***" for name in SECRETS if name in self._typed.query}
        return self._typed.update_query_dict(hidden).render_as_string(hide_password=True)

    @property
    def dialect(self) -> sa.Dialect:
        return self.engine.dialect

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        with self.spoken(), ExitStack() as stack:
            connection = self._begun(stack)
            # MySQL streams one result at a time on a connection.
            beside = self._begun(stack) if self.kind == MYSQL else connection
            yield Snapshot(self, connection, beside)

    def _begun(self, stack: ExitStack) -> Connection:
        connection = stack.enter_context(self._connected())
        if self.kind == POSTGRESQL:
            connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        elif self.kind == MYSQL:
            connection.exec_driver_sql("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            connection.exec_driver_sql("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
        else:
            connection.exec_driver_sql("BEGIN")
        return connection

    def _connected(self) -> Connection:
        try:
            return self.engine.connect()
        except (*_UNSUITED, SQLAlchemyError) as error:
            raise self._unopened(error) from None

    def _unopened(self, error: Exception) -> UnusableSource:
        is_unsuited = self._url.query and not isinstance(error, DBAPIError)
        text = errors.BAD_OPTIONS if is_unsuited else errors.UNREACHABLE
        return UnusableSource(text % {"reason": self._reason(error)})

    def check(self) -> None:
        """Opens it once."""
        self._connected().close()

    @contextmanager
    def spoken(self) -> Iterator[None]:
        """What a driver says becomes one sentence without secrets. The chain of errors is cut,
        for tracebacks show arguments too."""
        try:
            yield
        except (SQLAlchemyError, UnicodeDecodeError) as error:
            raise UnusableSource(errors.REFUSED_QUERY % {"reason": self._reason(error)}) from None

    def _reason(self, error: Exception) -> str:
        original = error.orig if isinstance(error, DBAPIError) else error
        said: Any = original
        if original is not None and len(original.args) == 2 and isinstance(original.args[0], int):
            said = original.args[1]
        text = " ".join(str(said).split()).rstrip(".")
        text = re.sub(r"^.* failed: (?=FATAL|Connection refused|server closed)", "", text)
        text = text.removeprefix("FATAL: ").partition(" Is the server running")[0].strip()
        for secret in self._secrets():
            text = text.replace(secret, "***")
        return text[:LONGEST_REASON]

    def _secrets(self) -> list[str]:
        found = [self._url.password or ""]
        found += [str(self._url.query.get(name, "")) for name in SECRETS]
        # One or two letters would only be found in words that have nothing to do with them.
        found = [secret for secret in found if len(secret) > 2]
        return [form for secret in found for form in (secret, quote(secret, safe=""))]


class Snapshot:
    """`connection` reads the rows, `beside` what belongs to them."""

    def __init__(self, source: Source, connection: Connection, beside: Connection) -> None:
        self.source = source
        self.connection = connection
        self.beside = beside

    def number(self, statement: sa.Select[Any]) -> int:
        return int(self.beside.execute(statement).scalar_one())

    def stream(
        self, statement: sa.Select[Any], batch: int, *, beside: bool = False
    ) -> Generator[list[tuple[Any, ...]], None, None]:
        """At most `batch` rows at a time, and no more in memory."""
        connection = self.beside if beside else self.connection
        result = connection.execute(statement, execution_options={"yield_per": batch})
        try:
            for rows in result.partitions(batch):
                yield [tuple(row) for row in rows]
        finally:
            result.close()


def _parsed(address: str) -> tuple[URL, URL]:
    """(what is opened, what was typed)"""
    try:
        url = sa.make_url(address.strip())
    except (ArgumentError, ValueError):
        raise UnusableSource(errors.BAD_ADDRESS) from None
    name = url.drivername.partition("+")[0]
    if name not in DRIVERS:
        known = {"name": name, "names": "postgresql, mysql, mariadb, sqlite"}
        raise UnusableSource(errors.UNKNOWN_DATABASE % known)
    if "@" in (url.host or "") or "@" in (url.database or "").partition("/")[0]:
        raise UnusableSource(errors.SIGNS_IN_PASSWORD)
    if name == SQLITE:
        # Where it is, not how the current folder sees it: a checkpoint goes by the address.
        return url.set(drivername=DRIVERS[name], database=str(_sqlite_path(url))), url
    return url.set(drivername=DRIVERS[name]), url


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == SQLITE:
        path = Path(url.database or "")
        engine = sa.create_engine(
            "sqlite+pysqlite://", creator=lambda: _open_sqlite(path), poolclass=NullPool
        )
    elif url.get_backend_name() == MYSQL:
        charset = {"charset": "utf8mb4"} if "charset" not in url.query else {}
        arguments = {"connect_timeout": CONNECT_SECONDS, **charset}
        engine = sa.create_engine(url, poolclass=NullPool, connect_args=arguments)
        sa.event.listen(engine, "do_connect", _one_statement_at_a_time)
        sa.event.listen(engine, "connect", _prepare_mysql)
    else:
        arguments = {"connect_timeout": CONNECT_SECONDS}
        engine = sa.create_engine(url, poolclass=NullPool, connect_args=arguments)
        sa.event.listen(engine, "connect", _prepare_postgresql)
    return engine


def _sqlite_path(url: URL) -> Path:
    name = url.database or ""
    if name.startswith("file:"):
        name = unquote(name.removeprefix("file:").partition("?")[0])
    if name in ("", ":memory:"):
        raise UnusableSource(errors.BAD_ADDRESS)
    path = Path(name)
    if not path.is_file():
        raise UnusableSource(errors.NO_FILE % {"file": path})
    return path.resolve()


def _open_sqlite(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)
    connection.execute("PRAGMA query_only = ON")
    # What is no UTF-8 costs its row, not the whole table.
    connection.text_factory = lambda content: content.decode("utf-8", "surrogateescape")
    return connection


def _one_statement_at_a_time(
    _dialect: Any, _record: Any, _arguments: Any, named: dict[str, Any]
) -> None:
    """Whatever the address asks of the driver: a second statement could write."""
    named["client_flag"] = named.get("client_flag", 0) & ~CLIENT.MULTI_STATEMENTS


def _prepare_mysql(connection: Any, _record: Any) -> None:
    """TIMESTAMP columns are told in the zone of the session."""
    with connection.cursor() as cursor:
        cursor.execute("SET time_zone = '+00:00'")
        # Holds also for what would begin after the transaction in which the rows are read.
        cursor.execute("SET SESSION TRANSACTION READ ONLY")


class _SingleLoader(Loader):
    def load(self, data: Any) -> Decimal:
        text = bytes(data).decode()
        number = Decimal(text)
        return shortest_of_single(float(text)) if number.is_finite() else number


class _DoubleLoader(Loader):
    def load(self, data: Any) -> Decimal:
        text = bytes(data).decode()
        number = Decimal(text)
        return shortest_of_double(float(text)) if number.is_finite() else number


# As text: Python knows neither infinity nor the years before 1 and after 9999, and cannot read JSON
# that is nested very deeply; one such value would end the whole reading.
_AS_TEXT = (
    "timestamp",
    "timestamptz",
    "date",
    "time",
    "timetz",
    "interval",
    "json",
    "jsonb",
)


def _prepare_postgresql(connection: Any, _record: Any) -> None:
    for name in _AS_TEXT:
        connection.adapters.register_loader(name, TextLoader)
    connection.adapters.register_loader("float4", _SingleLoader)
    connection.adapters.register_loader("float8", _DoubleLoader)
    was_autocommit = connection.autocommit
    connection.autocommit = True
    connection.execute("SET TIME ZONE 'UTC'")
    connection.execute("SET DateStyle = 'ISO'")
    # Before PostgreSQL 12 floats are cut to six digits otherwise.
    connection.execute("SET extra_float_digits = 3")
    # Holds also for what would begin after the transaction in which the rows are read.
    connection.execute("SET default_transaction_read_only = on")
    connection.autocommit = was_autocommit
    # Prepared from the first time on: the server takes one statement then. What is not prepared and
    # has no parameters may be several, a COMMIT and a DELETE among them.
    connection.prepare_threshold = 0
