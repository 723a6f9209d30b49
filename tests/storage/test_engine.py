"""The embedded engine: start, stop, the lock on the data, and what it refuses to open."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from storage import engine as engine_module
from storage.engine import Engine, packaged_binary
from storage.engine_lock import holder_of, is_locked, lock_path
from storage.engine_probe import DataState, marker_path, probe
from storage.errors import EngineDamaged, EngineError, EngineLocked, EngineMissing
from tests.storage.raw_client import create_table, get, put, raw_client

ROOT = Path(__file__).resolve().parents[2]

HOLD = """
import sys, time
from pathlib import Path
from storage.engine import Engine
engine = Engine.start(Path(sys.argv[1]))
print(engine.pid, engine.endpoint, flush=True)
time.sleep(60)
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "dynamodb" / "backroom.db"


def good_file(data: Path, *, clean: bool = True) -> None:
    """A data file with one item; without a clean end it has a write-ahead log beside it."""
    with Engine.start(data) as engine:
        client = raw_client(engine.endpoint)
        create_table(client, "things")
        put(client, "things", "first", "1")
        if not clean:
            os.kill(engine.pid, signal.SIGKILL)


def contents(data: Path) -> dict[str, bytes]:
    """Everything beside the data except what SQLite and the lock keep for the moment."""
    return {
        path.name: path.read_bytes()
        for path in data.parent.iterdir()
        if not path.name.endswith(("-shm", ".lock"))
    }


def gone(pid: int, *, within: float = 3.0) -> bool:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.01)
    return False


def test_answers_on_loopback_only_and_ends_on_stop() -> None:
    engine = Engine.start()
    assert engine.running
    assert engine.endpoint.startswith("http://127.0.0.1:")
    host = engine.endpoint.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=2)
    connection.request("GET", "/")
    assert connection.getresponse().status == 200
    connection.close()

    engine.stop()
    engine.stop()

    assert gone(engine.pid)


def test_engines_in_memory_are_separate() -> None:
    with Engine.start() as one, Engine.start() as two:
        create_table(raw_client(one.endpoint), "only-here")
        assert raw_client(two.endpoint).list_tables()["TableNames"] == []


def test_data_survives_a_clean_stop(data: Path) -> None:
    good_file(data)
    with Engine.start(data) as engine:
        assert get(raw_client(engine.endpoint), "things", "first") == "1"


def test_data_survives_a_killed_engine(data: Path) -> None:
    good_file(data, clean=False)
    assert data.with_name("backroom.db-wal").stat().st_size > 0
    with Engine.start(data) as engine:
        assert get(raw_client(engine.endpoint), "things", "first") == "1"


def test_data_is_readable_for_its_owner_only(data: Path) -> None:
    with Engine.start(data):
        modes = {path.name: path.stat().st_mode & 0o077 for path in data.parent.iterdir()}
    assert data.parent.stat().st_mode & 0o077 == 0
    assert modes["backroom.db"] == modes["backroom.db.lock"] == 0


def test_port_race_is_retried(monkeypatch: pytest.MonkeyPatch) -> None:
    with Engine.start() as first:
        taken = int(first.endpoint.rpartition(":")[2])
        free = engine_module._free_port
        ports = iter([taken, taken])
        monkeypatch.setattr(engine_module, "_free_port", lambda: next(ports, None) or free())
        with Engine.start() as second:
            assert second.endpoint != first.endpoint
            assert second.running


class TestLock:
    def test_second_process_is_told_who_holds_the_data(self, data: Path) -> None:
        with subprocess.Popen(
            [sys.executable, "-c", HOLD, str(data)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        ) as first:
            assert first.stdout is not None
            endpoint = first.stdout.readline().split()[1]
            with pytest.raises(EngineLocked) as refused:
                Engine.start(data)
            assert f"process {first.pid} since" in str(refused.value)
            assert f"DYNAMODB_ENDPOINT={endpoint}" in str(refused.value)
            holder = holder_of(data)
            assert holder is not None
            assert holder.endpoint == endpoint
            first.terminate()
        with Engine.start(data) as engine:
            assert engine.running

    def test_other_data_is_not_locked(self, data: Path) -> None:
        with Engine.start(data), Engine.start(data.with_name("other.db")) as other:
            assert other.running

    def test_stop_gives_the_data_free(self, data: Path) -> None:
        engine = Engine.start(data)
        assert is_locked(data)
        engine.stop()
        assert not is_locked(data)
        assert holder_of(data) is None

    def test_refused_start_gives_the_data_free(self, data: Path) -> None:
        data.parent.mkdir()
        data.write_text("not a database, but long enough to look at")
        with pytest.raises(EngineDamaged):
            Engine.start(data)
        assert not is_locked(data)

    @pytest.mark.skipif(sys.platform != "linux", reason="parent death signals are Linux's")
    def test_killed_parent_takes_the_engine_along(self, data: Path) -> None:
        with subprocess.Popen(
            [sys.executable, "-c", HOLD, str(data)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        ) as first:
            assert first.stdout is not None
            engine_pid, endpoint = first.stdout.readline().split()
            client = raw_client(endpoint)
            create_table(client, "things")
            put(client, "things", "first", "1")
            first.kill()
        with Engine.start(data) as engine:  # at once: waits until the old engine let go
            assert get(raw_client(engine.endpoint), "things", "first") == "1"
        assert gone(int(engine_pid))

    def test_orphaned_engine_is_named(self, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("storage.engine_lock.ORPHAN_SECONDS", 0.1)
        with Engine.start(data) as engine:
            record = json.loads(lock_path(data).read_text())
            nobody = 2**22 + 1  # above Linux's highest process id
            lock_path(data).write_text(json.dumps({**record, "pid": nobody}))
            with pytest.raises(EngineLocked, match=f"kill {engine.pid}"):
                Engine.start(data)

    def test_child_keeps_the_lock_while_it_lives(self, data: Path) -> None:
        with Engine.start(data) as engine:
            descriptors = Path(f"/proc/{engine.pid}/fd")
            if not descriptors.exists():
                pytest.skip("no /proc here")
            targets = {str(entry.readlink()) for entry in descriptors.iterdir()}
        assert str(lock_path(data)) in targets


def overwritten_header(data: Path) -> None:
    with data.open("r+b") as stream:
        stream.write(b"oops" * 8)


def overwritten_pages(data: Path) -> None:
    size = data.stat().st_size
    with data.open("r+b") as stream:
        stream.seek(4096)
        stream.write(b"\xa5" * (size - 4096))


def cut_in_half(data: Path) -> None:
    os.truncate(data, data.stat().st_size // 2)


def cut_in_a_page(data: Path) -> None:
    os.truncate(data, data.stat().st_size - 100)


def cut_after_the_header(data: Path) -> None:
    os.truncate(data, 100)


def emptied(data: Path) -> None:
    os.truncate(data, 0)


def removed(data: Path) -> None:
    data.unlink()


def replaced_by_text(data: Path) -> None:
    data.write_text("something else altogether\n" * 400)


def replaced_by_an_empty_database(data: Path) -> None:
    data.unlink()
    connection = sqlite3.connect(data)
    connection.execute("CREATE TABLE unrelated (id INTEGER)")
    connection.commit()
    connection.close()


class TestDamage:
    @pytest.mark.parametrize(
        "damage",
        [
            overwritten_header,
            overwritten_pages,
            cut_in_half,
            cut_in_a_page,
            cut_after_the_header,
            emptied,
            removed,
            replaced_by_text,
            replaced_by_an_empty_database,
        ],
    )
    def test_is_refused_and_left_as_it_is(self, data: Path, damage: Callable[[Path], None]) -> None:
        good_file(data)
        damage(data)
        before = contents(data)
        with pytest.raises(EngineDamaged) as refused:
            Engine.start(data)
        message = str(refused.value)
        assert str(data) in message
        assert "restore a backup" in message
        assert "make reset" in message
        assert "\n" not in message
        assert contents(data) == before

    @pytest.mark.parametrize("damage", [emptied, removed])
    def test_log_without_its_file_is_refused_even_without_the_marker(
        self, data: Path, damage: Callable[[Path], None]
    ) -> None:
        good_file(data, clean=False)
        marker_path(data).unlink()
        damage(data)
        before = contents(data)
        with pytest.raises(EngineDamaged):
            Engine.start(data)
        assert contents(data) == before

    def test_database_of_another_program_is_refused(self, data: Path) -> None:
        data.parent.mkdir()
        data.touch()
        replaced_by_an_empty_database(data)
        before = contents(data)
        with pytest.raises(EngineDamaged, match="another program"):
            Engine.start(data)
        assert contents(data) == before

    def test_folder_in_its_place_is_refused(self, data: Path) -> None:
        data.mkdir(parents=True)
        with pytest.raises(EngineDamaged, match="cannot be read"):
            Engine.start(data)


class TestProbe:
    def test_no_file_is_new(self, data: Path) -> None:
        assert probe(data) is DataState.NEW

    def test_start_that_was_interrupted_before_the_first_table_is_new(self, data: Path) -> None:
        data.parent.mkdir()
        data.touch()
        assert probe(data) is DataState.NEW
        with Engine.start(data) as engine:
            assert engine.running

    @pytest.mark.parametrize("clean", [True, False])
    def test_used_file_is_good_and_the_look_changes_nothing(self, data: Path, clean: bool) -> None:
        good_file(data, clean=clean)
        before = contents(data)
        assert probe(data) is DataState.GOOD
        assert contents(data) == before

    def test_marker_keeps_its_first_date(self, data: Path) -> None:
        good_file(data)
        first = marker_path(data).read_bytes()
        with Engine.start(data):
            pass
        assert marker_path(data).read_bytes() == first

    def test_slow_check_is_given_up_as_passed(
        self, data: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with Engine.start(data) as engine:
            client = raw_client(engine.endpoint)
            create_table(client, "things")
            for number in range(200):
                put(client, "things", f"item-{number}", "x" * 2000)
        monkeypatch.setattr("storage.engine_probe.CHECK_SECONDS", -1.0)
        assert probe(data) is DataState.GOOD


class TestBinary:
    def test_platform_without_a_package_says_what_to_set(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("platform.machine", lambda: "riscv64")
        with pytest.raises(EngineMissing) as refused:
            Engine.start(tmp_path / "data.db")
        message = str(refused.value)
        assert f"{sys.platform}-riscv64" in message
        assert "DYNAMODB_ENDPOINT" in message
        assert "AWS credentials" in message
        assert message.count(".") == 1
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize(
        "machine, name", [("x86_64", "x64"), ("AMD64", "x64"), ("aarch64", "arm64")]
    )
    def test_package_is_named_as_npm_names_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, machine: str, name: str
    ) -> None:
        binary = tmp_path / f"{sys.platform}-{name}" / "dynoxide"
        binary.parent.mkdir()
        binary.touch()
        monkeypatch.setattr(engine_module, "_PACKAGES", tmp_path)
        monkeypatch.setattr("platform.machine", lambda: machine)
        assert packaged_binary() == binary

    def test_engine_that_ends_at_once_is_quoted(self, tmp_path: Path) -> None:
        binary = tmp_path / "dynoxide"
        binary.write_text("#!/bin/sh\necho first >&2\necho 'error: no such luck' >&2\nexit 3\n")
        binary.chmod(0o755)
        with pytest.raises(EngineError, match=r"ended at once: no such luck$"):
            Engine.start(tmp_path / "data.db", binary=binary)
        assert not is_locked(tmp_path / "data.db")

    def test_engine_that_never_answers_is_given_up_and_ended(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(engine_module, "START_SECONDS", 0.3)
        monkeypatch.setattr(engine_module, "STOP_SECONDS", 0.2)
        binary = tmp_path / "dynoxide"
        note = tmp_path / "pid"
        binary.write_text(
            f"#!/bin/sh\ntrap '' TERM\necho $$ > {note}\nwhile :; do /bin/sleep 0.1; done\n"
        )
        binary.chmod(0o755)
        with pytest.raises(EngineError, match=r"did not answer within 0\.3 seconds"):
            Engine.start(binary=binary)
        assert gone(int(note.read_text()))

    def test_file_that_cannot_run_is_one_sentence(self, tmp_path: Path) -> None:
        binary = shutil.copy(packaged_binary(), tmp_path / "dynoxide")
        Path(binary).chmod(0o600)
        with pytest.raises(EngineError, match="cannot run: Permission denied"):
            Engine.start(binary=Path(binary))
