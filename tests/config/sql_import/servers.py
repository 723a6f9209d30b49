"""Database servers of the tests' own, started from what is installed."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from storage.parent_death import tied_to_us

START_SECONDS = 60
PASSWORD = "p@ss/w:rd%"
ENCODED = "p%40ss%2Fw%3Ard%25"
UNPRIVILEGED = ("postgres", "mysql", "nobody")


@dataclass(frozen=True)
class Server:
    """Listens on loopback; `boss` with `PASSWORD` may do everything."""

    scheme: str
    port: int

    def url(self, database: str, *, password: str = ENCODED, port: int = 0) -> str:
        return f"{self.scheme}://boss:{password}@127.0.0.1:{port or self.port}/{database}"


def program(name: str, *folders: str) -> str | None:
    """Its full path; of several versions the newest."""
    found = [shutil.which(name)]
    for pattern in folders:
        found += sorted(map(str, Path("/").glob(f"{pattern}/{name}")), reverse=True)
    return next((str(Path(path).resolve()) for path in found if path), None)


@contextmanager
def postgresql() -> Iterator[Server | None]:
    """None where there is no server."""
    folders = ("usr/lib/postgresql/*/bin", "usr/local/pgsql/bin", "opt/homebrew/bin")
    initdb, postgres = program("initdb", *folders), program("postgres", *folders)
    if initdb is None or postgres is None:
        yield None
        return
    with _folder() as folder:
        (folder / "password").write_text(PASSWORD)
        data = str(folder / "data")
        _run(
            [
                *(initdb, "-D", data, "-U", "boss", "-E", "UTF8", "--locale=C", "--no-sync"),
                *("-A", "scram-sha-256", f"--pwfile={folder / 'password'}"),
            ]
        )
        port = _free_port()
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "off",
            "shared_buffers": "16MB",
        }
        options = [part for name, text in settings.items() for part in ("-c", f"{name}={text}")]
        with _serving([postgres, "-D", data, "-p", str(port), *options], port):
            server = Server("postgresql", port)
            _wait_until_it_takes_logins(server)
            yield server


def _wait_until_it_takes_logins(server: Server) -> None:
    """The port is open before: until then the server says that it is starting up."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(server.url("postgres")).close()
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


@contextmanager
def mariadb() -> Iterator[Server | None]:
    """None where there is no server."""
    folders = ("usr/sbin", "usr/bin", "usr/local/bin")
    install, daemon = program("mariadb-install-db", *folders), program("mariadbd", *folders)
    if install is None or daemon is None:
        yield None
        return
    with _folder() as folder:
        data = str(folder / "data")
        _run(
            [
                *(install, "--no-defaults", f"--datadir={data}", "--skip-test-db"),
                "--auth-root-authentication-method=normal",
            ]
        )
        init = folder / "init.sql"
        init.write_text(
            f"CREATE USER boss@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';\n"
            "GRANT ALL ON *.* TO boss@'127.0.0.1';\n"
        )
        port = _free_port()
        options = [
            *("--no-defaults", f"--datadir={data}", f"--socket={folder / 'socket'}"),
            *(f"--port={port}", "--bind-address=127.0.0.1", f"--init-file={init}"),
            *("--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=16M"),
        ]
        with _serving([daemon, *options], port):
            yield Server("mysql", port)


def _account() -> str | None:
    """Servers refuse to run as root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in UNPRIVILEGED if name in known)


@contextmanager
def _folder() -> Iterator[Path]:
    # Not in pytest's own folder, into which nobody else may look.
    folder = Path(tempfile.mkdtemp(prefix="backroom-tests-"))
    account = _account()
    if account:
        entry = pwd.getpwnam(account)
        os.chown(folder, entry.pw_uid, entry.pw_gid)
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _as_account(command: Sequence[str]) -> tuple[list[str], dict[str, Any]]:
    """The command, with what Popen needs, so that it runs unprivileged and ends when we do."""
    account = _account()
    if account is None:
        return tied_to_us(command), {}
    setpriv = program("setpriv")
    if setpriv is None:
        return list(command), {"user": account, "extra_groups": []}
    # Not `tied_to_us`: another user may not reach this Python.
    who = [f"--reuid={account}", "--clear-groups", "--pdeathsig=TERM"]
    return [setpriv, *who, *command], {}


def _run(command: Sequence[str]) -> None:
    command, more = _as_account(command)
    done = subprocess.run(
        command,
        **more,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def _serving(command: Sequence[str], port: int) -> Iterator[None]:
    with tempfile.TemporaryFile("w+") as log:
        command, more = _as_account(command)
        process = subprocess.Popen(
            command,
            **more,
            cwd="/",
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            deadline = time.monotonic() + START_SECONDS
            while not _listens(port):
                log.seek(0)
                assert process.poll() is None, log.read()
                assert time.monotonic() < deadline, "the server does not answer"
                time.sleep(0.05)
            yield
        finally:
            process.terminate()
            try:
                process.wait(timeout=START_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
