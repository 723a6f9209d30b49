"""Rows that point at a row: fetched for a whole batch with one statement, never one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import NullType

from config.sql_import import errors
from config.sql_import.mapping import Children
from config.sql_import.query import Row, Scope, Selection
from config.sql_import.schema import Schema, joining_key
from config.sql_import.source import MYSQL, Snapshot

MOST = 1000
BATCH = 500

Values = list[Any]
FoundRows = Mapping[Row, list[Row]]
"""Child rows, as the database gave them, by the key of their parent."""


class ChildRows:
    """The values of one `[[children]]` by the key of their parent."""

    def __init__(
        self, children: Children, parents: Selection, schema: Schema, database: str
    ) -> None:
        place = f"[[children]] {children.name}"
        relation = schema.relation(children.table, schema=children.schema, place=place)
        scope = Scope(relation, place)
        scope.join(children.joins, schema)
        on = children.on
        if on is None:
            key = joining_key(
                relation,
                parents.scope.base,
                place=place,
                none=errors.NO_FOREIGN_KEY,
                several=errors.SEVERAL_FOREIGN_KEYS,
            )
            on = dict(zip(key.columns, key.other_columns, strict=True))
        self._parent_keys = [parents.key(name, place) for name in on.values()]
        selection = Selection(scope, database)
        self._keys = [selection.key(name, place) for name in on]
        self._value = selection.value(children.column, place)
        self.column = selection.column(children.column, place)
        self._selection = selection
        self._columns = [scope.resolve(name, place)[0] for name in on]
        order = scope.order(children.order_by)
        self._statement = selection.statement(children.where).order_by(*self._columns, *order)
        # Collations there take `a` and `A` for the same key.
        self._folds = database == MYSQL
        self.most = 1

    def fetch(self, snapshot: Snapshot, rows: Sequence[Row]) -> FoundRows:
        """At most `most` and one for each parent."""
        wanted = {self._parent_key(row) for row in rows}
        keys = [key for key in dict.fromkeys(map(self._raw_key, rows)) if None not in key]
        found: dict[Row, list[Row]] = {}
        if not keys:
            return found
        statement = self._statement.where(self._among(keys))
        for batch in snapshot.stream(statement, BATCH, beside=True):
            for child in batch:
                key = self._folded(tuple(child[index] for index in self._keys))
                children = found.setdefault(key, [])
                if key in wanted and len(children) <= self.most:
                    children.append(child)
        return found

    def of(self, row: Row, found: FoundRows) -> Values:
        """Raises RecursionError for JSON that is nested too deeply: that costs its parent only."""
        children = found.get(self._parent_key(row), ())
        return [self._selection.adapted(child)[self._value] for child in children]

    def _among(self, keys: list[Row]) -> sa.ColumnElement[bool]:
        # Untyped, so that the database takes each for what its own column is.
        if len(self._columns) == 1:
            bound = sa.bindparam(None, [key[0] for key in keys], type_=NullType(), expanding=True)
            return self._columns[0].in_(bound)
        return sa.or_(
            *(
                sa.and_(
                    *(
                        column == sa.bindparam(None, part, type_=NullType())
                        for column, part in zip(self._columns, key, strict=True)
                    )
                )
                for key in keys
            )
        )

    def _raw_key(self, row: Row) -> Row:
        return tuple(row[index] for index in self._parent_keys)

    def _parent_key(self, row: Row) -> Row:
        return self._folded(self._raw_key(row))

    def _folded(self, key: Row) -> Row:
        if not self._folds:
            return key
        return tuple(part.casefold() if isinstance(part, str) else part for part in key)
