"""An import from beginning to end: file, mapping, report and checkpoint together."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from accounts.entities import Actor
from catalog.forms import FIELD_NAMES
from catalog.imports import errors, readers
from catalog.imports.checkpoint import Progress, identity_of
from catalog.imports.errors import UnusableMapping
from catalog.imports.importer import Importer
from catalog.imports.mapping import ColumnMapping
from catalog.imports.readers import Source
from storage.checkpoint import Checkpoint
from storage.intake_report import open_report, report_header, report_lines
from storage.seen_keys import SeenKeys


@dataclass(frozen=True, slots=True)
class Run:
    """A file and what to do with it. Made by `prepare`."""

    source: Source
    mapping: ColumnMapping
    publish: bool = False
    dry_run: bool = False


def prepare(
    file: BinaryIO,
    name: str,
    *,
    columns: dict[str, str],
    constants: dict[str, str],
    publish: bool = False,
    dry_run: bool = False,
) -> Run:
    """`columns` and `constants` complete and correct what is guessed.

    Raises UnusableFile, UnusableMapping.
    """
    source = readers.inspect(file, name)
    guessed = ColumnMapping.guess(source.columns)
    mapping = guessed.with_changes(source.columns, columns, constants)
    require_key_column(mapping, source.columns)
    return Run(source, mapping, publish, dry_run)


def require_key_column(mapping: ColumnMapping, columns: Iterable[str]) -> None:
    """Other fields may be missing: a file with SKUs and prices changes prices."""
    if "sku" not in mapping.sources:
        missing = ["sku", *(name for name in mapping.missing_fields if name != "sku")]
        fields = ", ".join(str(FIELD_NAMES[name]) for name in missing)
        said = {"fields": fields, "columns": ", ".join(columns)}
        raise UnusableMapping(errors.MISSING_FIELDS % said)


def execute(
    run: Run,
    file: BinaryIO,
    *,
    actor: Actor,
    report: Path,
    checkpoint: Path,
    fresh: bool = False,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Progress]:
    """Progress after every hundred rows; the first says where it begins.

    The checkpoint stays when it is stopped, or killed, and is removed at the end. Refusals are
    in `report`, which is removed when there are none. A dry run does not touch the checkpoint,
    and should get a report of its own. Raises Forbidden, StoreUnavailable.
    """
    importer = Importer(actor=actor, mapping=run.mapping, publish=run.publish, dry_run=run.dry_run)
    saved = Checkpoint(checkpoint, _key(run, file, actor))
    begun = None if fresh or run.dry_run else saved.load()
    progress = Progress.from_document(begun) or Progress()
    with ExitStack() as stack:
        seen = SeenKeys()
        stack.callback(seen.close)
        kept = progress.report_bytes if progress.rows else 0
        output = stack.enter_context(open_report(report, report_header(), kept))
        yield progress
        stopped = _Stop(stop)
        rows = readers.read(file, run.source)
        for outcome in importer.run(rows, seen, skip=progress.rows, stop=stopped):
            output.write(report_lines(outcome.refusals).encode("utf-8", "backslashreplace"))
            output.flush()
            progress.rows += outcome.counts.rows
            progress.counts.add(outcome.counts)
            progress.report_bytes = output.tell()
            if not run.dry_run:
                saved.save(progress.as_document)
            yield progress
    if stopped.was_asked:
        return
    if not run.dry_run:
        saved.remove()
    if not progress.counts.refused:
        report.unlink(missing_ok=True)


class _Stop:
    """Remembers that a stop was asked for and heard."""

    def __init__(self, ask: Callable[[], bool]) -> None:
        self._ask = ask
        self.was_asked = False

    def __call__(self) -> bool:
        self.was_asked = self.was_asked or self._ask()
        return self.was_asked


def _key(run: Run, file: BinaryIO, actor: Actor) -> str:
    parts = (identity_of(file), run.mapping.digest, actor.org_id, str(run.publish))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
