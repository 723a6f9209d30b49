"""What an import refused, as a CSV file: line, field, reason, value, and what the caller adds."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

from storage.intake import Refusal
from storage.private_files import open_private

HEADER = ("line", "field", "reason", "value")
VALUE_SHOWN = 200
BYTE_ORDER_MARK = "\ufeff"
# Spreadsheets run what begins like this, full-width signs included. The apostrophe makes it text;
# it is doubled where the text has one already, so that reading can take away exactly one.
_RISKY = re.compile(r"'*[=+\-@\t\r\n\uff0b\uff0d\uff1d\uff20]")


def escaped(text: str) -> str:
    """`"=1+2"` → `"'=1+2"`."""
    return "'" + text if _RISKY.match(text) else text


def report_header(*more: str) -> str:
    return ",".join((*HEADER, *more)) + "\r\n"


def report_lines(
    refusals: Iterable[Refusal], more: Callable[[int], Sequence[str]] = lambda _line: ()
) -> str:
    """`more` gives the cells of a line under the columns that the header has in addition."""
    out = io.StringIO()
    writer = csv.writer(out)
    for refusal in refusals:
        texts = (refusal.field, refusal.reason, refusal.value, *more(refusal.line))
        writer.writerow([refusal.line, *map(escaped, texts)])
    return out.getvalue()


def open_report(path: Path, header: str, kept_bytes: int) -> BinaryIO:
    """The report as it was when it had that many bytes: what came after will come again.

    Somebody may have taken it away or shortened it since. Only the owner may read it, for it shows
    what was refused, such as addresses of people.
    """
    output = open_private(path, "r+b" if kept_bytes and path.exists() else "w+b")
    output.truncate(min(output.seek(0, io.SEEK_END), kept_bytes))
    output.seek(0, io.SEEK_END)
    if output.tell() == 0:
        output.write((BYTE_ORDER_MARK + header).encode())
    return output
