"""A mapping file: which rows become what. Its shape is checked here, its names by `query`."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from config.sql_import import errors
from config.sql_import.errors import UnusableMapping, unknown_name

SOURCES = ("column", "first", "template", "path", "children", "value")
PLACEHOLDER = re.compile(r"\{([^{}:]+)(?::0(\d{1,2}))?\}")
# Between quotes anything may stand. Databases disagree on what a backslash does there.
_QUOTED = (
    re.compile(r"""'[^']*'|"[^"]*"|`[^`]*`"""),
    re.compile(r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`[^`]*`""", re.DOTALL),
)
_MORE_THAN_A_CONDITION = re.compile(r";|--|/\*|\*/")
_KINDS: dict[type, object] = {str: errors.A_TEXT, list: errors.LIST, dict: errors.TABLE}

SourceKind = Literal["column", "first", "template", "path", "children", "value"]


@dataclass(frozen=True, slots=True)
class Join:
    """`on`: column before the join (`column` or `join.column`) → column of the joined table;
    None follows the foreign key."""

    table: str
    schema: str | None
    name: str
    on: Mapping[str, str] | None
    place: str


@dataclass(frozen=True, slots=True)
class Children:
    """`on`: column of the child table → column of the source; `joins` start at the child."""

    name: str
    table: str
    schema: str | None
    on: Mapping[str, str] | None
    column: str
    order_by: tuple[str, ...]
    where: str
    joins: tuple[Join, ...]


@dataclass(frozen=True, slots=True)
class Source:
    table: str
    schema: str | None
    where: str
    order_by: tuple[str, ...]
    zone: str


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """`columns` is what it reads, for `children` their name. `value` is the constant or the
    template. `options` are still unchecked: which there are depends on the field."""

    name: str
    kind: SourceKind
    columns: tuple[str, ...]
    value: Any
    options: Mapping[str, Any]

    @property
    def place(self) -> str:
        return f"[fields] {self.name}"


@dataclass(frozen=True, slots=True)
class SqlMapping:
    """`folder` is where the file lies; relative folders in it start there."""

    target: str
    options: Mapping[str, Any]
    source: Source
    joins: tuple[Join, ...]
    children: tuple[Children, ...]
    fields: tuple[FieldMapping, ...]
    folder: Path
    digest: str


def load_mapping(path: Path) -> SqlMapping:
    """Raises UnusableMapping, OSError."""
    try:
        document = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UnusableMapping(errors.NO_TOML % {"file": path, "reason": error}) from error
    return parse_mapping(document, folder=path.resolve().parent)


def parse_mapping(document: Mapping[str, Any], *, folder: Path) -> SqlMapping:
    """Raises UnusableMapping."""
    place = "Top level"
    _only(document, ("target", "options", "source", "join", "children", "fields"), place)
    source = _source(_table(document, "source", place, required=True))
    joins = tuple(
        _join(one, f"[[join]] {number}")
        for number, one in enumerate(_tables(document, "join", place), 1)
    )
    children = tuple(
        _children(one, f"[[children]] {number}")
        for number, one in enumerate(_tables(document, "children", place), 1)
    )
    _distinct([join.name for join in joins], "[[join]]")
    _distinct([child.name for child in children], "[[children]]")
    fields = _table(document, "fields", place, required=True)
    names = [child.name for child in children]
    return SqlMapping(
        target=_text(document, "target", place, required=True),
        options=_table(document, "options", place),
        source=source,
        joins=joins,
        children=children,
        fields=tuple(_field(name, said, names) for name, said in fields.items()),
        folder=folder,
        digest=_digest(document),
    )


def _source(said: Mapping[str, Any]) -> Source:
    place = "[source]"
    _only(said, ("table", "schema", "where", "order_by", "zone"), place)
    return Source(
        table=_text(said, "table", place, required=True),
        schema=_text(said, "schema", place) or None,
        where=_condition(said, place),
        order_by=_texts(said, "order_by", place),
        zone=_text(said, "zone", place),
    )


def _join(said: Mapping[str, Any], place: str) -> Join:
    _only(said, ("table", "schema", "as", "on"), place)
    table = _text(said, "table", place, required=True)
    return Join(
        table=table,
        schema=_text(said, "schema", place) or None,
        name=_text(said, "as", place) or table,
        on=_on(said, place),
        place=place,
    )


def _children(said: Mapping[str, Any], place: str) -> Children:
    known = ("name", "table", "schema", "on", "column", "order_by", "where", "join")
    _only(said, known, place)
    table = _text(said, "table", place, required=True)
    joins = tuple(
        _join(one, f"{place}, [[children.join]] {number}")
        for number, one in enumerate(_tables(said, "join", place), 1)
    )
    _distinct([join.name for join in joins], place)
    return Children(
        name=_text(said, "name", place) or table,
        table=table,
        schema=_text(said, "schema", place) or None,
        on=_on(said, place),
        column=_text(said, "column", place, required=True),
        order_by=_texts(said, "order_by", place),
        where=_condition(said, place),
        joins=joins,
    )


def _field(name: str, said: Any, children: list[str]) -> FieldMapping:
    place = f"[fields] {name}"
    if isinstance(said, str):
        return FieldMapping(name, "column", (said,), None, {})
    if not isinstance(said, dict):
        raise _wrong_kind(place, name, errors.COLUMN_OR_TABLE)
    given = [kind for kind in SOURCES if kind in said]
    if len(given) != 1:
        raise UnusableMapping(errors.ONE_SOURCE % {"place": place, "names": ", ".join(SOURCES)})
    kind: Any = given[0]
    options = {option: value for option, value in said.items() if option != kind}
    columns: tuple[str, ...] = ()
    value: Any = None
    if kind in ("first", "path"):
        columns = _texts(said, kind, place, required=True)
    elif kind == "value":
        value = said["value"]
    else:
        text = _text(said, kind, place, required=True)
        columns = (text,)
        if kind == "template":
            value = text
            columns = tuple(found[0].strip() for found in PLACEHOLDER.findall(text))
            if not columns:
                raise UnusableMapping(
                    errors.OPTION_VALUE % {"place": place, "reason": errors.BAD_TEMPLATE}
                )
        elif kind == "children" and text not in children:
            raise unknown_name(place, text, children)
    return FieldMapping(name, kind, columns, value, options)


def _on(said: Mapping[str, Any], place: str) -> Mapping[str, str] | None:
    if "on" not in said:
        return None
    pairs = _table(said, "on", place)
    if not pairs or not all(isinstance(value, str) for value in pairs.values()):
        raise _wrong_kind(place, "on", errors.TABLE_OF_COLUMNS)
    return pairs


def _condition(said: Mapping[str, Any], place: str) -> str:
    """The first of several fences: the connections take one statement and only read."""
    where = _text(said, "where", place)
    if any(_MORE_THAN_A_CONDITION.search(quoted.sub("''", where)) for quoted in _QUOTED):
        raise UnusableMapping(errors.MORE_THAN_A_CONDITION % {"place": place})
    return where


def _only(said: Mapping[str, Any], known: Iterable[str], place: str) -> None:
    for name in said:
        if name not in known:
            raise unknown_name(place, name, known)


def _distinct(names: list[str], place: str) -> None:
    for name in names:
        if names.count(name) > 1:
            raise UnusableMapping(errors.TAKEN_NAME % {"place": place, "name": name})


def _value(said: Mapping[str, Any], name: str, place: str, kind: type, required: bool) -> Any:
    if name not in said:
        if required:
            raise UnusableMapping(errors.MISSING % {"place": place, "name": name})
        return kind()
    value = said[name]
    if not isinstance(value, kind) or (required and not value):
        raise _wrong_kind(place, name, _KINDS[kind])
    return value


def _text(said: Mapping[str, Any], name: str, place: str, *, required: bool = False) -> str:
    text: str = _value(said, name, place, str, required)
    return text


def _texts(
    said: Mapping[str, Any], name: str, place: str, *, required: bool = False
) -> tuple[str, ...]:
    texts = _value(said, name, place, list, required)
    if not all(isinstance(text, str) for text in texts):
        raise _wrong_kind(place, name, errors.LIST_OF_TEXTS)
    return tuple(texts)


def _table(
    said: Mapping[str, Any], name: str, place: str, *, required: bool = False
) -> Mapping[str, Any]:
    table: Mapping[str, Any] = _value(said, name, place, dict, required)
    return table


def _tables(said: Mapping[str, Any], name: str, place: str) -> list[Mapping[str, Any]]:
    tables = _value(said, name, place, list, False)
    if not all(isinstance(table, dict) for table in tables):
        raise _wrong_kind(place, name, errors.WRITTEN_AS % {"name": name})
    return list(tables)


def _wrong_kind(place: str, name: str, kind: object) -> UnusableMapping:
    return UnusableMapping(errors.WRONG_KIND % {"place": place, "name": name, "kind": kind})


def _digest(document: Mapping[str, Any]) -> str:
    said = json.dumps(document, sort_keys=True, default=str)
    return hashlib.sha256(said.encode()).hexdigest()
