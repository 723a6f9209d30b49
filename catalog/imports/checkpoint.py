"""How far an import of a file came, so that the same command goes on there."""

from __future__ import annotations

import hashlib
import io
from dataclasses import asdict, dataclass, field
from typing import Any, BinaryIO, Self

from catalog.imports.writer import Counts

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

    @classmethod
    def from_document(cls, document: dict[str, Any] | None) -> Self | None:
        """None for what is no such document."""
        try:
            found = document or {}
            return cls(found["rows"], found["report_bytes"], Counts(**found["counts"]))
        except (KeyError, TypeError):
            return None

    @property
    def as_document(self) -> dict[str, Any]:
        return asdict(self)
