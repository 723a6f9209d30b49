"""What a database holds: tables, views, columns, keys."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import CompileError, NoSuchTableError, SAWarning
from sqlalchemy.types import NullType, TypeEngine

from config.sql_import.errors import UnusableMapping, unknown_name
from config.sql_import.source import SQLITE, Source

_NO_JSON = (
    sa.Integer,
    sa.Numeric,
    sa.Boolean,
    sa.Date,
    sa.DateTime,
    sa.Time,
    sa.Interval,
    sa.LargeBinary,
    sa.Uuid,
    sa.Enum,
)


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    type: TypeEngine[Any]
    type_text: str
    nullable: bool


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """`columns[i]` refers to `other_columns[i]` of `other`."""

    columns: tuple[str, ...]
    other: str
    other_schema: str | None
    other_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or a view. `schema` is None for the default one."""

    name: str
    schema: str | None
    is_view: bool
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    foreign_keys: tuple[ForeignKey, ...]

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def column(self, name: str, place: str) -> Column:
        """Raises UnusableMapping."""
        for column in self.columns:
            if column.name == name:
                return column
        raise unknown_name(place, name, self.column_names)

    def keys_to(self, other: Relation) -> list[ForeignKey]:
        return [
            key
            for key in self.foreign_keys
            if key.other == other.name and key.other_schema in (other.schema, None)
        ]


class Schema:
    """Looks at a database; what was looked at once is remembered. Raises UnusableSource."""

    def __init__(self, source: Source, schema: str | None = None) -> None:
        self._source = source
        self._default = schema
        self._known: dict[tuple[str | None, str], Relation] = {}
        source.check()
        with source.spoken(), _quietly():
            self._inspector = sa.inspect(source.engine)

    def names(self) -> list[tuple[str, bool]]:
        """(name, is a view) of everything in the schema, by name.

        Raises UnusableMapping when there is no such schema.
        """
        with self._source.spoken(), _quietly():
            if self._default:
                known = self._inspector.get_schema_names()
                if self._default not in known:
                    raise unknown_name("schema", self._default, known)
            tables = self._inspector.get_table_names(self._default)
            views = [*self._inspector.get_view_names(self._default), *self._materialized()]
        return sorted([*((name, False) for name in tables), *((name, True) for name in views)])

    def _materialized(self) -> Sequence[str]:
        try:
            return self._inspector.get_materialized_view_names(self._default)
        except NotImplementedError:
            return ()

    def relation(self, name: str, *, schema: str | None = None, place: str = "") -> Relation:
        """Raises UnusableMapping for what is not there."""
        schema = schema or self._default
        found = self._known.get((schema, name))
        if found is None:
            found = self._known[schema, name] = self._read(name, schema, place)
        return found

    def _read(self, name: str, schema: str | None, place: str) -> Relation:
        elsewhere = self if schema == self._default else Schema(self._source, schema)
        views = dict(elsewhere.names())
        if name not in views:
            raise unknown_name(place or "table", name, views)
        with self._source.spoken(), _quietly():
            try:
                columns = self._inspector.get_columns(name, schema)
                keys = self._inspector.get_pk_constraint(name, schema)["constrained_columns"]
                foreign = self._inspector.get_foreign_keys(name, schema)
            except NoSuchTableError:
                raise unknown_name(place or "table", name, views) from None
        return Relation(
            name=name,
            schema=schema,
            is_view=views[name],
            columns=tuple(self._column(column) for column in columns),
            primary_key=tuple(keys or ()),
            foreign_keys=tuple(_foreign_key(key) for key in foreign if key["referred_columns"]),
        )

    def _column(self, said: Any) -> Column:
        kind = said["type"]
        return Column(said["name"], kind, self._type_text(kind), bool(said.get("nullable", True)))

    def _type_text(self, kind: TypeEngine[Any]) -> str:
        if isinstance(kind, NullType):
            return "?"
        if isinstance(kind, sa.Enum):
            return f"enum ({', '.join(kind.enums)})"
        try:
            return kind.compile(self._source.dialect).lower()
        except CompileError:
            return type(kind).__name__.lower()


def joining_key(
    relation: Relation, other: Relation, *, place: str, none: object, several: object
) -> ForeignKey:
    """The one foreign key from `relation` to `other`. Raises UnusableMapping: none, several."""
    keys = relation.keys_to(other)
    if len(keys) == 1:
        return keys[0]
    text: Any = several if keys else none
    raise UnusableMapping(text % {"place": place, "table": relation.name, "other": other.name})


def _foreign_key(said: Any) -> ForeignKey:
    return ForeignKey(
        columns=tuple(said["constrained_columns"]),
        other=said["referred_table"],
        other_schema=said["referred_schema"],
        other_columns=tuple(said["referred_columns"]),
    )


@contextmanager
def _quietly() -> Iterator[None]:
    """A type that SQLAlchemy does not know is no news to an operator: it is shown as `?`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)
        yield


def holds_no_json(column: Column, database: str) -> bool:
    """Known by its type; a text may hold JSON."""
    kind = getattr(column.type, "data_type", column.type)
    # There every declaration that nobody knows, such as JSONB, counts as a number.
    if database == SQLITE and type(kind) is sa.NUMERIC:
        return False
    return isinstance(kind, _NO_JSON)


def text_columns(columns: Iterable[Column]) -> list[Column]:
    return [column for column in columns if isinstance(column.type, sa.String)]
