"""An export as a file. Whole or not at all: it is read to its end before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from tempfile import SpooledTemporaryFile

from django.http import FileResponse

# What is longer goes to the disk, to a file without a name that ends with the response.
_IN_MEMORY = 1024 * 1024


def download(document: Iterator[bytes]) -> FileResponse:
    file = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  # the response closes it
    try:
        file.writelines(document)
    except BaseException:
        file.close()
        raise
    length = file.tell()
    file.seek(0)
    response = FileResponse(
        file,
        as_attachment=True,
        filename=f"my-data-{datetime.now(UTC).date()}.json",
        content_type="application/json",
    )
    response.headers["Content-Length"] = str(length)
    response.headers["Cache-Control"] = "private, no-store"
    return response
