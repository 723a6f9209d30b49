from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from storage.configuration import configuration, configure
from storage.schema import create_tables
from tests.storage.things import ThingItem


@pytest.fixture(scope="session")
def things(tables: Any) -> None:
    """The table of `tests.storage.things` is there."""
    create_tables([ThingItem])


@pytest.fixture
def reconfigure() -> Iterator[Callable[..., None]]:
    """Changes the storage configuration until the end of the test."""
    original = configuration()

    def change(**changes: Any) -> None:
        configure(replace(configuration(), **changes))

    yield change
    configure(original)
