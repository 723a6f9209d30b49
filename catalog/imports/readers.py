"""Rows of CSV, JSON and NDJSON, one at a time: memory does not grow with the file."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, BinaryIO

from catalog.imports import errors
from catalog.imports.errors import UnusableFile
from catalog.imports.source import Encoding, SourceDamaged, detect_encoding, open_text

ROW_LIMIT = 128 * 1024
DELIMITERS = ",;\t|"
COLUMNS_SAMPLED = 200
MOST_COLUMNS = 200
LONGEST_COLUMN_NAME = 100
_FORMULA = re.compile(r"'+[=+\-@\t\r\n\uff0b\uff0d\uff1d\uff20]")
_NOT_BLANK = re.compile(r"[^\s]")


class Format(StrEnum):
    CSV = "csv"
    JSON = "json"
    NDJSON = "ndjson"


@dataclass(frozen=True, slots=True)
class Row:
    """`line` is where the row begins, from 1. `problem` says why `values` is None."""

    line: int
    values: Mapping[str, Any] | None
    problem: object = ""


@dataclass(frozen=True, slots=True)
class Source:
    """What was found out about a file. `columns` of JSON are those of its first 200 rows."""

    format: Format
    encoding: Encoding
    delimiter: str
    columns: tuple[str, ...]

    @property
    def encoding_was_guessed(self) -> bool:
        return self.encoding == "cp1252"


def inspect(file: BinaryIO, name: str = "") -> Source:
    """Raises UnusableFile where nothing can be read at all. `name` may end in .csv and so on."""
    encoding = detect_encoding(file)
    try:
        with open_text(file, encoding) as text:
            start = _beginning(text)
    except SourceDamaged as damage:
        raise UnusableFile(damage.text) from damage
    if not start:
        raise UnusableFile(errors.EMPTY)
    stem = name.lower().removesuffix(".gz")
    if start[0] in "[{" and not stem.endswith((".csv", ".tsv", ".txt")):
        kind = Format.JSON if start[0] == "[" else Format.NDJSON
        source = Source(kind, encoding, "", ())
        columns = _columns_of(file, source)
        _refuse_columns(columns)
        return Source(kind, encoding, "", columns)
    if stem.endswith((".json", ".ndjson", ".jsonl")):
        raise UnusableFile(errors.JSON_NO_LIST)
    header, delimiter, _ = _header(start)
    columns = tuple(name for name in _cells(header, delimiter) if name)
    if not columns:
        raise UnusableFile(errors.NO_COLUMNS)
    _refuse_columns(columns)
    for place, column in enumerate(columns):
        if column in columns[:place]:
            raise UnusableFile(errors.REPEATED_COLUMN % {"name": column})
    return Source(Format.CSV, encoding, delimiter, columns)


def read(file: BinaryIO, source: Source) -> Iterator[Row]:
    """Every row, those that cannot be read too. A damaged file ends in a row that says so."""
    with open_text(file, source.encoding) as text:
        line = 1
        try:
            for row in _READERS[source.format](text, source):
                line = row.line
                yield row
        except SourceDamaged as damage:
            yield Row(line, None, damage.text)


def _beginning(text: io.TextIOWrapper) -> str:
    """The first lines from the first character that is not blank on."""
    start = ""
    for _ in range(100):
        start += text.readline(ROW_LIMIT)
        if len(start.lstrip()) > ROW_LIMIT // 2 or start.lstrip().count("\n") > 1:
            break
    return start.lstrip()


def _columns_of(file: BinaryIO, source: Source) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for number, row in enumerate(read(file, source)):
        if number == COLUMNS_SAMPLED:
            break
        names.update(dict.fromkeys(row.values or ()))
    return tuple(names)


def _refuse_columns(columns: tuple[str, ...]) -> None:
    if len(columns) > MOST_COLUMNS:
        sizes = {"columns": len(columns), "limit": MOST_COLUMNS}
        raise UnusableFile(errors.TOO_MANY_COLUMNS % sizes)
    if any(len(column) > LONGEST_COLUMN_NAME for column in columns):
        raise UnusableFile(errors.COLUMN_NAME_TOO_LONG % {"limit": LONGEST_COLUMN_NAME})


def _header(start: str) -> tuple[str, str, bool]:
    """(header line, delimiter, whether a line `sep=;` stands above it)."""
    first, _, rest = start.partition("\n")
    named = re.fullmatch(r"sep=(.)\r?", first)
    if named:
        return rest.partition("\n")[0].rstrip("\r"), named[1], True
    first = first.rstrip("\r")
    unquoted = re.sub(r'"[^"]*"', "", first)
    return first, max(DELIMITERS, key=unquoted.count), False


def _cells(line: str, delimiter: str) -> list[str]:
    return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]


class _Lines:
    """Lines of bounded length for csv.reader, and how many there were."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self.count = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._text.readline(ROW_LIMIT + 1)
        if not line:
            raise StopIteration
        self.count += 1
        if len(line) > ROW_LIMIT:
            while line and not line.endswith(("\n", "\r")):
                line = self._text.readline(ROW_LIMIT)
            raise _LineTooLong
        return line


class _LineTooLong(Exception):
    pass


def _read_csv(text: io.TextIOWrapper, source: Source) -> Iterator[Row]:
    lines = _Lines(text)
    cells = csv.reader(lines, delimiter=source.delimiter, strict=True)
    columns: list[str] | None = None
    while True:
        begin = lines.count + 1
        problem: object = ""
        try:
            found = next(cells)
        except StopIteration:
            return
        except _LineTooLong:
            problem = errors.ROW_TOO_LARGE % {"limit": ROW_LIMIT}
            cells = csv.reader(lines, delimiter=source.delimiter, strict=True)
        except csv.Error as error:
            problem = _csv_problem(error, begin, lines.count)
        if problem:
            yield Row(begin, None, problem)
        elif not any(cell.strip() for cell in found) or _is_separator_line(found, begin, columns):
            continue
        elif columns is None:
            columns = [name.strip() for name in found]
        elif len(found) != len(columns):
            sizes = {"cells": len(found), "columns": len(columns)}
            yield Row(begin, None, errors.CELLS % sizes)
        else:
            pairs = zip(columns, map(_unescaped, found), strict=True)
            yield Row(begin, {name: cell for name, cell in pairs if name})


def _is_separator_line(found: list[str], line: int, columns: list[str] | None) -> bool:
    return columns is None and line == 1 and ",".join(found).startswith("sep=")


def _csv_problem(error: csv.Error, begin: int, last: int) -> object:
    if last > begin or "unexpected end" in str(error):
        return errors.QUOTES % {"last": last}
    return errors.UNREADABLE % {"reason": error}


def _unescaped(cell: str) -> str:
    """Takes away the apostrophe that `escaped` puts before what looks like a formula."""
    return cell[1:] if cell[:1] == "'" and _FORMULA.match(cell) else cell


def _read_ndjson(text: io.TextIOWrapper, _source: Source) -> Iterator[Row]:
    lines = _Lines(text)
    while True:
        try:
            line = next(lines)
        except StopIteration:
            return
        except _LineTooLong:
            yield Row(lines.count, None, errors.ROW_TOO_LARGE % {"limit": ROW_LIMIT})
            continue
        if not line.strip():
            continue
        try:
            value = _DECODER.decode(line.strip())
        except (ValueError, RecursionError) as error:
            yield Row(lines.count, None, errors.NO_JSON % {"reason": _reason(error)})
        else:
            yield _object_row(lines.count, value)


def _object_row(line: int, value: object) -> Row:
    if not isinstance(value, dict):
        return Row(line, None, errors.NO_OBJECT)
    try:
        json.dumps(value, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError:
        # JSON can escape what no text can hold and no store takes.
        return Row(line, None, errors.NO_JSON % {"reason": "Lone surrogate"})
    return Row(line, value)


def _reason(error: Exception) -> str:
    return error.msg if isinstance(error, json.JSONDecodeError) else type(error).__name__


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_refuse_constant)


class _Buffer:
    """A window on a JSON text: reads on when asked, forgets what was taken, counts lines."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._content = ""
        self._place = 0
        self.line = 1

    def grow(self) -> bool:
        more = self._text.read(ROW_LIMIT // 2)
        self._content = self._content[self._place :] + more
        self._place = 0
        return bool(more)

    def next_character(self) -> str:
        """The next one that is not blank, without taking it; empty at the end."""
        while True:
            found = _NOT_BLANK.search(self._content, self._place)
            self._skip_to(found.start() if found else len(self._content))
            if found:
                return found.group()
            if not self.grow():
                return ""

    def skip(self) -> None:
        self._skip_to(self._place + 1)

    def take_value(self) -> Any:
        """The JSON value that begins here. Raises ValueError, RecursionError."""
        while True:
            try:
                value, end = _DECODER.raw_decode(self._content, self._place)
            except ValueError:
                # Cut off or wrong: the difference shows only with more text.
                if len(self._content) - self._place > ROW_LIMIT or not self.grow():
                    raise
            else:
                self._skip_to(end)
                return value

    def _skip_to(self, place: int) -> None:
        self.line += self._content.count("\n", self._place, place)
        self._place = place


def _read_json(text: io.TextIOWrapper, _source: Source) -> Iterator[Row]:
    buffer = _Buffer(text)
    buffer.next_character()
    buffer.skip()
    expects_value, is_first = True, True
    while character := buffer.next_character():
        line = buffer.line
        if character == "]" and (is_first or not expects_value):
            buffer.skip()
            if buffer.next_character():
                yield Row(buffer.line, None, errors.JSON_BROKEN % {"reason": "extra data"})
            return
        if not expects_value:
            if character != ",":
                yield Row(line, None, errors.JSON_BROKEN % {"reason": "Expecting ',' delimiter"})
                return
            buffer.skip()
            expects_value = True
            continue
        try:
            value = buffer.take_value()
        except (ValueError, RecursionError) as error:
            yield Row(line, None, errors.JSON_BROKEN % {"reason": _reason(error)})
            return
        yield _object_row(line, value)
        expects_value, is_first = False, False
    yield Row(buffer.line, None, errors.JSON_BROKEN % {"reason": "Expecting ']'"})


_READERS = {Format.CSV: _read_csv, Format.JSON: _read_json, Format.NDJSON: _read_ndjson}
