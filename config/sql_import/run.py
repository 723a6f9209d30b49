"""An import from beginning to end: source, mapping, target, report and checkpoint together."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from django.utils.translation import get_language, override

from config.sql_import import errors
from config.sql_import.errors import UnusableMapping
from config.sql_import.fields import Converted, Fields, shown
from config.sql_import.mapping import SqlMapping
from config.sql_import.query import Row, Rows, Scope
from config.sql_import.schema import Schema
from config.sql_import.source import Snapshot, Source
from config.sql_import.stored_files import FileName
from storage.checkpoint import Checkpoint
from storage.intake import (
    Counts,
    Entry,
    KnowsIdentity,
    Outcome,
    Refusal,
    Target,
    TargetWriter,
)
from storage.intake_report import open_report, report_header, report_lines
from storage.seen_keys import SeenKeys

BATCH_ROWS = 400
KEY_COLUMN = "key"


@dataclass(slots=True)
class Progress:
    """`rows` of `total` were dealt with. `digest` is of all their contents, `stored_before` how
    many things the target held at the very beginning, `begun_anew` whether a checkpoint did not
    count because rows before it have changed since.

    Rows up to `given` were handed to the target: after a kill, what happened to those that are
    not among `rows` is unknown. `doubtful` of them came back as something else than created."""

    rows: int = 0
    report_bytes: int = 0
    digest: str = ""
    stored_before: int = 0
    given: int = 0
    doubtful: int = 0
    counts: Counts = field(default_factory=Counts)
    total: int = 0
    stored_after: int | None = None
    begun_anew: bool = False

    @classmethod
    def from_document(cls, document: dict[str, Any] | None) -> Progress | None:
        try:
            return cls(**{**(document or {}), "counts": Counts(**(document or {})["counts"])})
        except (KeyError, TypeError):
            return None

    @property
    def as_document(self) -> dict[str, Any]:
        kept = asdict(self)
        return {name: kept[name] for name in tuple(kept) if name not in _NOT_KEPT}

    @property
    def differences(self) -> list[tuple[str, int, int]]:
        """(`source` or `target`, expected, found) for the counts that do not agree at the end."""
        found = []
        if self.rows != self.total:
            found.append(("source", self.total, self.rows))
        least = self.stored_before + self.counts.created
        if self.stored_after is not None:
            # A killed run may have created what was doubtful then.
            expected = min(max(self.stored_after, least), least + self.doubtful)
            if self.stored_after != expected:
                found.append(("target", expected, self.stored_after))
        return found


_NOT_KEPT = ("total", "stored_after", "begun_anew")


class Run:
    """A mapping, checked against source and target. Raises UnusableMapping, UnusableSource."""

    def __init__(
        self, mapping: SqlMapping, source: Source, target: Target, *, dry_run: bool = False
    ) -> None:
        self.mapping = mapping
        self.source = source
        self.target = target
        self.dry_run = dry_run
        schema = Schema(source, mapping.source.schema)
        relation = schema.relation(mapping.source.table, place="[source] table")
        scope = Scope(relation, "[source]")
        scope.join(mapping.joins, schema)
        self.rows = Rows(
            scope,
            where=mapping.source.where,
            order_by=mapping.source.order_by,
            database=source.kind,
        )
        self.fields = Fields(
            mapping,
            target,
            self.rows.selection,
            schema,
            database=source.kind,
            dry_run=dry_run,
        )
        given = {one.name for one in mapping.fields}
        missing = [name for name in target.key if name not in given]
        if missing:
            raise UnusableMapping(errors.KEY_MISSING % {"fields": ", ".join(missing)})
        self.not_given = [one for one in target.fields if one.required and one.name not in given]

    def key_of(self, whose: str) -> str:
        """Of a checkpoint: all that the result depends on."""
        parts = (self.mapping.digest, self.source.identity, whose)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def execute(
    run: Run,
    writer: TargetWriter,
    *,
    whose: str,
    report: Path,
    checkpoint: Path,
    fresh: bool = False,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Progress]:
    """Progress after every few hundred rows; the first says where it begins.

    The checkpoint stays when it is stopped, or killed, and is removed at the end. Refusals are
    in `report`, which is removed when there are none. A dry run does not touch the checkpoint,
    and should get a report of its own. Raises UnusableSource, StoreUnavailable.
    """
    saved = Checkpoint(checkpoint, run.key_of(whose))
    begun = None if fresh or run.dry_run else Progress.from_document(saved.load())
    with ExitStack() as stack:
        snapshot = stack.enter_context(run.source.snapshot())
        work, progress = _opened(run, writer, snapshot, begun, stop)
        stack.callback(work.close)
        unsure = progress.given
        progress.total = run.rows.count(snapshot)
        header = report_header(KEY_COLUMN)
        kept = progress.report_bytes if progress.rows else 0
        output = stack.enter_context(open_report(report, header, kept))
        yield progress

        def intend(line: int) -> None:
            progress.given = max(progress.given, line)
            # Who begins at the first row counts anew what is stored, and is in no doubt.
            if progress.rows and not run.dry_run:
                saved.save(progress.as_document)

        for done in work.outcomes(stop, intend):
            _record(done, progress, output, unsure)
            if not run.dry_run:
                saved.save(progress.as_document)
            yield progress
    if work.was_stopped:
        return
    if not run.dry_run:
        saved.remove()
        progress.stored_after = writer.count()
    if not progress.counts.refused:
        report.unlink(missing_ok=True)
    yield progress


def _opened(
    run: Run,
    writer: TargetWriter,
    snapshot: Snapshot,
    begun: Progress | None,
    stop: Callable[[], bool],
) -> tuple[_Work, Progress]:
    """Where an earlier run ended, unless there is none or its rows have changed since."""
    work = _Work(run, writer, snapshot)
    if begun is None or not begun.rows:
        return work, Progress(stored_before=writer.count())
    try:
        if work.skip(begun, stop):
            return work, begun
    except BaseException:
        work.close()
        raise
    work.close()
    anew = Progress(stored_before=writer.count(), begun_anew=True)
    return _Work(run, writer, snapshot), anew


@dataclass(slots=True)
class _Done:
    """A batch and what became of it; `digest` is of everything up to its end."""

    rows: int
    keys: dict[int, str]
    digest: str
    outcome: Outcome


def _record(done: _Done, progress: Progress, output: BinaryIO, unsure: int) -> None:
    """`unsure` is up to which row an earlier run may have written."""
    if progress.rows < unsure:
        progress.doubtful += done.rows - done.outcome.counts.created
    lines = report_lines(done.outcome.refusals, lambda line: (done.keys.get(line, ""),))
    output.write(lines.encode("utf-8", "backslashreplace"))
    output.flush()
    progress.rows += done.rows
    progress.counts.add(done.outcome.counts)
    progress.digest = done.digest
    progress.report_bytes = output.tell()


class _Work:
    """Reads and converts the next batch while the one before is written."""

    def __init__(self, run: Run, writer: TargetWriter, snapshot: Snapshot) -> None:
        self._run = run
        self._writer = writer
        self._snapshot = snapshot
        self._batches = run.rows.batches(snapshot, BATCH_ROWS)
        self._rest: list[Row] = []
        self._seen = SeenKeys()
        self._digest = hashlib.sha256()
        self._line = 1
        self._language = get_language()
        self._knows = writer if isinstance(writer, KnowsIdentity) else None
        self._is_open = True
        self.was_stopped = False

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            self._batches.close()
            self._seen.close()

    def skip(self, progress: Progress, stop: Callable[[], bool]) -> bool:
        """Goes to where `progress` was, remembering the keys; False if the rows have changed.

        When `stop` says so it is as if there were nothing behind.
        """
        left = progress.rows
        while left:
            if stop():
                self.was_stopped = True
                return True
            rows = next(self._batches, [])
            if not rows:
                return False
            rows, self._rest = rows[:left], rows[left:]
            converted = self._run.fields.converted(self._snapshot, rows, self._line, keys_only=True)
            for line, one in enumerate(converted, self._line):
                self._is_repeated(one, line)
            self._pass(rows)
            left -= len(rows)
        return self._digest.hexdigest() == progress.digest

    def outcomes(self, stop: Callable[[], bool], intend: Callable[[int], None]) -> Iterator[_Done]:
        """`intend` is told up to which row the target may have written from then on."""
        waiting: tuple[_Done, Future[Outcome]] | None = None
        with ThreadPoolExecutor(1, thread_name_prefix="import") as pool:
            while True:
                self.was_stopped = self.was_stopped or stop()
                following = None
                rows = [] if self.was_stopped else self._next_rows()
                if rows:
                    done, entries = self._prepared(rows)
                    intend(self._line - 1)
                    following = done, pool.submit(self._process, entries)
                if waiting is not None:
                    yield _joined(*waiting)
                if following is None:
                    return
                waiting = following

    def _next_rows(self) -> list[Row]:
        rows, self._rest = self._rest, []
        return rows or next(self._batches, [])

    def _prepared(self, rows: list[Row]) -> tuple[_Done, list[Entry]]:
        converted = self._run.fields.converted(self._snapshot, rows, self._line)
        outcome = Outcome()
        entries: list[Entry] = []
        keys: dict[int, str] = {}
        for line, (row, one) in enumerate(zip(rows, converted, strict=True), self._line):
            keys[line] = shown(self._run.rows.key_text(row))
            first = self._is_repeated(one, line)
            if first is not None:
                outcome.refuse([self._duplicate(one, line, first)])
            elif one.refusals:
                outcome.refuse(one.refusals)
            else:
                entries.append(Entry(line, one.values))
        self._pass(rows)
        return _Done(len(rows), keys, self._digest.hexdigest(), outcome), entries

    def _pass(self, rows: list[Row]) -> None:
        for row in rows:
            self._digest.update(repr(row).encode("utf-8", "surrogatepass"))
        self._line += len(rows)

    def _is_repeated(self, one: Converted, line: int) -> int | None:
        """The line that had this key before."""
        key = self._identity(one.values)
        return None if key is None else self._seen.first_line(key, line)

    def _identity(self, values: dict[str, Any]) -> str | None:
        if self._knows is not None:
            return self._knows.identity(values)
        parts: list[Hashable] = [values.get(name) for name in self._run.target.key]
        return None if None in parts else repr(parts)

    def _duplicate(self, one: Converted, line: int, first: int) -> Refusal:
        name = self._run.target.key[0]
        reason = str(errors.DUPLICATE % {"line": first})
        return Refusal(line, name, reason, shown(one.values.get(name)))

    def _process(self, entries: list[Entry]) -> Outcome:
        if not entries:
            return Outcome()
        files = {entry.line: _files(entry) for entry in entries}
        plain = [
            Entry(entry.line, {**entry.values, **_as_text(files[entry.line])}) for entry in entries
        ]
        with override(self._language):
            outcome = self._writer.process(plain)
        # Before the checkpoint says that these rows are done: after a kill they come again.
        for line in files.keys() - {refusal.line for refusal in outcome.refusals}:
            for name in files[line].values():
                name.store()
        return outcome


def _files(entry: Entry) -> dict[str, FileName]:
    """By field."""
    return {name: value for name, value in entry.values.items() if isinstance(value, FileName)}


def _as_text(files: dict[str, FileName]) -> dict[str, str]:
    return {name: str(value) for name, value in files.items()}


def _joined(done: _Done, written: Future[Outcome]) -> _Done:
    """What was refused while it was read, and what became of the others."""
    outcome = written.result()
    done.outcome.counts.add(outcome.counts)
    done.outcome.refusals += outcome.refusals
    done.outcome.refusals.sort(key=lambda refusal: refusal.line)
    return done
