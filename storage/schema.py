"""Tables straight from the models, without migrations: for tests, benchmarks and probes."""

from __future__ import annotations

from collections.abc import Sequence

from storage import audit, ephemeral  # noqa: F401  # registers their tables
from storage.client import call
from storage.evolution import ledger_table  # noqa: F401  # likewise
from storage.evolution.models import table_state
from storage.evolution.schema_operations import make_table
from storage.table import Table, registered_tables


def missing_tables(tables: Sequence[type[Table]] | None = None) -> list[str]:
    """Physical names of the tables that do not exist. One ListTables per 100 tables there."""
    existing = table_names()
    chosen = registered_tables() if tables is None else tables
    names = [table.physical_name() for table in chosen]
    return [name for name in names if name not in existing]


def create_tables(
    tables: Sequence[type[Table]] | None = None, *, recreate_unusable: bool = False
) -> list[str]:
    """Creates what is missing and returns the names of what it created.

    A table whose creation was cut short is listed but unusable. It holds nothing, so with
    `recreate_unusable` (the embedded engine only) it is made again; else UnusableTable.
    Raises TableDiffers for one that is not as its model says.
    """
    return [
        table.physical_name()
        for table in (registered_tables() if tables is None else tables)
        if make_table(table_state(table), mend_unusable=recreate_unusable)
    ]


def table_names() -> set[str]:
    """Physical names of all tables that are there, those of others included."""
    names: set[str] = set()
    arguments: dict[str, str] = {}
    while True:
        answer = call("ListTables", dict(arguments))
        names.update(answer["TableNames"])
        if "LastEvaluatedTableName" not in answer:
            return names
        arguments["ExclusiveStartTableName"] = answer["LastEvaluatedTableName"]
