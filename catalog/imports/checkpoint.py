"""How far an import of a file came, so that the same command goes on there."""

from __future__ import annotations

import hashlib
import io
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import BinaryIO

from catalog.imports.importer import Counts

IDENTIFIED_BYTES = 1024 * 1024


def identity_of(file: BinaryIO) -> str:
    """From the size and the first and last megabyte."""
    size = file.seek(0, io.SEEK_END)
    digest = hashlib.sha256(str(size).encode())
    for place in (0, max(0, size - IDENTIFIED_BYTES)):
        file.seek(place)
        digest.update(file.read(IDENTIFIED_BYTES))
    return digest.hexdigest()


@dataclass(slots=True)
class Progress:
    """`rows` were dealt with; the error report had `report_bytes` then."""

    rows: int = 0
    report_bytes: int = 0
    counts: Counts = field(default_factory=Counts)


class Checkpoint:
    """A small file beside the error report. `key` names all that the result depends on."""

    def __init__(self, path: Path, key: str) -> None:
        self._path = path
        self._key = key

    def load(self) -> Progress | None:
        """None where there is none, or it belongs to another file or mapping."""
        try:
            document = json.loads(self._path.read_text(encoding="utf-8"))
            if document["key"] != self._key:
                return None
            return Progress(
                document["rows"], document["report_bytes"], Counts(**document["counts"])
            )
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    def save(self, progress: Progress) -> None:
        """A kill at any moment leaves the old one or the new one."""
        beside = self._path.with_name(self._path.name + ".new")
        beside.write_text(json.dumps({"key": self._key, **asdict(progress)}), encoding="utf-8")
        os.replace(beside, self._path)  # noqa: PTH105  # the same

    def remove(self) -> None:
        self._path.unlink(missing_ok=True)
