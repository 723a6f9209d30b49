"""Files to import, for tests: small ones, large ones, and the real ones where they are at hand."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
from collections import deque
from pathlib import Path
from typing import Any

import pytest

from accounts.entities import Actor
from catalog.imports import runs
from catalog.imports.checkpoint import Progress
from catalog.imports.readers import Row, inspect, read

FIELDS = ("sku", "name", "price", "currency", "category", "brand")


def sample_data(name: str) -> Path:
    """A file of `$BACKROOM_SAMPLE_DATA`, or of the data folder beside the project; else skips."""
    beside = Path(__file__).resolve().parents[3] / "shared" / "data"
    path = Path(os.environ.get("BACKROOM_SAMPLE_DATA") or beside) / name
    if not path.exists():
        pytest.skip(f"sample data {name} is not here; BACKROOM_SAMPLE_DATA says where it is")
    return path


def record(number: int, **changes: Any) -> dict[str, Any]:
    made = {
        "sku": f"S-{number:06}",
        "name": f"Blue mug {number}",
        "price": f"{number % 90 + 1}.50",
        "currency": "EUR",
        "category": "Kitchen/Mugs",
        "brand": "Marlowick",
    }
    return {**made, **changes}


def write_csv(path: Path, records: list[dict[str, Any]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(records[0]))
        writer.writeheader()
        writer.writerows(records)
    return path


def write_ndjson(path: Path, records: list[Any]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def rows_of(content: bytes | str, name: str = "") -> list[Row]:
    file = io.BytesIO(content.encode() if isinstance(content, str) else content)
    return list(read(file, inspect(file, name)))


def values_of(content: bytes | str, name: str = "") -> list[Any]:
    return [row.values for row in rows_of(content, name)]


def import_path(
    path: Path,
    actor: Actor,
    *,
    columns: dict[str, str] | None = None,
    constants: dict[str, str] | None = None,
    publish: bool = False,
    dry_run: bool = False,
) -> Progress:
    """With report and checkpoint beside the file."""
    with path.open("rb") as file:
        run = runs.prepare(
            file,
            path.name,
            columns=columns or {},
            constants=constants or {},
            publish=publish,
            dry_run=dry_run,
        )
        steps = runs.execute(
            run, file, actor=actor, report=report_of(path), checkpoint=checkpoint_of(path)
        )
        return deque(steps, maxlen=1).pop()


def report_of(path: Path) -> Path:
    return path.with_name(path.name + ".errors.csv")


def checkpoint_of(path: Path) -> Path:
    return path.with_name(path.name + ".errors.csv.checkpoint")


def refusals_of(path: Path) -> list[dict[str, str]]:
    with report_of(path).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def gzipped(text: str) -> bytes:
    return gzip.compress(text.encode(), mtime=0)
