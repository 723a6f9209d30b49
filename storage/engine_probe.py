"""Looks at a data file before the engine opens it, and never changes it.

The engine takes an empty file for a new database and SQLite throws away a write-ahead log whose
file is missing, so both would turn an accident into lost data without a word.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from .errors import EngineDamaged

# A check that takes longer is given up as passed: a big file must not hold up every start.
CHECK_SECONDS = 10.0

_MAGIC = b"SQLite format 3\0"
_ENGINE_TABLES = {"_config", "_tables"}
_WHAT_TO_DO = "restore a backup, or run `make reset` to start with empty data (nothing was changed)"


class DataState(StrEnum):
    NEW = "new"
    GOOD = "good"


def marker_path(data_path: Path) -> Path:
    """Beside the data: says that this data file was in use once, so it may not be empty again."""
    return data_path.with_name(data_path.name + ".json")


def write_marker(data_path: Path) -> None:
    """Durable, once; an existing marker is left as it is."""
    path = marker_path(data_path)
    if path.exists():
        return
    draft = path.with_name(path.name + ".draft")
    content = {"in_use_since": datetime.now(UTC).isoformat(timespec="seconds")}
    with draft.open("w", encoding="utf-8") as stream:
        json.dump(content, stream)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(path)


def probe(data_path: Path) -> DataState:
    """Raises EngineDamaged, with what to do, for anything but a new or a good file."""
    try:
        return _probe(data_path)
    except OSError as error:
        raise EngineDamaged(
            f"The data file {data_path} cannot be read: {error.strerror}; {_WHAT_TO_DO}."
        ) from error


def _probe(data_path: Path) -> DataState:
    used_before = marker_path(data_path).exists()
    log = data_path.with_name(data_path.name + "-wal")
    has_log = log.exists() and log.stat().st_size > 0
    if not data_path.exists() or data_path.stat().st_size == 0:
        what = "empty" if data_path.exists() else "missing"
        if used_before or has_log:
            raise EngineDamaged(
                f"The data file {data_path} is {what} although data was stored in it before:"
                f" {_WHAT_TO_DO}."
            )
        return DataState.NEW
    with data_path.open("rb") as stream:
        if stream.read(len(_MAGIC)) != _MAGIC:
            raise _damaged(data_path, "it is not a SQLite database")
    tables = _checked_tables(data_path, has_log=has_log)
    if "_tables" in tables:
        return DataState.GOOD
    if used_before:
        raise EngineDamaged(
            f"The data file {data_path} has lost the engine's tables although data was stored in"
            f" it before: {_WHAT_TO_DO}."
        )
    if tables - _ENGINE_TABLES:
        raise _damaged(data_path, "it is the database of another program")
    return DataState.NEW


def _checked_tables(data_path: Path, *, has_log: bool) -> set[str]:
    # Without a log nothing may be created beside the file; with one SQLite needs its index file.
    mode = "mode=ro" if has_log else "mode=ro&immutable=1"
    deadline = time.monotonic() + CHECK_SECONDS
    connection = sqlite3.connect(f"{data_path.resolve().as_uri()}?{mode}", uri=True)
    try:
        names = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%'"
            " ESCAPE '!'"
        ).fetchall()
        connection.set_progress_handler(lambda: time.monotonic() > deadline, 10_000)
        finding = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        if str(error) != "interrupted":
            raise _damaged(data_path, str(error)) from error
        finding = "ok"
    finally:
        connection.close()
    if finding != "ok":
        raise _damaged(data_path, " ".join(finding.split()))
    return {name for (name,) in names}


def _damaged(data_path: Path, finding: str) -> EngineDamaged:
    return EngineDamaged(f"The data file {data_path} is damaged ({finding}): {_WHAT_TO_DO}.")
