"""What a database holds, for a person to read in 80 columns and for programs."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from sqlalchemy.exc import DBAPIError

from config.sql_import.errors import UnusableSource
from config.sql_import.schema import Column, Relation, Schema
from config.sql_import.source import MYSQL, POSTGRESQL, Snapshot, Source

WIDTH = 80
NAME_WIDTH = 28
TYPE_WIDTH = 27
ESTIMATED_FROM = 100_000
COUNT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Listed:
    """`rows` is None where counting takes too long or fails. `problem` says why a relation
    cannot be looked at; it has no columns then."""

    relation: Relation
    rows: int | None
    is_exact: bool
    problem: str = ""


def listed(source: Source, *, schema: str | None, name: str | None) -> Iterator[Listed]:
    """Everything in a schema, or the one relation. Raises UnusableMapping, UnusableSource."""
    known = Schema(source, schema)
    names = [name] if name else [found for found, _is_view in known.names()]
    with source.snapshot() as snapshot:
        for one in names:
            try:
                relation = known.relation(one, place="--from")
            except UnusableSource as problem:
                broken = Relation(one, schema, True, (), (), ())
                yield Listed(broken, None, False, str(problem))
                continue
            rows, is_exact = _rows(snapshot, relation)
            yield Listed(relation, rows, is_exact)


def as_lines(one: Listed) -> Iterator[str]:
    relation = one.relation
    title = f"{relation.schema}.{relation.name}" if relation.schema else relation.name
    kind = _("view") if relation.is_view else _("table")
    yield f"{title} ({kind}, {_rows_text(one)})"
    if one.problem:
        yield from textwrap.wrap(one.problem, WIDTH, initial_indent="  ", subsequent_indent="  ")
    widest = max((len(column.name) for column in relation.columns), default=0)
    longest = max((len(column.type_text) for column in relation.columns), default=0)
    for column in relation.columns:
        name = f"{column.name:<{min(widest, NAME_WIDTH)}}"
        kind = f"{column.type_text:<{min(longest, TYPE_WIDTH)}}"
        notes = ", ".join(_notes(relation, column))
        yield from _folded(f"  {name}  {kind}  {notes}".rstrip())


def as_document(one: Listed) -> dict[str, Any]:
    relation = one.relation
    return {
        "name": relation.name,
        "schema": relation.schema,
        "kind": "view" if relation.is_view else "table",
        "rows": one.rows,
        "rows_are_exact": one.is_exact,
        "problem": one.problem,
        "columns": [
            {"name": column.name, "type": column.type_text, "nullable": column.nullable}
            for column in relation.columns
        ],
        "primary_key": list(relation.primary_key),
        "foreign_keys": [
            {
                "columns": list(key.columns),
                "table": key.other,
                "schema": key.other_schema,
                "other_columns": list(key.other_columns),
            }
            for key in relation.foreign_keys
        ],
    }


def _rows_text(one: Listed) -> str:
    if one.rows is None:
        return _("rows not counted")
    text = ngettext("%(rows)d row", "%(rows)d rows", one.rows) % {"rows": one.rows}
    return text if one.is_exact else f"≈ {text}"


def _folded(text: str) -> Iterator[str]:
    if len(text) <= WIDTH:
        yield text
    else:
        yield from textwrap.wrap(text, WIDTH, subsequent_indent=" " * 6, drop_whitespace=True)


def _notes(relation: Relation, column: Column) -> Iterator[str]:
    if column.name in relation.primary_key:
        yield _("key")
    elif column.nullable:
        yield _("may be null")
    for key in relation.foreign_keys:
        if column.name in key.columns:
            other = key.other_columns[key.columns.index(column.name)]
            schema = f"{key.other_schema}." if key.other_schema else ""
            yield f"→ {schema}{key.other}.{other}"


def _rows(snapshot: Snapshot, relation: Relation) -> tuple[int | None, bool]:
    """(rows, exactly); large tables by the database's own estimate."""
    estimate = None if relation.is_view else _estimate(snapshot, relation)
    if estimate is not None and estimate > ESTIMATED_FROM:
        return estimate, False
    table = sa.table(relation.name, schema=relation.schema)
    try:
        with snapshot.beside.begin_nested():
            if snapshot.source.kind == POSTGRESQL:
                limit = f"SET LOCAL statement_timeout = {COUNT_SECONDS * 1000}"
                snapshot.beside.exec_driver_sql(limit)
            return snapshot.number(sa.select(sa.func.count()).select_from(table)), True
    except DBAPIError:
        return None, False


def _estimate(snapshot: Snapshot, relation: Relation) -> int | None:
    if snapshot.source.kind == POSTGRESQL:
        said = sa.text(
            "SELECT c.reltuples FROM pg_catalog.pg_class c"
            " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relname = :name AND n.nspname = coalesce(:schema, current_schema())"
        )
    elif snapshot.source.kind == MYSQL:
        said = sa.text(
            "SELECT table_rows FROM information_schema.tables"
            " WHERE table_name = :name AND table_schema = coalesce(:schema, database())"
        )
    else:
        return None
    named = {"name": relation.name, "schema": relation.schema}
    found = snapshot.beside.execute(said, named).scalar()
    return None if found is None else int(found)
