"""A row of the source becomes the values of an entry, or reasons why not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from config.sql_import import child_rows, errors
from config.sql_import.child_rows import ChildRows, FoundRows, Values
from config.sql_import.conversion import Converter, as_text, converter_of
from config.sql_import.errors import Refused, UnusableMapping, unknown_name
from config.sql_import.mapping import PLACEHOLDER, FieldMapping, SqlMapping
from config.sql_import.query import Row, Selection
from config.sql_import.schema import Column, Schema, holds_no_json
from config.sql_import.source import Snapshot
from storage.intake import Refusal, Target, TargetField
from storage.intake_report import VALUE_SHOWN

Reader = Callable[[Row, Mapping[str, Values]], Any]


@dataclass(frozen=True, slots=True)
class _Field:
    """`child` names the children that it reads, if any."""

    name: str
    child: str
    read: Reader
    convert: Converter


@dataclass(frozen=True, slots=True)
class Converted:
    """`values` of the fields that could be converted."""

    values: dict[str, Any]
    refusals: list[Refusal]


class Fields:
    """The `[fields]` of a mapping, checked against the target and the database.

    Raises UnusableMapping.
    """

    def __init__(
        self,
        mapping: SqlMapping,
        target: Target,
        selection: Selection,
        schema: Schema,
        *,
        database: str,
        dry_run: bool,
    ) -> None:
        self._selection = selection
        self._database = database
        self._children = {
            child.name: ChildRows(child, selection, schema, database) for child in mapping.children
        }
        known = {field.name: field for field in target.fields}
        self._fields: list[_Field] = []
        for mapped in mapping.fields:
            if mapped.name not in known:
                raise unknown_name("[fields]", mapped.name, known)
            field = known[mapped.name]
            convert = converter_of(
                field, mapped, zone=mapping.source.zone, folder=mapping.folder, dry_run=dry_run
            )
            child = mapped.columns[0] if mapped.kind == "children" else ""
            self._fields.append(_Field(field.name, child, self._reader(mapped, field), convert))
        self._keys = [field for field in self._fields if field.name in target.key]

    def converted(
        self, snapshot: Snapshot, rows: Sequence[Row], first_line: int, *, keys_only: bool = False
    ) -> list[Converted]:
        fields = self._keys if keys_only else self._fields
        needed = dict.fromkeys(field.child for field in fields if field.child)
        found = {name: self._children[name].fetch(snapshot, rows) for name in needed}
        return [
            self._converted(row, found, fields, line) for line, row in enumerate(rows, first_line)
        ]

    def _converted(
        self,
        row: Row,
        found: Mapping[str, FoundRows],
        fields: Sequence[_Field],
        line: int,
    ) -> Converted:
        try:
            children = {name: self._children[name].of(row, rows) for name, rows in found.items()}
            row = self._selection.adapted(row)
        except RecursionError:
            return Converted({}, [Refusal(line, "", str(errors.TOO_DEEP))])
        result = Converted({}, [])
        for field in fields:
            value: Any = None
            try:
                value = field.read(row, children)
                result.values[field.name] = field.convert(value)
            except Refused as refused:
                result.refusals.append(Refusal(line, field.name, str(refused.text), shown(value)))
            except RecursionError:
                result.refusals.append(Refusal(line, field.name, str(errors.TOO_DEEP)))
        return result

    def _reader(self, mapped: FieldMapping, field: TargetField) -> Reader:
        if mapped.kind == "value":
            return lambda _row, _children: mapped.value
        if mapped.kind == "children":
            return self._child_reader(mapped, field)
        indices = [self._selection.value(name, mapped.place) for name in mapped.columns]
        if mapped.kind in ("column", "first"):
            for name in mapped.columns:
                self._refuse_pick(mapped, name, self._selection.column(name, mapped.place))
        if mapped.kind == "column":
            index = indices[0]
            return lambda row, _children: row[index]
        if mapped.kind == "template":
            return _template_reader(mapped.value, indices)
        if mapped.kind == "path":
            return lambda row, _children: _levels(row, indices)
        return lambda row, _children: next(
            (row[index] for index in indices if not _is_empty(row[index])), None
        )

    def _child_reader(self, mapped: FieldMapping, field: TargetField) -> Reader:
        name = mapped.columns[0]
        column = self._children[name].column
        self._refuse_pick(mapped, f"{name}.{column.name}", column)
        if field.kind != "texts" and "join" not in mapped.options:
            return lambda _row, children: next(
                (value for value in children[name] if not _is_empty(value)), None
            )
        self._children[name].most = child_rows.MOST

        def read(_row: Row, children: Mapping[str, Values]) -> Any:
            if len(children[name]) > child_rows.MOST:
                raise Refused(errors.TOO_MANY_CHILDREN % {"limit": child_rows.MOST})
            return children[name]

        return read

    def _refuse_pick(self, mapped: FieldMapping, name: str, column: Column) -> None:
        """Raises UnusableMapping where every row would be refused."""
        if "pick" in mapped.options and holds_no_json(column, self._database):
            reason = errors.NOTHING_TO_PICK % {"name": name, "type": column.type_text}
            raise UnusableMapping(errors.OPTION_VALUE % {"place": mapped.place, "reason": reason})


def shown(value: Any) -> str:
    """What a report shows of a value."""
    if value is None or isinstance(value, (bytes, bytearray, memoryview)):
        return ""
    try:
        return str(value)[:VALUE_SHOWN]
    except RecursionError:
        return ""


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _levels(row: Row, indices: Sequence[int]) -> list[str]:
    texts = (as_text(row[index]) for index in indices if row[index] is not None)
    return [text for text in texts if text]


def _template_reader(template: str, indices: Sequence[int]) -> Reader:
    widths = [int(found[1] or 0) for found in PLACEHOLDER.findall(template)]
    # As re.split gives them: text, name, width, text, …
    between = PLACEHOLDER.split(template)[::3]

    def read(row: Row, _children: Mapping[str, Values]) -> str | None:
        pieces = [between[0]]
        for index, width, text in zip(indices, widths, between[1:], strict=True):
            value = None if row[index] is None else as_text(row[index])
            if value is None:
                return None
            pieces += [value.zfill(width), text]
        return "".join(pieces)

    return read
