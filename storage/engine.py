"""The embedded engine: a DynamoDB-compatible server (Dynoxide) as a child process.

    with Engine.start(Path("var/dynamodb/backroom.db")) as engine:
        ...  # engine.endpoint is what DYNAMODB_ENDPOINT should say

It listens on loopback at a random port only: it answers every web page that finds it.
"""

from __future__ import annotations

import http.client
import os
import platform
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from .engine_lock import DataLock, Holder
from .engine_probe import probe, write_marker
from .errors import EngineError, EngineMissing
from .parent_death import tied_to_us

START_SECONDS = 5.0
STOP_SECONDS = 5.0
_PORT_ATTEMPTS = 5
_PACKAGES = Path(__file__).resolve().parent.parent / "node_modules" / "@dynoxide"
_MACHINES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}
_HELP = "set DYNAMODB_ENDPOINT or AWS credentials with a region to use another DynamoDB"


class Engine:
    """A running engine. Start it from a thread that lives as long as the engine is needed:
    on Linux the engine ends with the thread that started it, however that thread ends."""

    def __init__(
        self, process: subprocess.Popen[bytes], port: int, output: IO[bytes], lock: DataLock | None
    ) -> None:
        self._process = process
        self._output = output
        self._lock = lock
        self.endpoint = f"http://127.0.0.1:{port}"
        self.pid = process.pid

    @classmethod
    def start(cls, data_path: Path | None = None, *, binary: Path | None = None) -> Self:
        """Start on a data file, or in memory without one, and return when it answers.

        Raises EngineMissing (no engine for this platform), EngineLocked (the data is in use),
        EngineDamaged (the file is not what it should be; it is left untouched) or EngineError,
        each with one sentence that is meant to be shown.
        """
        command = [str(binary or packaged_binary()), "--host", "127.0.0.1"]
        if data_path is None:
            return cls._spawn(command, None)
        data_path = data_path.resolve()
        try:
            data_path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise EngineError(
                f"The folder {data_path.parent} cannot be made: {error.strerror}."
            ) from error
        lock = DataLock.acquire(data_path)
        try:
            probe(data_path)
            engine = cls._spawn([*command, "--db-path", str(data_path)], lock)
        except BaseException:
            lock.release()
            raise
        try:
            lock.describe(Holder.of_this_process(engine_pid=engine.pid, endpoint=engine.endpoint))
            write_marker(data_path)
        except BaseException:
            engine.stop()
            raise
        return engine

    @classmethod
    def _spawn(cls, command: list[str], lock: DataLock | None) -> Self:
        for _ in range(_PORT_ATTEMPTS):
            port = _free_port()
            process, output = _launch([*command, "--port", str(port)], lock)
            engine = cls(process, port, output, lock)
            try:
                engine._wait_until_ready(port)
            except _PortTaken:
                engine._end()
            except BaseException:
                engine._end()
                raise
            else:
                return engine
        raise EngineError("The local engine found no free port on 127.0.0.1.")

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def stop(self) -> None:
        """Ends the engine, politely at first, and gives the data free. Harmless when repeated."""
        self._end()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def last_words(self) -> str:
        """The last complaint of an engine that ended, else how it ended; for a message."""
        lines = self._said().decode(errors="replace").splitlines()
        complaints = [line.strip() for line in lines if line.startswith("error: ")]
        if complaints:
            return complaints[-1].removeprefix("error: ")
        code = self._process.poll()
        return f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"

    def _said(self) -> bytes:
        if self._output.closed:
            return b""
        size = os.fstat(self._output.fileno()).st_size
        # The engine writes through the same file position, so it must not be moved.
        return os.pread(self._output.fileno(), 4096, max(0, size - 4096))

    def _end(self) -> None:
        if self.running:
            self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._output.close()

    def _wait_until_ready(self, port: int) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if not self.running:
                words = self.last_words()
                if "already in use" in words:
                    raise _PortTaken
                raise EngineError(f"The local engine ended at once: {words}")
            # Its own announcement comes first: on this port somebody else's engine may answer.
            if b"listening on" in self._said() and _answers(port):
                return
            time.sleep(0.002)
        raise EngineError(f"The local engine did not answer within {START_SECONDS:g} seconds.")


class _PortTaken(Exception):
    pass


def packaged_binary() -> Path:
    """Where npm put the engine. Raises EngineMissing when there is none for this platform."""
    machine = platform.machine().lower()
    name = f"{sys.platform}-{_MACHINES.get(machine, machine)}"
    binary = _PACKAGES / name / "dynoxide"
    if not binary.is_file():
        raise EngineMissing(f"There is no local engine for this platform ({name}): {_HELP}.")
    return binary


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe_socket:
        probe_socket.bind(("127.0.0.1", 0))
        port: int = probe_socket.getsockname()[1]
        return port


def _launch(command: list[str], lock: DataLock | None) -> tuple[subprocess.Popen[bytes], IO[bytes]]:
    output = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the engine
    try:
        process = subprocess.Popen(  # noqa: S603 - our own pinned binary, no shell
            tied_to_us(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={},  # it needs nothing from ours, where secrets are
            umask=0o077,
            pass_fds=(lock.descriptor,) if lock else (),
            start_new_session=True,  # Ctrl-C in a terminal is for us, not for the engine
        )
    except OSError as error:
        output.close()
        raise EngineError(f"The local engine cannot be started: {error.strerror}.") from error
    return process, output


def _answers(port: int) -> bool:
    credential = "Credential=local/20000101/us-east-1/dynamodb/aws4_request"
    headers = {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": "DynamoDB_20120810.ListTables",
        "X-Amz-Date": "20000101T000000Z",
        "Authorization": f"AWS4-HMAC-SHA256 {credential}, SignedHeaders=host, Signature=0",
    }
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("POST", "/", body=b"{}", headers=headers)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
