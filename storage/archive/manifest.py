"""The manifest: everything that belongs to an archive, so that anything else is noticed.

`manifest.sha256` beside it is what `sha256sum --check` reads.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any, Self

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from storage.archive.errors import ArchiveRefused
from storage.archive.shapes import Shape

MANIFEST, CHECKSUM = "manifest.json", "manifest.sha256"
FORMAT = 1
APPLICATION = "backroom"
LARGEST_MANIFEST = 16 * 1024 * 1024
# What zlib is told for a gzip header; its time is 0, so the same data give the same file.
GZIP = 31
# Deflate packs no tighter; a file that claims more is not what gzip made.
TIGHTEST = 1032

Amount = Annotated[int, Field(ge=0)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
# It becomes the name of a folder: nothing in it may lead elsewhere.
LogicalName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,200}$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, validate_by_name=True)


class FileEntry(_Part):
    """A data file. `bytes` as it is on disk, `uncompressed` what is in it."""

    path: str
    sha256: Digest
    bytes: Amount
    uncompressed: Amount
    items: Amount


class TableEntry(_Part):
    name: LogicalName
    shape: Shape = Field(validation_alias="schema", serialization_alias="schema")
    time_to_live: str | None
    items: Amount
    files: tuple[FileEntry, ...]

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.items != sum(file.items for file in self.files):
            raise ValueError("the files do not hold as many items as the table")
        for number, file in enumerate(self.files, 1):
            if file.path != data_path(self.name, number):
                raise ValueError(f"file {number} should be {data_path(self.name, number)}")
            if file.uncompressed > file.bytes * TIGHTEST:
                raise ValueError(f"{file.path} cannot hold that much")
        return self


class AppliedMigration(_Part):
    app: str = Field(min_length=1)
    name: str = Field(min_length=1)


class Manifest(_Part):
    """`created_at` as in 2030-01-31T12:00:00Z; `applied` in order of app and name."""

    format: int
    application: str
    created_at: str
    applied: tuple[AppliedMigration, ...]
    tables: tuple[TableEntry, ...]

    @model_validator(mode="after")
    def _names_each_table_once(self) -> Self:
        names = [table.name for table in self.tables]
        if len(names) != len(set(names)):
            raise ValueError("a table is listed twice")
        return self

    @property
    def items(self) -> int:
        return sum(table.items for table in self.tables)

    @property
    def data_bytes(self) -> int:
        return sum(file.bytes for table in self.tables for file in table.files)

    def text(self) -> bytes:
        words = self.model_dump(mode="json", by_alias=True)
        for table, entry in zip(words["tables"], self.tables, strict=True):
            table["schema"] = entry.shape.words()
        return orjson.dumps(words, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def new_manifest(tables: list[TableEntry], applied: Iterable[tuple[str, str]]) -> Manifest:
    return Manifest(
        format=FORMAT,
        application=APPLICATION,
        created_at=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        applied=tuple(AppliedMigration(app=app, name=name) for app, name in sorted(applied)),
        tables=tuple(tables),
    )


def data_path(table: str, number: int) -> str:
    """Relative to the archive; numbers count from 1."""
    return f"{table}/{number:05}.json.gz"


def checksum_line(text: bytes) -> bytes:
    return f"{digest_of(text)}  {MANIFEST}\n".encode()


def digest_of(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def parse(text: bytes, checksum: bytes) -> Manifest:
    """Raises ArchiveRefused unless it is a manifest, unaltered, that this version understands."""
    if checksum != checksum_line(text):
        if not re.fullmatch(rb"[0-9a-f]{64}  manifest\.json\n", checksum):
            raise ArchiveRefused(f"{CHECKSUM} is not the checksum of a manifest.")
        raise ArchiveRefused(f"{MANIFEST} was cut short or altered: its checksum is another.")
    try:
        words = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ArchiveRefused(f"{MANIFEST} is not JSON.") from error
    _check_origin(words)
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        reason = f"{place}: {first['msg']}" if place else first["msg"]
        raise ArchiveRefused(f"{MANIFEST} is not a manifest ({reason}).") from error


def _check_origin(words: Any) -> None:
    if not isinstance(words, dict) or type(words.get("format")) is not int:
        raise ArchiveRefused(f"{MANIFEST} is not a manifest.")
    if words["format"] != FORMAT:
        raise ArchiveRefused(
            f"{MANIFEST} has the format {words['format']}, and this version reads {FORMAT} only."
        )
    if words.get("application") != APPLICATION:
        raise ArchiveRefused(f"{MANIFEST} was not written by {APPLICATION}.")
