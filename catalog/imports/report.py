"""What was refused, as a CSV file: line, field, reason, value."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass

from catalog.imports.exports import escaped

HEADER = ("line", "field", "reason", "value")
VALUE_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Refusal:
    """`field` is empty where the row as a whole is meant."""

    line: int
    field: str
    reason: str
    value: str = ""


def report_lines(refusals: Iterable[Refusal]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    for refusal in refusals:
        texts = (refusal.field, refusal.reason, refusal.value)
        writer.writerow([refusal.line, *map(escaped, texts)])
    return out.getvalue()


def report_header() -> str:
    return ",".join(HEADER) + "\r\n"
