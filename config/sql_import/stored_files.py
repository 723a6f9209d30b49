"""Bytes of a database as files named by their content."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from config.sql_import import errors
from config.sql_import.errors import Refused

UNKNOWN_ENDING = ".bin"
_BEGINNINGS = (
    (b"\x89PNG\r\n\x1a\n", ".png"),
    (b"\xff\xd8\xff", ".jpg"),
    (b"GIF87a", ".gif"),
    (b"GIF89a", ".gif"),
    (b"%PDF-", ".pdf"),
    (b"BM", ".bmp"),
)


class FileName(str):
    """What a field says of a file that `store` writes: a row that is refused leaves none."""

    __slots__ = ("_content", "_path")
    _path: Path | None
    _content: bytes

    @classmethod
    def of(cls, text: str, path: Path | None, content: bytes) -> FileName:
        """Without a path there is nothing to write."""
        name = cls(text)
        name._path, name._content = path, content
        return name

    def store(self) -> None:
        """The same bytes are stored once. Raises OSError."""
        if self._path is not None:
            _store(self._path, self._content)


def file_converter(
    folder: Path, *, prefix: str, ending: str, dry_run: bool
) -> Callable[[Any], FileName]:
    """Bytes → `prefix` and the name of the file that is to have them."""

    def convert(value: Any) -> FileName:
        if isinstance(value, memoryview):
            value = bytes(value)
        if not isinstance(value, (bytes, bytearray)) or not value:
            raise Refused(errors.NO_BYTES)
        content = bytes(value)
        name = hashlib.sha256(content).hexdigest() + _ending(content, ending)
        return FileName.of(prefix + name, None if dry_run else folder / name, content)

    return convert


def _ending(content: bytes, otherwise: str) -> str:
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return ".webp"
    known = (ending for beginning, ending in _BEGINNINGS if content.startswith(beginning))
    return next(known, otherwise or UNKNOWN_ENDING)


def _store(path: Path, content: bytes) -> None:
    """A kill at any moment leaves no half of a file under its name."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".new")
    beside.write_bytes(content)
    os.replace(beside, path)  # noqa: PTH105  # the same
