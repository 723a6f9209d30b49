"""Rows of a file into a target: file, mapping, target, report and checkpoint together.

For targets whose fields are texts and switches; products have more, and their own importer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from django.utils.translation import gettext_lazy as _

from catalog.imports import errors, readers
from catalog.imports.checkpoint import Progress, identity_of
from catalog.imports.errors import UnusableMapping
from catalog.imports.mapping import Nested, Part, parse
from catalog.imports.readers import Row, Source
from catalog.words import normalise
from storage.checkpoint import Checkpoint
from storage.intake import Entry, Outcome, Refusal, Target, TargetField, TargetWriter
from storage.intake_report import open_report, report_header, report_lines
from storage.seen_keys import SeenKeys

BATCH_ROWS = 300
UNKNOWN_FIELD = _("There is no field “%(name)s”. The fields are %(fields)s.")
NO_KEY = _(
    "No column gives the %(field)s. The columns of the file are %(columns)s; name one with"
    " --map %(field)s=COLUMN."
)
DUPLICATE = _("Line %(line)d of the file has this %(field)s already.")
NO_SWITCH = _("Expected yes or no.")
_YES = frozenset({"true", "yes", "y", "1", "si", "verdadero", "open", "active"})
_NO = frozenset({"false", "no", "n", "0", "falso", "closed", "inactive"})


@dataclass(frozen=True, slots=True)
class Run:
    """A file and what to do with it. Made by `prepare`; `parts` are by field."""

    source: Source
    target: Target
    parts: Mapping[str, tuple[Part, ...]]
    constants: Mapping[str, str]
    dry_run: bool

    def columns(self) -> dict[str, str]:
        """Field → the columns that give it, as a person would write them."""
        return {
            name: "|".join(part.template or "/".join(part.columns) for part in parts)
            for name, parts in self.parts.items()
        }


def prepare(
    file: BinaryIO,
    name: str,
    target: Target,
    *,
    columns: Mapping[str, str],
    constants: Mapping[str, str],
    dry_run: bool = False,
) -> Run:
    """`columns` and `constants` complete and correct what is guessed by the names of the columns;
    an empty text takes a field away. Raises UnusableFile, UnusableMapping.
    """
    source = readers.inspect(file, name)
    fields = {one.name: one for one in target.fields}
    for unknown in {*columns, *constants} - fields.keys():
        said = {"name": unknown, "fields": ", ".join(fields)}
        raise UnusableMapping(UNKNOWN_FIELD % said)
    guessed = _guessed(source.columns, target.fields)
    parts = {each: found for each, found in guessed.items() if each not in columns}
    parts |= {each: parse(text, source.columns) for each, text in columns.items() if text.strip()}
    for key in target.key:
        if key not in parts and key not in constants:
            raise UnusableMapping(NO_KEY % {"field": key, "columns": ", ".join(source.columns)})
    return Run(source, target, parts, constants, dry_run)


def execute(
    run: Run,
    file: BinaryIO,
    writer: TargetWriter,
    *,
    whose: str,
    report: Path,
    checkpoint: Path,
    fresh: bool = False,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Progress]:
    """Progress after every few hundred rows; the first says where it begins.

    The checkpoint stays when it is stopped, or killed, and is removed at the end. Refusals are in
    `report`, which is removed when there are none. A dry run does not touch the checkpoint. Raises
    StoreUnavailable.
    """
    saved = Checkpoint(checkpoint, _key(run, file, whose))
    begun = None if fresh or run.dry_run else saved.load()
    progress = Progress.from_document(begun) or Progress()
    with ExitStack() as stack:
        work = _Work(run, writer, SeenKeys())
        stack.callback(work.seen.close)
        kept = progress.report_bytes if progress.rows else 0
        output = stack.enter_context(open_report(report, report_header(), kept))
        yield progress
        rows = readers.read(file, run.source)
        work.prepared(islice(rows, progress.rows))
        while not stop():
            outcome = work.process(islice(rows, BATCH_ROWS))
            if not outcome.counts.rows:
                break
            output.write(report_lines(outcome.refusals).encode("utf-8", "backslashreplace"))
            output.flush()
            progress.rows += outcome.counts.rows
            progress.counts.add(outcome.counts)
            progress.report_bytes = output.tell()
            if not run.dry_run:
                saved.save(progress.as_document)
            yield progress
        else:
            return
    if not run.dry_run:
        saved.remove()
    if not progress.counts.refused:
        report.unlink(missing_ok=True)


@dataclass(slots=True)
class _Work:
    run: Run
    writer: TargetWriter
    seen: SeenKeys
    fields: Mapping[str, TargetField] = field(init=False)

    def __post_init__(self) -> None:
        self.fields = {one.name: one for one in self.run.target.fields}

    def process(self, rows: Iterable[Row]) -> Outcome:
        entries, outcome = self.prepared(rows)
        if entries:
            written = self.writer.process(entries)
            outcome.counts.add(written.counts)
            outcome.refusals += written.refusals
            outcome.refusals.sort(key=lambda refused: refused.line)
        return outcome

    def prepared(self, rows: Iterable[Row]) -> tuple[list[Entry], Outcome]:
        """What can be written, and what was refused already; the keys of both are remembered."""
        outcome = Outcome()
        entries: list[Entry] = []
        for row in rows:
            found = self._entry(row)
            if isinstance(found, Entry):
                entries.append(found)
            else:
                outcome.refuse([found])
        return entries, outcome

    def _entry(self, row: Row) -> Entry | Refusal:
        if row.values is None:
            return Refusal(row.line, "", str(row.problem))
        values: dict[str, Any] = {}
        for name, parts in self.run.parts.items():
            try:
                values[name] = _converted(self.fields[name], _first(parts, row.values))
            except Nested:
                return Refusal(row.line, name, str(errors.NESTED))
            except ValueError as error:
                return Refusal(row.line, name, str(NO_SWITCH), str(error))
        for name, text in self.run.constants.items():
            if values.get(name) is None:
                values[name] = _converted(self.fields[name], text)
        return self._first_of_its_key(Entry(row.line, values))

    def _first_of_its_key(self, entry: Entry) -> Entry | Refusal:
        key = self.writer.identity(entry.values)  # type: ignore[attr-defined]  # KnowsIdentity
        first = self.seen.first_line(key, entry.line) if key is not None else None
        if first is None:
            return entry
        name = self.run.target.key[0]
        reason = str(DUPLICATE % {"line": first, "field": name})
        return Refusal(entry.line, name, reason, str(entry.values.get(name)))


def _guessed(columns: Iterable[str], fields: Iterable[TargetField]) -> dict[str, tuple[Part, ...]]:
    by_word: dict[str, str] = {}
    for column in columns:
        by_word.setdefault(normalise(column), column)
    found: dict[str, tuple[Part, ...]] = {}
    for one in fields:
        words = (one.name.replace("_", " "), *one.synonyms)
        known = next((by_word[word] for word in words if word in by_word), None)
        if known is not None:
            found[one.name] = (Part((known,)),)
    return found


def _first(parts: Iterable[Part], row: Mapping[str, Any]) -> Any:
    """The first value that is not empty. Raises Nested."""
    values = (part.value(row) for part in parts)
    return next((value for value in values if value not in (None, "", [])), None)


def _converted(one: TargetField, value: Any) -> Any:
    """Raises Nested, and ValueError for what is no switch."""
    if value is None:
        return None
    if isinstance(value, list):
        raise Nested
    if one.kind != "boolean":
        return format(value, "f") if isinstance(value, Decimal) else str(value)
    word = normalise(str(value))
    if word not in _YES | _NO:
        raise ValueError(value)
    return word in _YES


def _key(run: Run, file: BinaryIO, whose: str) -> str:
    said = json.dumps([run.target.name, run.columns(), dict(run.constants)], sort_keys=True)
    return hashlib.sha256("\n".join((identity_of(file), said, whose)).encode()).hexdigest()
