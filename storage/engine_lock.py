"""The lock beside the data file of the embedded engine.

The engine itself lets two processes open one file, and their caches then disagree. The lock is
an advisory `flock`: it ends with the last process that has the file open, so a crash never
leaves a stale one. The engine inherits it, so that it also covers an engine that outlived us.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from .errors import EngineError, EngineLocked

# How long an engine whose owner was killed may take to notice and let go.
ORPHAN_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Holder:
    """Who uses the data: the process that started the engine, the engine, and since when (UTC)."""

    pid: int
    engine_pid: int
    endpoint: str
    since: str

    @classmethod
    def of_this_process(cls, *, engine_pid: int, endpoint: str) -> Holder:
        since = datetime.now(UTC).isoformat(timespec="seconds")
        return cls(pid=os.getpid(), engine_pid=engine_pid, endpoint=endpoint, since=since)


def lock_path(data_path: Path) -> Path:
    return data_path.with_name(data_path.name + ".lock")


def holder_of(data_path: Path) -> Holder | None:
    """The holder that is alive now and has finished starting, else None."""
    try:
        descriptor = os.open(lock_path(data_path), os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        if _try_lock(descriptor):
            return None
        return _read_holder(descriptor)
    finally:
        os.close(descriptor)


def is_locked(data_path: Path) -> bool:
    try:
        descriptor = os.open(lock_path(data_path), os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return not _try_lock(descriptor)
    finally:
        os.close(descriptor)


class DataLock:
    """The held lock. `descriptor` is what the engine inherits."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    @classmethod
    def acquire(cls, data_path: Path) -> DataLock:
        """Raises EngineLocked when another process has it, EngineError when it cannot be made."""
        path = lock_path(data_path)
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise EngineError(
                f"The lock file {path} cannot be opened: {error.strerror}."
            ) from error
        try:
            _lock_or_explain(descriptor, data_path)
        except BaseException:
            os.close(descriptor)
            raise
        os.ftruncate(descriptor, 0)
        return cls(descriptor)

    def describe(self, holder: Holder) -> None:
        os.ftruncate(self.descriptor, 0)
        os.pwrite(self.descriptor, json.dumps(asdict(holder)).encode(), 0)

    def release(self) -> None:
        # The file stays: removing it would let two processes lock two different files.
        os.ftruncate(self.descriptor, 0)
        os.close(self.descriptor)


def _lock_or_explain(descriptor: int, data_path: Path) -> None:
    deadline = time.monotonic() + ORPHAN_SECONDS
    while not _try_lock(descriptor):
        holder = _read_holder(descriptor)
        if holder is None:
            if time.monotonic() < deadline:
                time.sleep(0.02)  # it has the lock and is about to write who it is
                continue
            raise EngineLocked(
                f"The data in {data_path} is in use by another process: stop it first."
            )
        if _is_alive(holder.pid):
            raise EngineLocked(
                f"The data in {data_path} is in use by process {holder.pid} since {holder.since}:"
                f" stop it first, or set DYNAMODB_ENDPOINT={holder.endpoint} to share its engine."
            )
        if time.monotonic() >= deadline:
            raise EngineLocked(
                f"The data in {data_path} is in use by an engine that an interrupted run left over:"
                f" end it with `kill {holder.engine_pid}` and start again."
            )
        time.sleep(0.02)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read_holder(descriptor: int) -> Holder | None:
    try:
        return Holder(**json.loads(os.pread(descriptor, 4096, 0)))
    except (ValueError, TypeError):
        return None


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
