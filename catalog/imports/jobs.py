"""Imports of the staff pages: uploaded, looked at, confirmed, then run a step per request.

Every function raises Forbidden unless the actor may add and change products, and JobNotFound
for another organisation's job.
"""

from __future__ import annotations

import io
import secrets
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import BinaryIO

from accounts.entities import Actor
from catalog.imports import errors, job_store, readers, runs
from catalog.imports.errors import JobMoved, JobNotFound, UnusableFile, UnusableMapping
from catalog.imports.importer import Importer
from catalog.imports.job_store import DONE, PREVIEW, RUNNING, Job
from catalog.imports.mapping import ColumnMapping
from catalog.imports.readers import Row
from catalog.imports.source import SAMPLE, SourceDamaged, open_bytes
from catalog.imports.writer import Counts
from storage.intake import Refusal
from storage.intake_report import BYTE_ORDER_MARK, report_header, report_lines

MEGABYTE = 1024 * 1024
MOST_MEGABYTES = 10
MOST_UNPACKED_MEGABYTES = 60
MOST_ROWS = 20_000
REFUSALS_SHOWN = 20
SAMPLE_SHOWN = 60
# Longer than any step takes, shorter than anybody waits for a tab that was closed.
LEASE_SECONDS = 45


def start_job(*, actor: Actor, file: BinaryIO, name: str) -> Job:
    """Stores the rows and tries them with the columns as guessed. Raises UnusableFile."""
    _require(actor)
    _refuse_large(file)
    source = readers.inspect(file, name)
    job_id = secrets.token_hex(16)
    watched = _Watched(readers.read(file, source))
    chunks = sum(1 for _ in job_store.save_rows(actor.org_id, job_id, watched))
    if not watched.count:
        raise UnusableFile(errors.NO_ROWS)
    guessed = ColumnMapping.guess(source.columns)
    job = Job(
        id=job_id,
        org_id=actor.org_id,
        file_name=name[-100:],
        format=source.format,
        encoding=source.encoding,
        file_columns=source.columns,
        samples=watched.samples,
        rows=watched.count,
        chunks=chunks,
        columns=guessed.as_texts(),
    )
    return job_store.save_job(_tried(actor, job))


def find_job(*, actor: Actor, job_id: str) -> Job:
    _require(actor)
    job = job_store.find_job(actor.org_id, job_id)
    if job is None:
        raise JobNotFound
    return job


def change_job(
    *,
    actor: Actor,
    job_id: str,
    columns: dict[str, str],
    constants: dict[str, str],
    publish: bool,
) -> Job:
    """Tries the rows with other columns. A mapping that cannot be is told by `problem`."""
    job = find_job(actor=actor, job_id=job_id)
    if job.state != PREVIEW:
        return job
    changed = replace(job, columns=columns, constants=constants, publish=publish)
    return job_store.save_job(_tried(actor, changed))


def confirm_job(
    *,
    actor: Actor,
    job_id: str,
    columns: dict[str, str],
    constants: dict[str, str],
    publish: bool,
) -> Job:
    """From here on `run_step` works; what differs from what was tried is tried first.

    The job stays a preview while the mapping is unusable or every row would be refused.
    """
    job = find_job(actor=actor, job_id=job_id)
    if (job.columns, job.constants, job.publish) != (columns, constants, publish):
        job = change_job(
            actor=actor, job_id=job_id, columns=columns, constants=constants, publish=publish
        )
    return job_store.save_job(replace(job, state=RUNNING)) if job.is_ready else job


def run_step(*, actor: Actor, job_id: str) -> Job:
    """Imports the next rows, at most two hundred. Raises JobMoved while another request does."""
    job = find_job(actor=actor, job_id=job_id)
    if job.state != RUNNING:
        return job
    if job.leased_until > time.time():
        raise JobMoved
    job = job_store.save_job(replace(job, leased_until=time.time() + LEASE_SECONDS))
    importer = Importer(actor=actor, mapping=_mapping(job), publish=job.publish)
    seen = _KnownRepeats(job_store.repeats_of(job))
    outcome = importer.process(job_store.rows_of(job, job.step), seen)
    counts = replace(job.counts)
    counts.add(outcome.counts)
    with_errors = (*job.steps_with_errors, job.step) if outcome.refusals else job.steps_with_errors
    step = job.step + 1
    moved = replace(
        job,
        step=step,
        counts=counts,
        steps_with_errors=with_errors,
        state=DONE if step == job.chunks else RUNNING,
        leased_until=0,
    )
    return job_store.save_job(moved, errors=report_lines(outcome.refusals))


def error_report(*, actor: Actor, job_id: str) -> Iterator[str]:
    """As CSV, of the steps made so far."""
    job = find_job(actor=actor, job_id=job_id)
    return _report(job)


def _report(job: Job) -> Iterator[str]:
    yield BYTE_ORDER_MARK + report_header()
    yield from job_store.errors_of(job)


def _require(actor: Actor) -> None:
    actor.require("catalog.add_product", actor.org_id)
    actor.require("catalog.change_product", actor.org_id)


def _tried(actor: Actor, job: Job) -> Job:
    """The job with the result of a dry run of all its rows."""
    try:
        mapping = _mapping(job)
    except UnusableMapping as refusal:
        return replace(job, problem=str(refusal), preview=Counts(), refusals=())
    importer = Importer(actor=actor, mapping=mapping, publish=job.publish, dry_run=True)
    seen = _Repeats()
    counts = Counts()
    refusals: list[Refusal] = []
    rows = (row for number in range(job.chunks) for row in job_store.rows_of(job, number))
    for outcome in importer.run(rows, seen):
        counts.add(outcome.counts)
        refusals += outcome.refusals[: REFUSALS_SHOWN - len(refusals)]
    job_store.save_repeats(job, seen.repeats)
    return replace(job, problem="", preview=counts, refusals=tuple(refusals))


def _mapping(job: Job) -> ColumnMapping:
    mapping = ColumnMapping({}).with_changes(job.file_columns, job.columns, job.constants)
    runs.require_key_column(mapping, job.file_columns)
    return mapping


def _too_large() -> UnusableFile:
    limits = {
        "megabytes": MOST_MEGABYTES,
        "unpacked": MOST_UNPACKED_MEGABYTES,
        "rows": MOST_ROWS,
    }
    return UnusableFile(errors.TOO_LARGE % limits)


def _refuse_large(file: BinaryIO) -> None:
    if file.seek(0, io.SEEK_END) > MOST_MEGABYTES * MEGABYTE:
        raise _too_large()
    content = open_bytes(file)
    size = 0
    try:
        while chunk := content.read(SAMPLE):
            size += len(chunk)
            if size > MOST_UNPACKED_MEGABYTES * MEGABYTE:
                raise _too_large()
    except SourceDamaged:
        return


class _Watched:
    """Counts the rows that pass, and keeps a first value of every column to show.

    Raises UnusableFile after the last row that a page may import.
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = rows
        self.count = 0
        self.samples: dict[str, str] = {}

    def __iter__(self) -> Iterator[Row]:
        for row in self._rows:
            self.count += 1
            if self.count > MOST_ROWS:
                raise _too_large()
            if self.count <= readers.COLUMNS_SAMPLED:
                for name, value in (row.values or {}).items():
                    if value not in (None, "") and name not in self.samples:
                        self.samples[name] = str(value)[:SAMPLE_SHOWN]
            yield row


class _Repeats:
    """Which rows have the SKU of an earlier one; as many rows as a page takes fit in memory."""

    def __init__(self) -> None:
        self._first: dict[str, int] = {}
        self.repeats: dict[int, int] = {}

    def first_line(self, sku: str, line: int) -> int | None:
        first = self._first.setdefault(sku, line)
        if first == line:
            return None
        self.repeats[line] = first
        return first


class _KnownRepeats:
    def __init__(self, repeats: dict[int, int]) -> None:
        self._repeats = repeats

    def first_line(self, _sku: str, line: int) -> int | None:
        return self._repeats.get(line)
