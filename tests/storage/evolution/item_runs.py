"""Fixtures of item operations that run into trouble: a table, its items, and a job that began."""

from __future__ import annotations

import pytest

from storage.evolution.items import run as running
from storage.evolution.items.checkpoints import claim
from storage.migrations import TransformItems
from tests.storage.evolution.gadgets import TABLE, count_up, gadget, make_table, new_job, put

ITEMS = 500
WRITE = "TransactWriteItems"
COUNT_UP = TransformItems(TABLE, count_up)


@pytest.fixture
def quick(evolving: str, monkeypatch: pytest.MonkeyPatch) -> None:
    make_table()
    monkeypatch.setattr(running, "FIRST_PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(running, "LONGEST_PAUSE_SECONDS", 0.01)


@pytest.fixture
def job() -> str:
    """Begun, so that the next transaction is one of items."""
    name = new_job()
    claim(name, "token", lambda: 1)
    return name


@pytest.fixture
def gadgets() -> None:
    put(*(gadget(number, count=0) for number in range(ITEMS)))
