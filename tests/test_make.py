"""The cheap parts of the Makefile: the list, the sentences for what is missing, and reset."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from storage.engine import Engine

ROOT = Path(__file__).resolve().parents[1]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def make(
    *arguments: str, environ: Mapping[str, str] | None = None, typed: str = ""
) -> subprocess.CompletedProcess[str]:
    # Not under the make that runs these tests: its flags would be inherited.
    clean = {k: v for k, v in os.environ.items() if k not in {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}}
    return subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=ROOT,
        env={**clean, **(environ or {})},
        input=typed,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def own_words(result: subprocess.CompletedProcess[str]) -> list[str]:
    return [line for line in result.stderr.splitlines() if not line.startswith("make")]


def program(folder: Path, name: str, script: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_help_lists_every_documented_target() -> None:
    documented = re.findall(r"^([a-z]+):.*## ", MAKEFILE, re.MULTILINE)
    listed = re.findall(r"^  make (\w+) +\S", make("help").stdout, re.MULTILINE)
    assert listed == documented
    assert {"run", "test", "dev", "fmt", "lint", "bench", "reset"} <= set(listed)


def test_help_is_the_default() -> None:
    assert make().stdout == make("help").stdout


def test_ci_runs_make_test() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert script.read_text().rstrip().endswith("make test")


def test_missing_python_is_one_sentence() -> None:
    result = make("need-python", "PYTHON=/nowhere/python3")
    assert result.returncode != 0
    assert len(own_words(result)) == 1
    assert "needs Python 3.11 or newer, and there is no /nowhere/python3" in result.stderr


def test_old_python_is_one_sentence(tmp_path: Path) -> None:
    old = program(tmp_path, "python3", '[ "$1" = -V ] && echo Python 3.9.2 && exit 0; exit 1')
    result = make("need-python", f"PYTHON={old}")
    assert result.returncode != 0
    assert len(own_words(result)) == 1
    assert "is Python 3.9.2" in result.stderr


def test_this_python_is_taken() -> None:
    assert make("need-python", f"PYTHON={sys.executable}").returncode == 0


@pytest.fixture
def without_node(tmp_path: Path) -> dict[str, str]:
    """A PATH with a shell and make in it, and no Node."""
    for name in ("sh", "make", "find", "test", "rm"):
        found = next(
            (p for p in (Path("/bin") / name, Path("/usr/bin") / name) if p.exists()), None
        )
        if found:
            (tmp_path / name).symlink_to(found)
    return {"PATH": str(tmp_path)}


def test_missing_node_is_one_sentence(without_node: dict[str, str]) -> None:
    result = make("need-node", environ=without_node)
    assert result.returncode != 0
    assert own_words(result) == [
        "Backroom needs Node 18 or newer with npm: install it and run this again."
    ]


def test_old_node_is_one_sentence(tmp_path: Path, without_node: dict[str, str]) -> None:
    program(tmp_path, "node", '[ "$1" = --version ] && echo v16.1.0 && exit 0; exit 1')
    program(tmp_path, "npm", "exit 0")
    result = make("need-node", environ=without_node)
    assert result.returncode != 0
    assert len(own_words(result)) == 1
    assert "node is v16.1.0" in result.stderr


def test_locks_carry_hashes_and_no_addresses() -> None:
    for name in ("requirements.txt", "requirements-sql.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "://" not in text
        assert "--index-url" not in text
        for block in re.split(r"\n(?=\S)", text):
            assert "==" not in block or "--hash=sha256:" in block
    npm = (ROOT / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in npm
    assert "://" not in npm


class TestReset:
    @pytest.fixture
    def data(self, tmp_path: Path) -> Path:
        folder = tmp_path / "var"
        with Engine.start(folder / "dynamodb" / "backroom.db"):
            pass
        return folder

    def reset(self, data: Path, typed: str) -> subprocess.CompletedProcess[str]:
        return make(
            "reset", f"PYTHON={sys.executable}", environ={"DATA_DIR": str(data)}, typed=typed
        )

    def test_yes_deletes_the_data(self, data: Path) -> None:
        result = self.reset(data, "yes\n")
        assert result.returncode == 0
        assert not (data / "dynamodb").exists()

    def test_other_files_in_a_folder_that_was_named_stay(self, data: Path) -> None:
        (data / "letter.txt").write_text("keep me")
        self.reset(data, "yes\n")
        assert [path.name for path in data.iterdir()] == ["letter.txt"]

    @pytest.mark.parametrize("typed", ["", "\n", "no\n", "y\n"])
    def test_anything_else_keeps_it(self, data: Path, typed: str) -> None:
        result = self.reset(data, typed)
        assert result.returncode == 0
        assert "Nothing was deleted." in result.stdout
        assert (data / "dynamodb" / "backroom.db").exists()

    def test_is_refused_while_the_data_is_in_use(self, data: Path) -> None:
        with Engine.start(data / "dynamodb" / "backroom.db"):
            result = self.reset(data, "yes\n")
        assert result.returncode != 0
        assert "is in use: stop the server first" in result.stderr
        assert (data / "dynamodb" / "backroom.db").exists()

    def test_without_data_there_is_nothing_to_do(self, tmp_path: Path) -> None:
        result = self.reset(tmp_path / "var", "")
        assert result.returncode == 0
        assert "There is no local data." in result.stdout
