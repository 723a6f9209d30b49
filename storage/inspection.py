"""What the store has: the connection, and each table beside what it should be. Never a scan,
unless items are counted on request."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from storage.client import call, shared_client
from storage.configuration import configuration, table_name
from storage.evolution.drift import (
    ACTIVE,
    ActualTable,
    Difference,
    describe,
    differences,
)
from storage.evolution.state import Key, LocalIndex, State, TableState, Throughput
from storage.explanations import STORE_FAILURES, address, explain, is_denied, not_dynamodb
from storage.scanning import ENGINE_HEADER, count_items
from storage.schema import table_names

EMBEDDED_ENGINE = "Dynoxide"
AWS = "Amazon DynamoDB"
# Engines that are not AWS put this in their ARNs.
NO_ACCOUNT = "000000000000"
STANDARD_CLASS = "STANDARD"


@dataclass(frozen=True, slots=True)
class ConnectionReport:
    """`reason` is a sentence, empty when the store can be reached. `milliseconds` is what one
    request took. `engine` is empty where the store does not say what it is, `account` None where
    its tables do not."""

    endpoint: str
    region: str
    reachable: bool
    reason: str = ""
    milliseconds: float | None = None
    engine: str = ""
    account: str | None = None

    @property
    def counts_lag(self) -> bool:
        """DynamoDB counts items about every six hours; the embedded engine when asked."""
        return not self.engine.startswith(EMBEDDED_ENGINE)


@dataclass(frozen=True, slots=True)
class IndexReport:
    """`status` is None for a local index, which lives and dies with its table."""

    name: str
    kind: Literal["global", "local"]
    status: str | None
    hash_key: Key
    range_key: Key | None
    projection: str | tuple[str, ...]
    throughput: Throughput | None
    items: int | None
    size_bytes: int | None


@dataclass(frozen=True, slots=True)
class TableReport:
    """A table of the models. Without a table in the store everything below `exists` is empty.

    `size_bytes` is None where the engine does not measure it; `items_exact` says that the items
    were counted rather than taken from the store's own figure.
    """

    name: str
    physical_name: str
    exists: bool
    status: str | None = None
    items: int | None = None
    items_exact: bool = False
    size_bytes: int | None = None
    throughput: Throughput | None = None
    table_class: str | None = None
    hash_key: Key | None = None
    range_key: Key | None = None
    indexes: tuple[IndexReport, ...] = ()
    expires_by: str | None = None
    stream: str | None = None
    deletion_protection: bool | None = None
    created: datetime | None = None
    arn: str | None = None
    differences: tuple[Difference, ...] = ()

    @property
    def problems(self) -> list[str]:
        """One line for each reason why the table is not as its model says or not at rest."""
        lines = [str(difference) for difference in self.differences]
        if self.status not in (None, ACTIVE) and not lines:
            lines.append(f"{self.name}: the table is {self.status}")
        return lines


@dataclass(frozen=True, slots=True)
class Inspection:
    """`unknown` are the physical names of tables with our prefix that no model knows; None where
    that cannot be told: there is no prefix, or no permission to list tables. `error` is a
    sentence, empty when everything could be looked at; else there are no tables here."""

    connection: ConnectionReport
    tables: tuple[TableReport, ...] = ()
    unknown: tuple[str, ...] | None = None
    error: str = ""

    @property
    def is_well(self) -> bool:
        return not self.error and not any(table.problems for table in self.tables)


def inspect(
    state: State, names: Collection[str] | None = None, *, count: bool = False
) -> Inspection:
    """The connection and all tables of `state`, or those named. Raises nothing about the store.

    Two requests a table, one for the connection, and one per 100 tables that the account has.
    With `count` every item is read.
    """
    connection = connection_report()
    if not connection.reachable:
        return Inspection(connection, error=connection.reason)
    try:
        unknown = unknown_tables(state)
        tables = inspect_tables(state, names)
        if count:
            tables = [_counted(table) for table in tables]
    except STORE_FAILURES as error:
        return Inspection(connection, error=explain(error))
    accounts = (_account(table.arn) for table in tables)
    account = next((found for found in accounts if found), None)
    return Inspection(replace(connection, account=account), tuple(tables), unknown)


def connection_report() -> ConnectionReport:
    """One request. A refusal for want of a permission is an answer, too."""
    settings = configuration()
    report = ConnectionReport(address(settings.endpoint or ""), settings.region, reachable=False)
    try:
        endpoint = shared_client().meta.endpoint_url
        report = replace(report, endpoint=address(endpoint))
        started = time.perf_counter()
        answer = call("ListTables", {"Limit": 1})
    except ClientError as error:
        if not is_denied(error):
            return replace(report, reason=explain(error))
        answer = error.response
    except (*STORE_FAILURES, ValueError) as error:
        return replace(report, reason=explain(error))
    if "TableNames" not in answer and "Error" not in answer:
        return replace(report, reason=not_dynamodb())
    milliseconds = round((time.perf_counter() - started) * 1000, 2)
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    engine = _engine(endpoint, headers)
    return replace(report, reachable=True, milliseconds=milliseconds, engine=engine)


def inspect_tables(state: State, names: Collection[str] | None = None) -> list[TableReport]:
    """Reports by logical name, of all tables or those named.

    Raises StoreUnavailable, and botocore's ClientError for other refusals.
    """
    wanted = [table for name, table in sorted(state.tables.items()) if not names or name in names]
    return [_report(table, describe(table.name)) for table in wanted]


def unknown_tables(state: State) -> tuple[str, ...] | None:
    """See Inspection. Raises as `inspect_tables` does."""
    prefix = configuration().table_prefix
    if not prefix:
        return None
    known = {table_name(name) for name in state.tables}
    try:
        existing = table_names()
    except ClientError as error:
        if is_denied(error):
            return None
        raise
    return tuple(sorted(name for name in existing - known if name.startswith(prefix)))


def _report(wanted: TableState, actual: ActualTable | None) -> TableReport:
    physical_name = table_name(wanted.name)
    if actual is None:
        missing = Difference.missing(wanted.name)
        return TableReport(wanted.name, physical_name, exists=False, differences=(missing,))
    raw, is_ = actual.description, actual.state
    return TableReport(
        wanted.name,
        physical_name,
        exists=True,
        status=actual.status,
        items=raw.get("ItemCount", 0),
        size_bytes=None if ENGINE_HEADER in actual.headers else raw.get("TableSizeBytes"),
        throughput=is_.throughput,
        table_class=raw.get("TableClassSummary", {}).get("TableClass", STANDARD_CLASS),
        hash_key=is_.hash_key,
        range_key=is_.range_key,
        indexes=_indexes(actual),
        expires_by=is_.expires_by,
        stream=is_.stream,
        deletion_protection=raw.get("DeletionProtectionEnabled"),
        created=_utc(raw.get("CreationDateTime")),
        arn=raw.get("TableArn"),
        differences=tuple(differences(wanted, actual)),
    )


def _indexes(actual: ActualTable) -> tuple[IndexReport, ...]:
    raw_indexes = [
        *(actual.description.get("GlobalSecondaryIndexes") or ()),
        *(actual.description.get("LocalSecondaryIndexes") or ()),
    ]
    return tuple(
        _index(raw, actual) for raw in sorted(raw_indexes, key=lambda raw: str(raw["IndexName"]))
    )


def _index(raw: Mapping[str, Any], actual: ActualTable) -> IndexReport:
    name = raw["IndexName"]
    index = actual.state.index(name)
    is_local = isinstance(index, LocalIndex)
    measured = ENGINE_HEADER not in actual.headers
    return IndexReport(
        name,
        kind="local" if is_local else "global",
        status=None if is_local else actual.index_status[name],
        hash_key=index.hash_key,
        range_key=index.range_key,
        projection=index.projection,
        throughput=None if isinstance(index, LocalIndex) else index.throughput,
        items=raw.get("ItemCount", 0) if measured else None,
        size_bytes=raw.get("IndexSizeBytes") if measured else None,
    )


def _utc(moment: datetime | None) -> datetime | None:
    return moment.astimezone(UTC) if moment else None


def _counted(table: TableReport) -> TableReport:
    if not table.exists:
        return table
    return replace(table, items=count_items(table.physical_name), items_exact=True)


def _engine(endpoint: str, headers: Mapping[str, str]) -> str:
    if ENGINE_HEADER in headers:
        return f"{EMBEDDED_ENGINE} {headers[ENGINE_HEADER]}"
    if (urlsplit(endpoint).hostname or "").endswith((".amazonaws.com", ".amazonaws.com.cn")):
        return AWS
    return headers.get("server", "")


def _account(arn: str | None) -> str | None:
    """`arn:aws:dynamodb:eu-west-1:123456789012:table/products` → 123456789012."""
    parts = (arn or "").split(":")
    return parts[4] if len(parts) > 5 and parts[4] not in ("", NO_ACCOUNT) else None
