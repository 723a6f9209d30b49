"""`python -m config.serve`: what it refuses, what it starts, and that it leaves nothing behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from config.local_store import (
    SERVED_AT_VARIABLE,
    StoreSetupError,
    data_path,
    open_store,
    place_of_server,
    remember_server,
    store_for_command,
)
from config.serve import Address, ServeError, server_command
from storage.engine import Engine
from storage.engine_lock import holder_of, is_locked
from storage.errors import EngineLocked

ROOT = Path(__file__).resolve().parents[1]
STORE_VARIABLES = ("DYNAMODB_ENDPOINT", "AWS_", "STAGE", "TABLE_PREFIX", "HOST", "PORT")
READY_SECONDS = 60.0  # migrates, hashes and loads the demonstration data on a busy machine


def environment(data: Path, **extra: str) -> dict[str, str]:
    """Ours without what the test run itself set."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(STORE_VARIABLES)}
    return {**kept, "DATA_DIR": str(data), **extra}


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def refusal(environ: Mapping[str, str]) -> str:
    """What a start that is refused says; it must be one line and nothing else."""
    result = subprocess.run(
        [sys.executable, "-m", "config.serve"],
        cwd=ROOT,
        env=dict(environ),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    return result.stderr.strip()


class TestRefusals:
    def test_busy_port(self, tmp_path: Path) -> None:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            port = listener.getsockname()[1]
            message = refusal(environment(tmp_path, PORT=str(port)))
        assert message.startswith(f"Port {port} on 127.0.0.1 is in use by another program:")
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("port", ["http", "0", "65536", "-1", "²"])
    def test_port_that_is_none(self, port: str) -> None:
        with pytest.raises(ServeError, match="PORT must be a number from 1 to 65535"):
            Address.from_environment({"PORT": port})

    def test_address_of_another_machine(self) -> None:
        with pytest.raises(ServeError, match=r"^Cannot listen on 192\.0\.2\.1:8000: "):
            Address("192.0.2.1", 8000).check_free()

    def test_data_in_use(self, tmp_path: Path) -> None:
        environ = environment(tmp_path, PORT=str(free_port()))
        with Engine.start(data_path(environ)):
            message = refusal(environ)
        assert f"is in use by process {os.getpid()} since" in message

    def test_damaged_data(self, tmp_path: Path) -> None:
        environ = environment(tmp_path, PORT=str(free_port()))
        data_path(environ).parent.mkdir()
        data_path(environ).write_bytes(b"not a database" * 100)
        message = refusal(environ)
        assert "is damaged" in message
        assert "make reset" in message
        assert data_path(environ).read_bytes() == b"not a database" * 100


class TestAddress:
    def test_defaults_to_loopback(self) -> None:
        assert Address.from_environment({}).url == "http://127.0.0.1:8000"

    @pytest.mark.parametrize(
        "host, url",
        [
            ("0.0.0.0", "http://localhost:81"),
            ("::", "http://localhost:81"),
            ("::1", "http://[::1]:81"),
            ("shop.example.com", "http://shop.example.com:81"),
        ],
    )
    def test_url_can_be_clicked(self, host: str, url: str) -> None:
        assert Address(host, 81).url == url

    def test_commands_beside_the_server_know_it(self, tmp_path: Path) -> None:
        environ = {"DATA_DIR": str(tmp_path / "data")}
        assert place_of_server(environ) == "http://127.0.0.1:8000"
        remember_server(environ, "http://127.0.0.1:8123")
        assert place_of_server(environ) == "http://127.0.0.1:8123"
        said = {**environ, SERVED_AT_VARIABLE: "http://localhost:81"}
        assert place_of_server(said) == "http://localhost:81"


class TestCommand:
    def test_workers_come_from_the_environment(self) -> None:
        address = Address("127.0.0.1", 81)
        command = server_command(address, {"WEB_CONCURRENCY": "5"}, dev=False)
        assert command[command.index("--workers") + 1] == "5"
        assert "--no-control-socket" in command

    def test_dev_is_djangos_own_server(self) -> None:
        command = server_command(Address("127.0.0.1", 81), {}, dev=True)
        assert command[-2:] == ["runserver", "127.0.0.1:81"]


class TestStore:
    def test_named_endpoint_replaces_the_engine(self, tmp_path: Path) -> None:
        environ = {"DATA_DIR": str(tmp_path), "DYNAMODB_ENDPOINT": "http://127.0.0.1:4566"}
        with open_store(environ) as store:
            assert store.engine is None
            assert "AWS_ACCESS_KEY_ID" in store.environment
        assert list(tmp_path.iterdir()) == []

    def test_credentials_are_never_replaced(self) -> None:
        environ = {"DYNAMODB_ENDPOINT": "http://127.0.0.1:4566", "AWS_PROFILE": "shop"}
        with open_store(environ) as store:
            assert store.environment == {}

    @pytest.mark.parametrize(
        ("endpoint", "here"),
        [
            ("http://127.0.0.1:8001", True),
            ("http://localhost:8001", True),
            ("http://[::1]:8001", True),
            ("http://store.example.com:8001", False),
            ("https://dynamodb.eu-west-1.amazonaws.com", False),
        ],
    )
    def test_only_loopback_counts_as_this_machine(self, endpoint: str, here: bool) -> None:
        with open_store({"DYNAMODB_ENDPOINT": endpoint}) as store:
            assert store.is_on_this_machine is here

    def test_endpoint_on_aws_gets_no_placeholder_credentials(self) -> None:
        environ = {"DYNAMODB_ENDPOINT": "https://dynamodb.eu-west-1.amazonaws.com"}
        with open_store(environ) as store:
            assert store.environment == {}

    @pytest.mark.parametrize(
        "name", ["AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI"]
    )
    @pytest.mark.parametrize("region", ["AWS_REGION", "AWS_DEFAULT_REGION"])
    def test_credentials_with_a_region_replace_the_engine(
        self, tmp_path: Path, name: str, region: str
    ) -> None:
        environ = {"DATA_DIR": str(tmp_path), name: "something", region: "eu-west-1"}
        with open_store(environ) as store:
            assert store.engine is None
            assert store.environment["AWS_REGION"] == "eu-west-1"
        assert list(tmp_path.iterdir()) == []

    def test_credentials_without_a_region_are_refused(self) -> None:
        with (
            pytest.raises(StoreSetupError, match="no region: set AWS_REGION"),
            open_store({"AWS_PROFILE": "shop"}),
        ):
            pass

    def test_engine_is_reached_past_a_proxy(self, tmp_path: Path) -> None:
        environ = {"DATA_DIR": str(tmp_path), "no_proxy": "intranet.example.com"}
        with open_store(environ) as store:
            assert store.engine is not None
            assert store.environment["DYNAMODB_ENDPOINT"] == store.engine.endpoint
            assert store.environment["NO_PROXY"] == "intranet.example.com,127.0.0.1"
        assert not store.engine.running

    def test_command_shares_the_engine_of_the_server(self, tmp_path: Path) -> None:
        environ = {"DATA_DIR": str(tmp_path)}
        with open_store(environ) as server:
            assert server.engine is not None
            with open_store(environ, share=True) as command:
                assert command.environment["DYNAMODB_ENDPOINT"] == server.engine.endpoint
            assert server.engine.running
            with pytest.raises(EngineLocked), open_store(environ):
                pass


class TestManagementCommands:
    @pytest.fixture
    def environ(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
        ours = {"DATA_DIR": str(tmp_path / "var")}
        monkeypatch.setattr(os, "environ", ours)
        return ours

    def test_get_an_engine_for_as_long_as_they_run(self, environ: dict[str, str]) -> None:
        with store_for_command(["manage.py", "import_products", "products.csv"]):
            holder = holder_of(data_path(environ))
            assert holder is not None
            assert environ["DYNAMODB_ENDPOINT"] == holder.endpoint
        assert not is_locked(data_path(environ))

    @pytest.mark.parametrize("arguments", [["check"], ["collectstatic"], ["--version"], []])
    def test_that_need_no_store_start_none(
        self, environ: dict[str, str], arguments: list[str]
    ) -> None:
        with store_for_command(["manage.py", *arguments]):
            assert "DYNAMODB_ENDPOINT" not in environ
        assert not data_path(environ).exists()

    def test_end_with_one_sentence_when_the_data_is_damaged(self, environ: dict[str, str]) -> None:
        data_path(environ).parent.mkdir(parents=True)
        data_path(environ).write_bytes(b"not a database" * 100)
        with (
            pytest.raises(SystemExit, match="is damaged"),
            store_for_command(["manage.py", "create_tables"]),
        ):
            pass


@contextmanager
def server(environ: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Started and answering. Ends it by force when the test did not."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "config.serve"],
            cwd=ROOT,
            env=dict(environ),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + READY_SECONDS
        while "Backroom is open at" not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(15)


def processes_of(environ: Mapping[str, str]) -> set[int]:
    """Everything that still runs with this data folder in its environment or its arguments."""
    sign = environ["DATA_DIR"].encode()
    found = set()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal() or int(entry.name) == os.getpid():
            continue
        try:
            said = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if sign in said:
            found.add(int(entry.name))
    return found


def command_of(process: int) -> bytes:
    return Path(f"/proc/{process}/cmdline").read_bytes()


def wait_until_none_is_left(environ: Mapping[str, str], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while processes_of(environ) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert processes_of(environ) == set()


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks at /proc")
class TestServing:
    def test_opens_answers_and_stops_cleanly_on_ctrl_c_twice_in_a_row(self, tmp_path: Path) -> None:
        environ = environment(tmp_path / "data", PORT=str(free_port()))
        for log in (tmp_path / "first", tmp_path / "second"):
            with server(environ, log) as process:
                url = f"http://127.0.0.1:{environ['PORT']}/"
                assert f"Backroom is open at {url}" in log.read_text()
                assert "owner@example.com" in log.read_text()
                with urllib.request.urlopen(url, timeout=10) as answer:
                    assert answer.status == 200
                assert place_of_server(environ) == url.rstrip("/")
                assert len(processes_of(environ)) >= 5
                assert any(b"background" in command_of(number) for number in processes_of(environ))
                stopped_at = time.monotonic()
                process.send_signal(signal.SIGINT)
                assert process.wait(10) == 0, log.read_text()
                assert time.monotonic() - stopped_at < 5
            assert log.read_text().endswith("Stopped.\n")
            assert processes_of(environ) == set()
            assert not is_locked(data_path(environ))

    def test_sigterm_during_start_stops_cleanly(self, tmp_path: Path) -> None:
        environ = environment(tmp_path / "data", PORT=str(free_port()))
        process = subprocess.Popen(
            [sys.executable, "-m", "config.serve"],
            cwd=ROOT,
            env=environ,
            stdout=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 20
        while holder_of(data_path(environ)) is None and time.monotonic() < deadline:
            time.sleep(0.02)
        process.terminate()
        assert process.wait(10) == 0
        wait_until_none_is_left(environ, 0)

    @pytest.mark.skipif(sys.platform != "linux", reason="parent death signals are Linux's")
    def test_kill_leaves_nothing_behind_and_an_engine_that_ends_stops_the_server(
        self, tmp_path: Path
    ) -> None:
        environ = environment(tmp_path / "data", PORT=str(free_port()))
        with server(environ, tmp_path / "killed") as process:
            process.kill()
            process.wait()
        wait_until_none_is_left(environ, 8)
        log = tmp_path / "log"
        with server(environ, log) as process:
            holder = holder_of(data_path(environ))
            assert holder is not None
            os.kill(holder.engine_pid, signal.SIGKILL)
            assert process.wait(10) == 1
        assert "The local engine ended unexpectedly (signal 9)." in log.read_text()
        wait_until_none_is_left(environ, 0)
