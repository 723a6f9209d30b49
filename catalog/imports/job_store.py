"""An import of the staff pages between two requests: the rows in chunks, and how far it is.

All items live a day under `upload#<organisation>#<job>#…`: `job`, `rows#<n>`, `errors#<n>` and
`repeats`. The job item is written only over the version that was read.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from typing import Any, Self

from catalog.imports import errors as texts
from catalog.imports.errors import JobMoved, JobNotFound
from catalog.imports.readers import Row
from catalog.imports.writer import Counts
from storage.ephemeral import EphemeralItem, expiry, living
from storage.intake import Refusal
from storage.transactions import Transaction

KEPT_SECONDS = 24 * 60 * 60
CHUNK_ROWS = 200
# Of JSON before compression: an item takes 400 KB, and what does not compress must fit too.
CHUNK_BYTES = 250_000

PREVIEW, RUNNING, DONE = "preview", "running", "done"


@dataclass(frozen=True, slots=True)
class Job:
    """`columns` and `constants` are the mapping as a person writes it.

    `preview` is the dry run, with the first `refusals`; `counts` is what has been done. Nobody
    else takes the step that one request works on until `leased_until` (Unix time).
    """

    id: str
    org_id: str
    file_name: str
    format: str
    encoding: str
    file_columns: tuple[str, ...]
    samples: dict[str, str]
    rows: int
    chunks: int
    columns: dict[str, str] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    publish: bool = False
    problem: str = ""
    preview: Counts = field(default_factory=Counts)
    refusals: tuple[Refusal, ...] = ()
    state: str = PREVIEW
    step: int = 0
    counts: Counts = field(default_factory=Counts)
    steps_with_errors: tuple[int, ...] = ()
    leased_until: float = 0
    version: int = 0

    @property
    def is_ready(self) -> bool:
        return self.state == PREVIEW and not self.problem and not self.refuses_everything

    @property
    def refuses_everything(self) -> bool:
        return self.preview.refused == self.rows

    @property
    def percentage(self) -> int:
        return 100 * self.step // self.chunks if self.chunks else 100

    @property
    def repeated_run(self) -> bool:
        return self.counts.rows > 0 and self.counts.unchanged == self.counts.rows

    def document(self) -> dict[str, Any]:
        return {**asdict(self), "version": 0}

    @classmethod
    def from_document(cls, document: dict[str, Any], version: int) -> Self:
        return cls(
            **{
                **document,
                "file_columns": tuple(document["file_columns"]),
                "preview": Counts(**document["preview"]),
                "refusals": tuple(Refusal(**refusal) for refusal in document["refusals"]),
                "counts": Counts(**document["counts"]),
                "steps_with_errors": tuple(document["steps_with_errors"]),
                "version": version,
            }
        )


def find_job(org_id: str, job_id: str) -> Job | None:
    """One strongly consistent read."""
    item = living(_key(org_id, job_id, "job"))
    return None if item is None else Job.from_document(item.document, int(item.revision or 0))


def save_job(job: Job, *, errors: str = "") -> Job:
    """Over the version that was read, with the errors of the step just made.

    Raises JobMoved when somebody else was faster.
    """
    saved = replace(job, version=job.version + 1)
    item = EphemeralItem(
        _key(job.org_id, job.id, "job"),
        revision=saved.version,
        document=saved.document(),
        expires_at=expiry(KEPT_SECONDS),
    )
    unchanged = (
        EphemeralItem.revision == job.version if job.version else EphemeralItem.key.does_not_exist()
    )
    transaction = Transaction()
    transaction.put(item, condition=unchanged, on_failure=JobMoved)
    if errors:
        transaction.put(_content(job, f"errors#{job.step - 1}", errors))
    transaction.commit()
    return saved


def save_rows(org_id: str, job_id: str, rows: Iterable[Row]) -> Iterator[int]:
    """Stores the rows and yields the number of each chunk once it is stored."""
    for number, chunk in enumerate(_chunks(rows)):
        _put(_content_item(org_id, job_id, f"rows#{number}", "\n".join(chunk)))
        yield number


def rows_of(job: Job, number: int) -> list[Row]:
    """One read. Raises JobNotFound when they expired: every change lets the job live longer."""
    return [_row(line) for line in _required(job, f"rows#{number}").split("\n") if line]


def save_repeats(job: Job, repeats: dict[int, int]) -> None:
    """Which line has the SKU of which earlier line."""
    _put(_content(job, "repeats", json.dumps(list(repeats.items()))))


def repeats_of(job: Job) -> dict[int, int]:
    """Raises JobNotFound when they expired."""
    return dict(json.loads(_required(job, "repeats")))


def errors_of(job: Job) -> Iterator[str]:
    for step in job.steps_with_errors:
        yield _text(job, f"errors#{step}")


def _chunks(rows: Iterable[Row]) -> Iterator[list[str]]:
    chunk: list[str] = []
    size = 0
    for row in rows:
        line = _line(row)
        if len(line) > CHUNK_BYTES:
            line = _line(Row(row.line, None, texts.ROW_TOO_LARGE_HERE))
        if chunk and (len(chunk) == CHUNK_ROWS or size + len(line) > CHUNK_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(line)
        size += len(line)
    if chunk:
        yield chunk


def _line(row: Row) -> str:
    """With the names of what is a number: as texts they would be read as people write them."""
    values = row.values or {}
    numbers = [name for name, value in values.items() if isinstance(value, Decimal)]
    return json.dumps([row.line, row.values, str(row.problem), numbers], default=_plain)


def _plain(value: object) -> Any:
    return str(value) if isinstance(value, Decimal) else repr(value)


def _row(line: str) -> Row:
    number, values, problem, numbers = json.loads(line)
    for name in numbers:
        values[name] = Decimal(values[name])
    return Row(number, values, problem)


def _content(job: Job, name: str, text: str) -> EphemeralItem:
    return _content_item(job.org_id, job.id, name, text)


def _content_item(org_id: str, job_id: str, name: str, text: str) -> EphemeralItem:
    return EphemeralItem(
        _key(org_id, job_id, name),
        content=gzip.compress(text.encode("utf-8", "backslashreplace"), 6, mtime=0),
        expires_at=expiry(KEPT_SECONDS + 3600),
    )


def _put(item: EphemeralItem) -> None:
    transaction = Transaction()
    transaction.put(item)
    transaction.commit()


def _required(job: Job, name: str) -> str:
    text = _text(job, name)
    if not text:
        raise JobNotFound
    return text


def _text(job: Job, name: str) -> str:
    item = living(_key(job.org_id, job.id, name))
    return gzip.decompress(item.content).decode() if item and item.content else ""


def _key(org_id: str, job_id: str, name: str) -> str:
    return f"upload#{org_id}#{job_id}#{name}"
