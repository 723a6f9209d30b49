"""An app whose models a test writes, and makemigrations in front of it."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from storage import table
from tests.storage.evolution.projects import Project

HEAD = """\
from pynamodb.attributes import *
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from storage.table import Table
"""


class Kiosk:
    """In a project of its own. What its models register is gone after the test."""

    def __init__(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = project.folder / "kiosk"
        self._project = project
        self._monkeypatch = monkeypatch
        self._tables = dict(table._registry), dict(table._kinds)
        self.folder.mkdir()
        (self.folder / "__init__.py").touch()
        project.apps.append("kiosk")

    def models(self, text: str) -> None:
        (self.folder / "tables.py").write_text(HEAD + text, encoding="utf-8")
        self.forget()

    def forget(self) -> None:
        """Nothing is registered until the models are imported again."""
        self._project.forget()
        registry, kinds = self._tables
        self._monkeypatch.setattr(table, "_registry", dict(registry))
        self._monkeypatch.setattr(table, "_kinds", dict(kinds))

    def write(self, label: str, operations: str, *builds_on: str) -> None:
        self._project.write(f"kiosk.{label}", operations, builds_on=builds_on)

    def files(self) -> list[str]:
        return sorted(path.stem for path in self.folder.glob("migrations/[0-9]*.py"))

    def text(self, name: str) -> str:
        return (self.folder / "migrations" / f"{name}.py").read_text(encoding="utf-8")

    def run(self, *arguments: str, typed: str = "", **options: Any) -> str:
        """What was shown; `typed` are the lines that the person types."""
        out = io.StringIO()
        self._project.forget()
        self._monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        call_command("makemigrations", *arguments, stdout=out, stderr=out, **options)
        return out.getvalue()

    def fails(self, *arguments: str, typed: str = "") -> tuple[int, str]:
        """Exit code and message."""
        with pytest.raises((CommandError, SystemExit)) as ended:
            self.run(*arguments, typed=typed)
        error = ended.value
        if isinstance(error, CommandError):
            return error.returncode, str(error)
        assert isinstance(error, SystemExit)
        return int(error.code or 0), ""
