from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from storage.client import call
from storage.configuration import configuration
from storage.evolution.operation import Options, SilentReporter, Work
from storage.evolution.state import State
from tests.storage.evolution import deeds, shops
from tests.storage.evolution.projects import Project

PREFIX = "evolving-"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    monkeypatch.syspath_prepend(str(tmp_path))
    made = Project(tmp_path)
    deeds.done.clear()
    deeds.failing.clear()
    yield made
    made.forget()
    assert not [name for name in sys.modules if name.partition(".")[0] in made.apps]


@pytest.fixture
def evolving(store: Any) -> Iterator[str]:
    """The beginning of logical names of tables that are deleted after the test."""
    yield PREFIX
    names = call("ListTables", {})["TableNames"]
    for name in names:
        if name.startswith(configuration().table_prefix + PREFIX):
            call("DeleteTable", {"TableName": name})


@pytest.fixture
def shop(project: Project, evolving: str) -> Project:
    """As `tests.storage.evolution.shops` fills it."""
    shops.fill(project)
    return project


def work(before: State, after: State, **changes: Any) -> Work:
    """As the executor would give it to an operation that runs alone."""
    arguments: dict[str, Any] = {
        "app": "shop",
        "before": before,
        "after": after,
        "job": "shop.0001/test/000",
        "token": "token",
        "options": Options(),
        "reporter": SilentReporter(),
        "still_ours": lambda: None,
        "leased": False,
        **changes,
    }
    return Work(**arguments)
