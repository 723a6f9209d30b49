from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks import migration_torture
from storage.client import call
from storage.configuration import table_name

ITEMS, KILLS = 8_000, 8


@pytest.fixture
def counters(store: None) -> Iterator[None]:
    migration_torture.prepare(0, ITEMS)
    yield
    call("DeleteTable", {"TableName": table_name(migration_torture.TABLE)})


@pytest.mark.slow
@pytest.mark.usefixtures("counters")
@pytest.mark.parametrize("segments", [1, 4])
def test_an_operation_that_is_killed_changes_each_item_once_and_loses_no_write(
    segments: int,
) -> None:
    """`python -m benchmarks.migration_torture` is the same with a million items."""
    result = migration_torture.torture(ITEMS, KILLS, seed=7, segments=segments)
    assert result.kills == KILLS
    assert result.writer.writes > 100
    assert result.last["seen"] > ITEMS // 2
