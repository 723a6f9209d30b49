"""Loaded with `-p` before Django's settings: one engine of its own for each pytest worker."""

from __future__ import annotations

import atexit
import json
import os
from collections.abc import Iterator
from typing import Any

import pytest


def _is_worker(config: pytest.Config) -> bool:
    """The controller of a distributed run collects results only and needs no engine."""
    distributed = bool(getattr(config.option, "numprocesses", None) or config.getoption("tx", None))
    return hasattr(config, "workerinput") or not distributed


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    os.environ.update(
        STAGE="test",
        SECRET_KEY="secret-key-for-tests-only-that-protects-nothing-at-all-and-is-long-enough",
        ACCESS_TOKEN_SECRET="token-secret-for-tests-only-that-protects-nothing-at-all-and-is-long-enough",
        SECOND_FACTOR_SECRET="factor-secret-for-tests-only-that-protects-nothing-at-all-and-is-long-enough",
        CURSOR_SECRET="cursor-secret-for-tests-only-that-protects-nothing-at-all-and-is-long-enough",
        TABLE_PREFIX="test-",
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
        AWS_REGION="eu-west-1",
        AWS_EC2_METADATA_DISABLED="true",
    )
    # Settings are read now, in the controller as well; a port where nothing listens is right there.
    os.environ["DYNAMODB_ENDPOINT"] = "http://127.0.0.1:9"


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    if not _is_worker(config) or config.option.collectonly:
        return
    from storage.configuration import configuration, configure
    from storage.engine import Engine

    engine = Engine.start(None)
    atexit.register(engine.stop)
    os.environ["DYNAMODB_ENDPOINT"] = engine.endpoint
    from dataclasses import replace

    configure(replace(configuration(), endpoint=engine.endpoint))
    config.stash[ENGINE] = engine


ENGINE: pytest.StashKey[Any] = pytest.StashKey()


@pytest.fixture(scope="session")
def engine(pytestconfig: pytest.Config) -> Any:
    """The in-memory engine of this worker."""
    return pytestconfig.stash[ENGINE]


class Written:
    """Which tables were written to since the last look, told by the client's own events."""

    def __init__(self) -> None:
        self._watched: Any = None
        self._names: set[str] = set()

    def watch(self) -> None:
        from storage.client import shared_client

        if self._watched is not shared_client():
            self._watched = shared_client()
            self._watched.meta.events.register("before-call.dynamodb", self._note)
            self._watched.meta.events.register("before-call.dynamodb.Query", _require_limit)

    def take(self) -> set[str]:
        """Logical names; every table when the client was replaced in the meantime."""
        from storage.client import shared_client
        from storage.table import registered_tables

        names, self._names = self._names, set()
        if self._watched is not shared_client():
            return {table.logical_name() for table in registered_tables()}
        return names

    def _note(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        from storage.table import registered_tables

        if model.name not in WRITES:
            return
        body = params["body"]
        text = body.decode() if isinstance(body, bytes) else body
        self._names.update(
            table.logical_name()
            for table in registered_tables()
            if f'"{table.physical_name()}"' in text
        )


def _require_limit(params: dict[str, Any], **_: Any) -> None:
    body = json.loads(params["body"])
    assert "Limit" in body, f"a query of {body['TableName']} without a limit"


@pytest.fixture(scope="session")
def tables(engine: Any) -> Written:
    """All tables, made once per worker."""
    from storage.schema import create_tables

    create_tables()
    return Written()


@pytest.fixture
def store(tables: Written) -> Iterator[None]:
    """An empty store. Tables that the test wrote to are made anew after it."""
    from storage.client import call
    from storage.schema import create_tables
    from storage.table import registered_tables

    tables.watch()
    yield
    written = tables.take()
    stale = [table for table in registered_tables() if table.logical_name() in written]
    for table in stale:
        call("DeleteTable", {"TableName": table.physical_name()})
    create_tables(stale)


WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"})
