"""Creating the tables where this application owns them, and telling whether they are there."""

from __future__ import annotations

import time
from collections.abc import Sequence

from botocore.exceptions import ClientError
from pynamodb.exceptions import TableError

from storage import audit, ephemeral  # noqa: F401  # registers their tables
from storage.client import call
from storage.errors import StoreError, StoreUnavailable
from storage.table import BILLING_MODE, Table, registered_tables

ACTIVE_WITHIN_SECONDS = 60
# The embedded engine's words for a table that it lists but did not get to make.
CUT_SHORT = "no such table"


class UnusableTable(StoreError):
    """A table that is listed but cannot be read: its creation was interrupted."""


def missing_tables(tables: Sequence[type[Table]] | None = None) -> list[str]:
    """Physical names of the tables that do not exist. One ListTables per 100 tables there."""
    existing = _existing()
    chosen = registered_tables() if tables is None else tables
    names = [table.physical_name() for table in chosen]
    return [name for name in names if name not in existing]


def create_tables(
    tables: Sequence[type[Table]] | None = None, *, recreate_unusable: bool = False
) -> list[str]:
    """Creates what is missing and returns the names of what it created.

    A table whose creation was cut short is listed but unusable. It holds nothing, so with
    `recreate_unusable` (the embedded engine only) it is made again; else UnusableTable.
    """
    created = []
    existing = _existing()
    for table in registered_tables() if tables is None else tables:
        name = table.physical_name()
        if name not in existing:
            _create(table)
            created.append(name)
        else:
            _wait_until_active(name)
            if not _usable(table):
                if not recreate_unusable:
                    raise UnusableTable(f"table {name} is listed but cannot be read")
                call("DeleteTable", {"TableName": name})
                _create(table)
                created.append(name)
        _expire(table)
    return created


def _existing() -> set[str]:
    names: set[str] = set()
    arguments: dict[str, str] = {}
    while True:
        answer = call("ListTables", dict(arguments))
        names.update(answer["TableNames"])
        if "LastEvaluatedTableName" not in answer:
            return names
        arguments["ExclusiveStartTableName"] = answer["LastEvaluatedTableName"]


def _usable(table: type[Table]) -> bool:
    try:
        call("Scan", {"TableName": table.physical_name(), "Limit": 1})
    except StoreUnavailable as error:
        cause = error.__cause__
        # Any other internal error may be about a table with data in it.
        if isinstance(cause, ClientError) and CUT_SHORT in cause.response["Error"]["Message"]:
            return False
        raise
    return True


def _create(table: type[Table]) -> None:
    schema = table._get_schema()
    try:
        # Not the model's own create_table: it sets the expiry before the table can take it.
        table._get_connection().create_table(
            attribute_definitions=schema["attribute_definitions"],
            key_schema=schema["key_schema"],
            global_secondary_indexes=schema["global_secondary_indexes"],
            local_secondary_indexes=schema["local_secondary_indexes"],
            billing_mode=BILLING_MODE,
        )
    except TableError as error:
        # Two processes may start at once; the table of the other one is as good.
        if error.cause_response_code != "ResourceInUseException":
            raise
    _wait_until_active(table.physical_name())


def _expire(table: type[Table]) -> None:
    """Turns expiry on where the model has an attribute for it; AWS refuses to do so twice."""
    attribute = table._ttl_attribute()  # type: ignore[no-untyped-call]
    if attribute is None:
        return
    name = table.physical_name()
    state = call("DescribeTimeToLive", {"TableName": name})["TimeToLiveDescription"]
    if state["TimeToLiveStatus"] not in ("ENABLED", "ENABLING"):
        specification = {"Enabled": True, "AttributeName": attribute.attr_name}
        call("UpdateTimeToLive", {"TableName": name, "TimeToLiveSpecification": specification})


def _wait_until_active(name: str) -> None:
    deadline = time.monotonic() + ACTIVE_WITHIN_SECONDS
    while call("DescribeTable", {"TableName": name})["Table"]["TableStatus"] != "ACTIVE":
        if time.monotonic() > deadline:
            raise StoreUnavailable(f"table {name} did not become active")
        time.sleep(0.5)
