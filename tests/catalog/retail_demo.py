"""The retail demonstration catalogue: YAML of one fixed shape, read without a YAML library."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

_ENTRY = re.compile(r"[- ] ([a-z_]+):(?: (.*))?")


def retail_records(path: Path) -> Iterator[dict[str, str]]:
    """Scalars of each product as texts; lists are left out."""
    record: dict[str, list[str]] = {}
    lines: list[str] = []
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            if line.startswith("- ") and "id" in record:
                yield {name: _scalar(parts) for name, parts in record.items()}
                record = {}
            found = _ENTRY.match(line)
            if found:
                lines = record.setdefault(found[1], [])
                lines.append(found[2] or "")
            else:
                lines.append(line.strip())
    yield {name: _scalar(parts) for name, parts in record.items()}


def _scalar(parts: list[str]) -> str:
    text = re.sub(r"(?<=\\) \\?|(?<= )\\ ", "", " ".join(parts).strip()).replace("\\ ", "")
    text = text.replace("\\\\", "\\")
    if text[:1] == "'":
        return text[1:-1].replace("''", "'")
    if text[:1] == '"':
        text = re.sub(r"\\x(..)|\\u(....)", lambda f: chr(int(f[1] or f[2], 16)), text[1:-1])
        return text.replace('\\"', '"').removesuffix("\\")
    return text
