"""The rows of a mapping: one statement, read as a stream, in the order of the primary key."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from config.sql_import import errors
from config.sql_import.errors import UnusableMapping, unknown_name
from config.sql_import.mapping import Join
from config.sql_import.reading import Adapter, Expression, reading_of
from config.sql_import.schema import Column, Relation, Schema, joining_key
from config.sql_import.source import Snapshot

Row = tuple[Any, ...]


class Scope:
    """A table with what is joined to it, and the names by which columns are known there."""

    def __init__(self, base: Relation, place: str, *, known_as: str = "") -> None:
        self.base = base
        self._known_as = known_as or base.name
        self._place = place
        self.table = _table(base)
        self.from_clause: sa.FromClause = self.table
        self._joined: dict[str, tuple[Relation, sa.FromClause]] = {}

    def join(self, joins: Iterable[Join], schema: Schema) -> None:
        """Left joins, in their order. Raises UnusableMapping."""
        for join in joins:
            if join.name in self._joined or join.name == self._known_as:
                raise UnusableMapping(errors.TAKEN_NAME % {"place": join.place, "name": join.name})
            other = schema.relation(join.table, schema=join.schema, place=join.place)
            table = _table(other).alias(join.name)
            pairs = [] if join.on is None else list(join.on.items())
            if join.on is None:
                start, key = self._leading_key(other, join)
                pairs = [
                    (start + mine, theirs)
                    for mine, theirs in zip(key.columns, key.other_columns, strict=True)
                ]
            condition = sa.and_(
                *(
                    self.resolve(mine, join.place)[0]
                    == table.c[other.column(theirs, join.place).name]
                    for mine, theirs in pairs
                )
            )
            self.from_clause = self.from_clause.outerjoin(table, condition)
            self._joined[join.name] = other, table

    def _leading_key(self, other: Relation, join: Join) -> tuple[str, Any]:
        """From the base, or else from what was joined last."""
        starts = [("", self.base)]
        starts += [(f"{name}.", joined) for name, (joined, _) in reversed(self._joined.items())]
        found = next((start for start in starts if start[1].keys_to(other)), starts[0])
        key = joining_key(
            found[1],
            other,
            place=join.place,
            none=errors.NO_FOREIGN_KEY,
            several=errors.SEVERAL_FOREIGN_KEYS,
        )
        return found[0], key

    def resolve(self, name: str, place: str) -> tuple[Expression, Column]:
        """`column` or `join.column`. Raises UnusableMapping."""
        if name in self.base.column_names:
            return self.table.c[name], self.base.column(name, place)
        start, _, rest = name.partition(".")
        if start == self._known_as and rest in self.base.column_names:
            return self.table.c[rest], self.base.column(rest, place)
        if start in self._joined and rest:
            relation, table = self._joined[start]
            column = relation.column(rest, place)
            return table.c[column.name], column
        raise unknown_name(place, name, self._names())

    def _names(self) -> list[str]:
        joined = [
            f"{name}.{column}"
            for name, (relation, _) in self._joined.items()
            for column in relation.column_names
        ]
        return [*self.base.column_names, *joined]

    def order(self, names: Sequence[str]) -> list[Expression]:
        """By these columns, then by the primary key. Raises UnusableMapping where both lack."""
        wanted = list(dict.fromkeys([*names, *self.base.primary_key]))
        if not wanted:
            raise UnusableMapping(errors.NO_ORDER % {"table": self.base.name})
        return [self.resolve(name, self._place)[0] for name in wanted]


class Selection:
    """Collects what a statement selects; each thing once."""

    def __init__(self, scope: Scope, database: str) -> None:
        self.scope = scope
        self._database = database
        self._indices: dict[tuple[str, bool], int] = {}
        self._expressions: list[Expression] = []
        self._adapters: dict[int, Adapter] = {}

    def value(self, name: str, place: str) -> int:
        """The index in `adapted` rows of what a column says."""
        if (name, False) not in self._indices:
            expression, column = self.scope.resolve(name, place)
            asked, adapter = reading_of(column, expression, self._database)
            index = self._indices[name, False] = self._add(asked)
            if adapter is not None:
                self._adapters[index] = adapter
        return self._indices[name, False]

    def key(self, name: str, place: str) -> int:
        """The same for a column by which rows are found: as the database has it."""
        if (name, True) not in self._indices:
            self._indices[name, True] = self._add(self.scope.resolve(name, place)[0])
        return self._indices[name, True]

    def _add(self, expression: Expression) -> int:
        self._expressions.append(expression.label(f"c{len(self._expressions)}"))
        return len(self._expressions) - 1

    def column(self, name: str, place: str) -> Column:
        return self.scope.resolve(name, place)[1]

    def statement(self, where: str) -> sa.Select[Any]:
        statement = sa.select(*self._expressions).select_from(self.scope.from_clause)
        return statement.where(raw(where)) if where else statement

    def adapted(self, row: Row) -> Row:
        if not self._adapters:
            return row
        changed = list(row)
        for index, adapter in self._adapters.items():
            if changed[index] is not None:
                changed[index] = adapter(changed[index])
        return tuple(changed)


class Rows:
    """The source's rows. `selection` is complete before the first is read."""

    def __init__(self, scope: Scope, *, where: str, order_by: Sequence[str], database: str) -> None:
        self.selection = Selection(scope, database)
        self._scope = scope
        self._where = where
        self._order = scope.order(order_by)
        names = order_by or scope.base.primary_key
        self._key = {name: self.selection.key(name, "order_by") for name in names}

    def count(self, snapshot: Snapshot) -> int:
        statement = sa.select(sa.func.count()).select_from(self._scope.from_clause)
        return snapshot.number(statement.where(raw(self._where)) if self._where else statement)

    def batches(self, snapshot: Snapshot, size: int) -> Generator[list[Row], None, None]:
        statement = self.selection.statement(self._where).order_by(*self._order)
        return snapshot.stream(statement, size)

    def key_text(self, row: Row) -> str:
        """`product_id=5`."""
        return ", ".join(f"{name}={row[index]}" for name, index in self._key.items())


def raw(sql: str) -> sa.TextClause:
    """Exactly these words: a colon in them is no parameter."""
    return sa.text("(" + re.sub(":", r"\\:", sql) + ")")


def _table(relation: Relation) -> sa.TableClause:
    # Without types: values come as the driver gives them, and `reading` knows what they mean.
    columns: list[sa.ColumnClause[Any]] = [sa.column(name) for name in relation.column_names]
    return sa.table(relation.name, *columns, schema=relation.schema)
