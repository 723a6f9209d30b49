"""Loaded with `-p` before Django's settings: one engine of its own for each pytest worker."""

from __future__ import annotations

import atexit
import gc
import json
import os
from collections.abc import Iterator
from functools import cache
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


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end: no use looking through it again and again
    for what nobody needs any more."""
    gc.collect()
    gc.freeze()


ENGINE: pytest.StashKey[Any] = pytest.StashKey()


@pytest.fixture(scope="session")
def engine(pytestconfig: pytest.Config) -> Any:
    """The in-memory engine of this worker."""
    return pytestconfig.stash[ENGINE]


class Written:
    """Which tables were written to or altered since the last look, told by the client's own
    events."""

    by_others = False
    """Whether a child of this process may have written as well."""

    def __init__(self) -> None:
        self._watched: Any = None
        self._written: set[str] = set()
        self._altered: set[str] = set()

    def watch(self) -> None:
        from storage.client import shared_client

        if self._watched is not shared_client():
            self._watched = shared_client()
            self._watched.meta.events.register("before-call.dynamodb", self._note)
            self._watched.meta.events.register("before-call.dynamodb.Query", _require_limit)

    def take(self) -> tuple[set[str], set[str]]:
        """Logical names: written to, altered. All are altered when the client was replaced in the
        meantime."""
        from storage.client import shared_client
        from storage.table import registered_tables

        written, altered = self._written, self._altered
        self._written, self._altered = set(), set()
        every = {table.logical_name() for table in registered_tables()}
        if self._watched is not shared_client():
            return set(), every
        if Written.by_others:
            Written.by_others = False
            return every, altered
        return written, altered

    def _note(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        from storage.table import registered_tables

        if model.name in READS:
            return
        body = params["body"]
        text = body.decode() if isinstance(body, bytes) else body
        names = self._written if model.name in WRITES else self._altered
        names.update(
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
    """An empty store. Tables that the test wrote to are emptied after it, or made anew."""
    from storage.client import call
    from storage.schema import create_tables
    from storage.table import registered_tables

    tables.watch()
    yield
    written, altered = tables.take()
    known = {table.logical_name(): table for table in registered_tables()}
    # A test may have had tables of its own.
    written, altered = written & known.keys(), altered & known.keys()
    names = {known[name].physical_name(): name for name in sorted(written - altered)}
    altered |= {names[name] for name in _not_emptied(list(names))}
    stale = [known[name] for name in altered]
    for table in stale:
        call("DeleteTable", {"TableName": table.physical_name()})
    create_tables(stale)
    tables.take()


def _not_emptied(names: list[str]) -> set[str]:
    """A table is rid of few items sooner than it is made anew; of many it is not, and is left as
    it is. Returns those."""
    from storage.client import call

    requests: list[tuple[str, dict[str, Any]]] = []
    full = set()
    for name in names:
        scanned = call("Scan", {"TableName": name, "Limit": FEW + 1})
        found = scanned["Items"]
        if len(found) > FEW or "LastEvaluatedKey" in scanned:
            full.add(name)
            continue
        keys = _keys_of(name) if found else []
        requests += [
            (name, {"DeleteRequest": {"Key": {key: item[key] for key in keys}}}) for item in found
        ]
    for start in range(0, len(requests), AT_ONCE):
        batch: dict[str, list[Any]] = {}
        for name, request in requests[start : start + AT_ONCE]:
            batch.setdefault(name, []).append(request)
        full |= call("BatchWriteItem", {"RequestItems": batch})["UnprocessedItems"].keys()
    return full


@cache
def _keys_of(name: str) -> list[str]:
    from storage.client import call

    schema = call("DescribeTable", {"TableName": name})["Table"]["KeySchema"]
    return [key["AttributeName"] for key in schema]


FEW = 50
AT_ONCE = 25  # what one BatchWriteItem takes
READS = frozenset(
    {
        "BatchGetItem",
        "DescribeTable",
        "DescribeTimeToLive",
        "GetItem",
        "ListTables",
        "Query",
        "Scan",
        "TransactGetItems",
    }
)
WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"})
