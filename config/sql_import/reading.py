"""How a column is asked for, and what its driver's answer means, database by database."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql

from config.sql_import.exact import shortest_of_single
from config.sql_import.schema import Column
from config.sql_import.source import MYSQL, POSTGRESQL

Adapter = Callable[[Any], Any]
Expression = sa.ColumnElement[Any]

# What psycopg gives as the Python value that it is; everything else is asked for as text.
_PLAIN = (
    sa.Integer,
    sa.Numeric,
    sa.Float,
    sa.Boolean,
    sa.String,
    sa.DateTime,
    sa.Date,
    sa.Time,
    sa.Interval,
    sa.LargeBinary,
    sa.JSON,
    sa.Uuid,
    postgresql.DOMAIN,
)


def reading_of(
    column: Column, expression: Expression, database: str
) -> tuple[Expression, Adapter | None]:
    """What to select, and what to do with the answer unless it is null."""
    if database == POSTGRESQL:
        return _postgresql(column, expression), _from_json if _is_json(column.type) else None
    if database == MYSQL:
        return _mysql(column, expression)
    return expression, _from_json if isinstance(column.type, sa.JSON) else None


def _postgresql(column: Column, expression: Expression) -> Expression:
    if isinstance(column.type, postgresql.ARRAY):
        # Also of types that the driver does not know, such as enums.
        return sa.cast(expression, postgresql.ARRAY(sa.Text))
    if isinstance(column.type, postgresql.MONEY):
        return sa.cast(expression, sa.Numeric)
    if isinstance(column.type, _PLAIN):
        return expression
    return sa.cast(expression, sa.Text)


def _is_json(kind: Any) -> bool:
    return isinstance(getattr(kind, "data_type", kind), sa.JSON)


def _mysql(column: Column, expression: Expression) -> tuple[Expression, Adapter | None]:
    if isinstance(column.type, mysql.FLOAT):
        # Asked for as it is, it comes cut to six digits.
        doubled: Expression = expression.op("*")(sa.literal_column("1e0"))
        return doubled, shortest_of_single
    if isinstance(column.type, sa.TIMESTAMP):
        return expression, _in_utc
    if isinstance(column.type, mysql.BIT):
        return expression, _from_bits
    if isinstance(column.type, sa.JSON):
        return expression, _from_json
    return expression, None


def _in_utc(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value


def _from_bits(value: Any) -> Any:
    return int.from_bytes(value, "big") if isinstance(value, bytes) else value


def _from_json(value: Any) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value
