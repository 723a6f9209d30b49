from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage import scanning
from tests.storage.archive.samples import make_tables, small_archive, store_of_its_own
from tests.storage.archive.things import shop as shop
from tests.storage.evolution.conftest import project as project


@pytest.fixture
def own_store() -> Iterator[None]:
    """An engine of this test's own, without any table; names begin with `original-`."""
    with store_of_its_own():
        yield


@pytest.fixture
def sample_tables(own_store: None) -> None:
    """The tables of the samples, without items."""
    make_tables()


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small archive, to be read only."""
    return small_archive(tmp_path_factory.mktemp("pristine") / "archive")


@pytest.fixture
def archive(pristine: Path, tmp_path: Path) -> Path:
    """A copy of it, to be altered."""
    return Path(shutil.copytree(pristine, tmp_path / "archive"))


@pytest.fixture
def as_any_other_store(monkeypatch: pytest.MonkeyPatch) -> None:
    """The embedded engine is not recognised, and so written to as AWS is."""
    monkeypatch.setattr(scanning, "ENGINE_HEADER", "x-no-such-header")


@pytest.fixture(params=["transactions", "batches"])
def any_way_of_writing(request: pytest.FixtureRequest) -> None:
    """As to the embedded engine, and as to any other store."""
    if request.param == "batches":
        request.getfixturevalue("as_any_other_store")
