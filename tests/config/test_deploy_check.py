"""The production environment as docs/settings.md gives it passes `check --deploy`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SETTINGS_DOC = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")


def documented_environment() -> dict[str, str]:
    [block] = re.findall(r"```sh\n(.*?)```", SETTINGS_DOC, re.S)
    return dict(line.split("=", 1) for line in block.splitlines() if "=" in line)


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error::UserWarning", "manage.py", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_check_deploy_is_clean() -> None:
    done = manage("check", "--deploy", "--fail-level", "WARNING", **documented_environment())
    assert done.returncode == 0, done.stderr
    assert "no issues (0 silenced)" in done.stdout


@pytest.mark.parametrize(
    "name",
    [
        *("SECRET_KEY", "ACCESS_TOKEN_SECRET", "CURSOR_SECRET", "SECOND_FACTOR_SECRET"),
        *("ALLOWED_HOSTS", "AWS_REGION"),
    ],
)
def test_production_does_not_start_without(name: str) -> None:
    environment = documented_environment()
    del environment[name]
    done = manage("check", **environment)
    assert done.returncode != 0
    assert f"{name} is missing" in done.stderr


def test_debug_is_refused_in_production() -> None:
    done = manage("check", **documented_environment(), DEBUG="true")
    assert "DEBUG must not be true" in done.stderr


def test_a_local_stage_needs_no_variables() -> None:
    done = manage("check")
    assert done.returncode == 0, done.stderr


def test_every_variable_is_documented_and_nothing_else() -> None:
    source = (ROOT / "config" / "settings.py").read_text(encoding="utf-8")
    read = set(re.findall(r'(?:env\.\w+|_secret)\(\s*"([A-Z_]+)"', source))
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", SETTINGS_DOC, re.M))
    assert read - documented == set()
    assert documented - read <= {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
