"""Opening a file of unknown origin: compressed or not, in whatever encoding, of any size."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, BinaryIO, Literal, cast

from catalog.imports import errors
from catalog.imports.errors import UnusableFile

GZIP_MAGIC = b"\x1f\x8b"
SAMPLE = 64 * 1024
# Honest text compresses three to thirty times; a file of zeros a thousand times.
LARGEST_EXPANSION = 250
ALWAYS_ALLOWED = 16 * 1024 * 1024

Encoding = Literal["utf-8-sig", "utf-16", "cp1252"]


class SourceDamaged(Exception):
    """Reading cannot go on; `text` is the reason to show."""

    def __init__(self, text: object) -> None:
        super().__init__(str(text))
        self.text = text


class _Watched(io.RawIOBase):
    """The bytes of a file, decompressed where need be, up to a bound."""

    def __init__(self, raw: IO[bytes], bound: int | None) -> None:
        self._raw = raw
        self._bound = bound
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # writable bytes
        try:
            chunk = self._raw.read(len(buffer))
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise SourceDamaged(errors.GZIP_DAMAGED) from error
        self._count += len(chunk)
        if self._bound is not None and self._count > self._bound:
            raise SourceDamaged(errors.EXPANDS)
        buffer[: len(chunk)] = chunk
        return len(chunk)


def open_bytes(file: BinaryIO) -> io.BufferedReader:
    """The content from its beginning; raises SourceDamaged while it is read."""
    file.seek(0)
    magic = file.read(len(GZIP_MAGIC))
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    if magic != GZIP_MAGIC:
        return io.BufferedReader(_Watched(file, None), SAMPLE)
    bound = max(ALWAYS_ALLOWED, size * LARGEST_EXPANSION)
    content = cast("IO[bytes]", gzip.GzipFile(fileobj=file))
    return io.BufferedReader(_Watched(content, bound), SAMPLE)


def detect_encoding(file: BinaryIO) -> Encoding:
    """Reads everything once. UTF-8 unless a byte says otherwise, then Windows-1252.

    Raises UnusableFile for what is empty or no text.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf8, size = True, 0
    content = open_bytes(file)
    try:
        while chunk := content.read(SAMPLE):
            if size == 0 and chunk[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
                return "utf-16"
            if size == 0 and _looks_binary(chunk):
                raise UnusableFile(errors.NOT_TEXT)
            size += len(chunk)
            if is_utf8:
                is_utf8 = _decodes(decoder, chunk)
            if not is_utf8 and size > ALWAYS_ALLOWED:
                break
    except SourceDamaged as damage:
        if size == 0:
            raise UnusableFile(damage.text) from damage
    if size == 0:
        raise UnusableFile(errors.EMPTY)
    return "utf-8-sig" if is_utf8 else "cp1252"


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes) -> bool:
    try:
        decoder.decode(chunk)
    except UnicodeDecodeError:
        return False
    return True


def _looks_binary(sample: bytes) -> bool:
    control = sum(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in sample)
    return b"\0" in sample or control > len(sample) // 50


@contextmanager
def open_text(file: BinaryIO, encoding: Encoding) -> Iterator[io.TextIOWrapper]:
    """Line ends stay as they are; bytes without a meaning become U+FFFD. `file` stays open."""
    text = io.TextIOWrapper(open_bytes(file), encoding, errors="replace", newline="")
    try:
        yield text
    finally:
        text.detach()
