"""Proving that an archive is whole and unaltered, and reading its items."""

from __future__ import annotations

import hashlib
import os
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from storage.archive.errors import ArchiveRefused
from storage.archive.lines import LONGEST_LINE, NotAnItem, item_of
from storage.archive.manifest import (
    CHECKSUM,
    GZIP,
    LARGEST_MANIFEST,
    MANIFEST,
    FileEntry,
    Manifest,
    TableEntry,
    digest_of,
    parse,
)
from storage.archive.progress import Progress, Tell, untold
from storage.archive.run_state import is_run_state
from storage.archive.shapes import key_fault
from storage.typed import RawItem

_BLOCK = 256 * 1024


@dataclass(frozen=True, slots=True)
class ReadItem:
    """`size` is the length of its line in bytes."""

    item: RawItem
    size: int


@dataclass(frozen=True, slots=True)
class Archive:
    """A folder whose manifest is sound and lists exactly the files that are there."""

    folder: Path
    manifest: Manifest
    digest: str

    def items(self, table: TableEntry) -> Iterator[ReadItem]:
        """Raises ArchiveRefused, naming the file, before any item of a file that was altered."""
        for file in table.files:
            yield from _items(self.folder, file, table)


def open_archive(folder: Path) -> Archive:
    """Raises ArchiveRefused; OSError when the folder cannot be read."""
    if not (folder / MANIFEST).exists():
        raise ArchiveRefused(f"{folder} is not an archive: it has no {MANIFEST}.")
    text = _small_file(folder, MANIFEST)
    manifest = parse(text, _small_file(folder, CHECKSUM))
    expected = {file.path for table in manifest.tables for file in table.files}
    found = set(_files_of(folder)) - {MANIFEST, CHECKSUM}
    if missing := sorted(expected - found):
        raise ArchiveRefused(f"{missing[0]} is missing.")
    if unknown := sorted(found - expected):
        raise ArchiveRefused(f"{unknown[0]} does not belong to the archive.")
    return Archive(folder, manifest, digest_of(text))


def verify(archive: Archive, tell: Tell = untold) -> None:
    """Reads everything, writes nothing. Raises ArchiveRefused."""
    done = 0
    for table in archive.manifest.tables:
        for _read in archive.items(table):
            done += 1
            if not done % 1000:
                tell(Progress(table.name, done, archive.manifest.items))
    if archive.manifest.tables:
        tell(Progress(archive.manifest.tables[-1].name, done, archive.manifest.items))


def _files_of(folder: Path) -> Iterator[str]:
    """Paths of all files; of a folder inside a folder, which no archive has, its own."""
    for entry in os.scandir(folder):
        if not entry.is_dir(follow_symlinks=False):
            yield entry.name
            continue
        yield from (f"{entry.name}/{inner.name}" for inner in os.scandir(entry.path))


def _small_file(folder: Path, name: str) -> bytes:
    with _regular_file(folder, name) as file:
        if os.fstat(file.fileno()).st_size > LARGEST_MANIFEST:
            raise ArchiveRefused(f"{name} is too large.")
        return file.read()


@contextmanager
def _regular_file(folder: Path, path: str) -> Iterator[BinaryIO]:
    """Nothing that leads elsewhere or never ends, such as a link or a pipe."""
    try:
        descriptor = os.open(folder / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError as error:
        raise ArchiveRefused(f"{path} is missing.") from error
    except OSError as error:
        raise ArchiveRefused(f"{path} cannot be read: {error.strerror}.") from error
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ArchiveRefused(f"{path} is not a file.")
        yield file


def _items(folder: Path, entry: FileEntry, table: TableEntry) -> Iterator[ReadItem]:
    with _regular_file(folder, entry.path) as file:
        # Once as a whole, so that no item of an altered file is taken, and again while items are
        # taken from it, in case it is altered meanwhile.
        for _block in _checked(file, entry):
            pass
        file.seek(0)
        number = 0
        for number, line in enumerate(_lines(_checked(file, entry), entry), 1):
            try:
                item = item_of(line)
                fault = key_fault(item, table.shape) or _state_fault(table.name, item)
            except NotAnItem as error:
                fault = str(error)
            if fault:
                raise ArchiveRefused(f"{entry.path}, line {number} {fault}.")
            yield ReadItem(item, len(line))
        if number != entry.items:
            raise ArchiveRefused(
                f"{entry.path} holds {number} items, {MANIFEST} says {entry.items}."
            )


def _state_fault(table: str, item: RawItem) -> str:
    return "is of a migration at work, which no archive holds" if is_run_state(table, item) else ""


def _checked(file: BinaryIO, entry: FileEntry) -> Iterator[bytes]:
    """The blocks of a file. Raises ArchiveRefused at the latest instead of ending."""
    digest = hashlib.sha256()
    size = 0
    while block := file.read(_BLOCK):
        size += len(block)
        if size > entry.bytes:
            break
        digest.update(block)
        yield block
    if size != entry.bytes:
        found = "longer" if size > entry.bytes else "shorter"
        raise ArchiveRefused(f"{entry.path} is {found} than {MANIFEST} says.")
    if digest.hexdigest() != entry.sha256:
        raise ArchiveRefused(f"{entry.path} was altered: its checksum is another.")


def _lines(blocks: Iterator[bytes], entry: FileEntry) -> Iterator[bytes]:
    pending = b""
    for block in _unpacked(blocks, entry):
        *lines, pending = (pending + block).split(b"\n")
        yield from lines
        if len(pending) > LONGEST_LINE:
            raise ArchiveRefused(f"{entry.path} has a line that is too long.")
    if pending:
        raise ArchiveRefused(f"{entry.path} ends within a line.")


def _unpacked(blocks: Iterator[bytes], entry: FileEntry) -> Iterator[bytes]:
    """In pieces of limited size, and never more than the manifest says there is."""
    unpacker = zlib.decompressobj(GZIP)
    size = 0
    for block in blocks:
        packed = block
        while packed:
            if unpacker.eof:
                raise ArchiveRefused(f"{entry.path} goes on behind its end.")
            try:
                piece = unpacker.decompress(packed, _BLOCK)
            except zlib.error as error:
                raise ArchiveRefused(f"{entry.path} is not gzip.") from error
            packed = unpacker.unconsumed_tail or unpacker.unused_data
            size += len(piece)
            if size > entry.uncompressed:
                raise ArchiveRefused(f"{entry.path} unpacks to more than {MANIFEST} says.")
            yield piece
    if not unpacker.eof or size != entry.uncompressed:
        raise ArchiveRefused(f"{entry.path} unpacks to less than {MANIFEST} says.")
