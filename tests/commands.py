"""Management commands: in this process, or as a child that can be killed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command

from tests.plugin import Written

ROOT = Path(__file__).resolve().parents[1]


def run(name: str, *arguments: object, **options: Any) -> str:
    """What it said, on both streams."""
    out = StringIO()
    call_command(name, *map(str, arguments), stdout=out, stderr=out, **options)
    return out.getvalue()


def manage(*arguments: object, **environ: str) -> subprocess.Popen[str]:
    Written.by_others = True
    return subprocess.Popen(
        [sys.executable, ROOT / "manage.py", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
        env={**environment(), **environ},
    )


def environment() -> dict[str, str]:
    """The settings of this test process, which a child does not inherit from its plugin alone."""
    secret = "of-a-child-of-the-tests-that-is-long-enough-to-be-accepted"
    secrets = ("SECRET_KEY", "ACCESS_TOKEN_SECRET", "CURSOR_SECRET", "SECOND_FACTOR_SECRET")
    return {**dict.fromkeys(secrets, secret), **os.environ, "STAGE": "local"}


def wait_for_change(path: Path) -> None:
    """Until a file, such as a checkpoint, says something new."""
    before = path.read_bytes() if path.exists() else b""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if path.exists() and path.read_bytes() != before:
            return
        time.sleep(0.01)
    raise AssertionError("no progress")
