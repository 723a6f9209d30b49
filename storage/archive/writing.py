"""Making an archive: every table read once, page by page, into a folder that appears when done."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from storage.archive import shapes
from storage.archive.errors import ArchiveError
from storage.archive.history import Watch, recorded
from storage.archive.lines import line_of
from storage.archive.manifest import (
    CHECKSUM,
    GZIP,
    MANIFEST,
    FileEntry,
    Manifest,
    TableEntry,
    checksum_line,
    data_path,
    new_manifest,
)
from storage.archive.progress import Progress, Tell, untold
from storage.archive.run_state import is_run_state
from storage.archive.store_refusals import as_archive_errors
from storage.configuration import table_name
from storage.evolution.items.checkpoints import position_text
from storage.evolution.items.edits import SHOWN_DIGITS
from storage.scanning import scan_pages
from storage.table import has_personal_keys
from storage.typed import RawItem

FILE_BYTES = 64 * 1024 * 1024
# Above it files get hardly smaller, and the processor is busier with packing than with reading.
COMPRESSION = 6
_BUFFER_BYTES = 256 * 1024


def write_archive(
    folder: Path,
    tables: Sequence[str],
    *,
    unfinished: bool = False,
    tell: Tell = untold,
    file_bytes: int = FILE_BYTES,
) -> Manifest:
    """Writes the tables with these logical names; `folder` must not exist, or be empty.

    `unfinished` allows it while a migration is half done, or done meanwhile. Data files are cut
    after `file_bytes` uncompressed. Raises ArchiveError, MigrationUnfinished, MigratedMeanwhile,
    StoreUnavailable and OSError; then, and when interrupted, nothing is left behind.
    """
    folder = folder.resolve()
    _refuse_taken(folder)
    with as_archive_errors():
        watch = None if unfinished else Watch()
        applied = list(watch.applied if watch else recorded())
        found = {name: _shape_of(name) for name in sorted(tables)}
        with _appearing_when_done(folder) as draft:
            total = sum(map(shapes.item_count, found))
            entries: list[TableEntry] = []
            for name, shape in found.items():
                done = sum(entry.items for entry in entries)
                entries.append(_write_table(draft, name, shape, file_bytes, done, total, tell))
                if watch:
                    watch.look()
            manifest = new_manifest(entries, applied)
            _write_file(draft / MANIFEST, manifest.text())
            _write_file(draft / CHECKSUM, checksum_line(manifest.text()))
    return manifest


def _refuse_taken(folder: Path) -> None:
    if not folder.parent.is_dir():
        raise ArchiveError(f"There is no folder {folder.parent}.")
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise ArchiveError(f"{folder} exists already and is not an empty folder.")
    if folder.exists():
        _refuse_irreplaceable(folder)


def _refuse_irreplaceable(folder: Path) -> None:
    """Puts another empty folder in its place, as the archive will be after everything is read."""
    other = _beside(folder)
    other.mkdir(mode=0o700)
    try:
        shutil.copymode(folder, other)
        other.rename(folder)
    except OSError as error:
        other.rmdir()
        raise ArchiveError(
            f"Nothing can take the place of {folder} ({error.strerror}), perhaps because something"
            " is mounted there: name a new folder in it."
        ) from error


def _beside(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.unfinished-{secrets.token_hex(4)}")


def _shape_of(name: str) -> shapes.Shape:
    shape = shapes.existing(name)
    if shape is None:
        raise ArchiveError(f"There is no table {table_name(name)}.")
    return shape


@contextmanager
def _appearing_when_done(folder: Path) -> Iterator[Path]:
    draft = _beside(folder)
    try:
        draft.mkdir(mode=0o700)
        yield draft
        for path in (*draft.glob("*/"), draft):
            _sync(path)
        # Takes the place of an empty folder, and fails for one that is no longer empty.
        draft.rename(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    _sync(folder.parent)


def _write_table(
    draft: Path,
    name: str,
    shape: shapes.Shape,
    file_bytes: int,
    done: int,
    total: int,
    tell: Tell,
) -> TableEntry:
    files: list[FileEntry] = []
    open_file: _DataFile | None = None
    try:
        for page in scan_pages(table_name(name)):
            for item in page.items:
                if is_run_state(name, item):
                    continue
                _refuse_unrestorable(name, item, shape)
                if open_file is None:
                    open_file = _DataFile(draft, data_path(name, len(files) + 1))
                if open_file.add(line_of(item)) >= file_bytes:
                    files.append(open_file.finish())
                    open_file = None
                done += 1
            tell(Progress(name, done, max(total, done)))
        if open_file is not None:
            files.append(open_file.finish())
            open_file = None
    finally:
        if open_file is not None:
            open_file.close()
    return TableEntry(
        name=name,
        shape=shape,
        time_to_live=shapes.expiry(name),
        items=sum(file.items for file in files),
        files=tuple(files),
    )


def _refuse_unrestorable(name: str, item: RawItem, shape: shapes.Shape) -> None:
    """An index that was added later leaves such items in the table, and takes none anew."""
    if fault := shapes.key_fault(item, shape):
        raise ArchiveError(
            f"The item {_key_text(name, item, shape)} of {table_name(name)} {fault}:"
            " it could not be restored."
        )


def _key_text(name: str, item: RawItem, shape: shapes.Shape) -> str:
    """As JSON, or its digest where it may be about a person: as messages of migrations have it."""
    text = position_text({key: item[key] for key in shape.key_names})
    if not has_personal_keys(name):
        return text
    return "#" + hashlib.sha256(text.encode()).hexdigest()[:SHOWN_DIGITS]


class _DataFile:
    def __init__(self, draft: Path, path: str) -> None:
        (draft / path).parent.mkdir(mode=0o700, exist_ok=True)
        self._path = path
        self._file = _created(draft / path)
        self._packer = zlib.compressobj(COMPRESSION, zlib.DEFLATED, GZIP)
        self._digest = hashlib.sha256()
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._bytes = self._uncompressed = self._items = 0

    def add(self, line: bytes) -> int:
        """The size so far, uncompressed."""
        self._waiting.append(line)
        self._waiting_bytes += len(line)
        self._uncompressed += len(line)
        self._items += 1
        if self._waiting_bytes >= _BUFFER_BYTES:
            self._pack()
        return self._uncompressed

    def finish(self) -> FileEntry:
        self._pack()
        self._write(self._packer.flush())
        os.fsync(self._file)
        self.close()
        return FileEntry(
            path=self._path,
            sha256=self._digest.hexdigest(),
            bytes=self._bytes,
            uncompressed=self._uncompressed,
            items=self._items,
        )

    def close(self) -> None:
        os.close(self._file)

    def _pack(self) -> None:
        self._write(self._packer.compress(b"".join(self._waiting)))
        self._waiting.clear()
        self._waiting_bytes = 0

    def _write(self, packed: bytes) -> None:
        self._digest.update(packed)
        self._bytes += len(packed)
        _write_all(self._file, packed)


def _write_file(path: Path, content: bytes) -> None:
    file = _created(path)
    try:
        _write_all(file, content)
        os.fsync(file)
    finally:
        os.close(file)


def _created(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)


def _write_all(file: int, content: bytes) -> None:
    remaining = memoryview(content)
    while remaining:
        remaining = remaining[os.write(file, remaining) :]


def _sync(folder: Path) -> None:
    """Makes what is in the folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
