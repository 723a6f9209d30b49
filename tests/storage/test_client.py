from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from storage.audit import AuditItem
from storage.client import call, shared_client
from storage.configuration import StorageConfiguration, configuration
from storage.ephemeral import EphemeralItem
from storage.errors import StoreUnavailable
from storage.table import registered_tables
from storage.transactions import Transaction
from tests.storage.faults import FaultyServer, attempts, injected, raw_answer, refusal
from tests.storage.things import ThingItem, fresh, names_in

ROOT = Path(__file__).parents[2]

COUNT_CLIENTS = """
import gc
import importlib
from pathlib import Path

import botocore.client
import django

django.setup()
for path in sorted(Path().glob("*/tables.py")):
    importlib.import_module(f"{path.parent.name}.tables")
import storage.audit, storage.ephemeral
from storage.table import registered_tables

def clients():
    return sum(isinstance(thing, botocore.client.BaseClient) for thing in gc.get_objects())

imported = clients()
used = [table._get_connection().connection.client for table in registered_tables()]
print(len(used), imported, clients())
"""


def upstream() -> tuple[str, int]:
    address = urlsplit(configuration().endpoint or "")
    assert address.hostname
    assert address.port
    return address.hostname, address.port


def within(seconds: float, work: Callable[[], Any]) -> float:
    started = time.monotonic()
    with pytest.raises(StoreUnavailable):
        work()
    elapsed = time.monotonic() - started
    assert elapsed < seconds
    return elapsed


def read_something() -> None:
    ThingItem.find(fresh(), "name")


class TestOneClient:
    def test_every_table_uses_the_same_client(self, tables: Any) -> None:
        clients = {id(table._get_connection().connection.client) for table in registered_tables()}
        assert clients == {id(shared_client())}

    def test_importing_all_models_makes_no_client_and_using_them_makes_one(self) -> None:
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DYNAMODB_ENDPOINT": "http://127.0.0.1:9",
        }
        answer = subprocess.run(
            [sys.executable, "-c", COUNT_CLIENTS],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        tables, imported, used = map(int, answer.stdout.split())
        assert tables > 3
        assert (imported, used) == (0, 1)

    def test_simultaneous_first_uses_share_one_client(
        self, reconfigure: Callable[..., None]
    ) -> None:
        reconfigure(max_pool_connections=5)
        seen: list[Any] = []
        threads = [threading.Thread(target=lambda: seen.append(shared_client())) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(seen) == 8
        assert len(set(map(id, seen))) == 1

    def test_a_new_configuration_makes_a_new_client(self, reconfigure: Callable[..., None]) -> None:
        before = shared_client()
        reconfigure(region="eu-north-1")
        assert shared_client() is not before
        assert shared_client().meta.region_name == "eu-north-1"
        assert AuditItem._get_connection().connection.client is shared_client()

    def test_it_gives_up_sooner_than_a_front_door_does(self) -> None:
        defaults = StorageConfiguration()
        assert (defaults.connect_timeout_seconds, defaults.read_timeout_seconds) == (1, 3)
        config = shared_client().meta.config
        assert (config.connect_timeout, config.read_timeout) == (1, 3)
        assert config.retries["mode"] == "standard"
        assert config.retries["total_max_attempts"] == 3


class TestCredentials:
    @pytest.fixture(autouse=True)
    def without_any(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))

    def test_an_endpoint_works_without_any(
        self,
        things: None,
        reconfigure: Callable[..., None],
    ) -> None:
        reconfigure()
        assert ThingItem.find(fresh(), "name") is None

    def test_without_them_aws_itself_is_unavailable(
        self,
        reconfigure: Callable[..., None],
    ) -> None:
        reconfigure(endpoint=None)
        within(3, read_something)

    def test_at_aws_they_are_never_made_up(
        self,
        reconfigure: Callable[..., None],
    ) -> None:
        reconfigure(endpoint="https://dynamodb.eu-west-1.amazonaws.com")
        within(3, read_something)


class TestAStoreInTrouble:
    def test_nobody_listens(self, reconfigure: Callable[..., None]) -> None:
        reconfigure(endpoint="http://127.0.0.1:9")
        within(6, read_something)

    def test_nothing_is_ever_answered(self, reconfigure: Callable[..., None]) -> None:
        with FaultyServer(["hang"] * 3) as server:
            reconfigure(endpoint=server.endpoint, read_timeout_seconds=0.2)
            within(6, read_something)
            assert server.connections == 3

    @pytest.mark.parametrize("manner", ["reset", "truncate", "drop"])
    def test_one_broken_connection_is_repaired_by_a_retry(
        self, manner: str, things: None, reconfigure: Callable[..., None]
    ) -> None:
        group = fresh()
        transaction = Transaction()
        transaction.put(ThingItem(group, "a"))
        transaction.commit()
        with FaultyServer([manner], upstream()) as server:
            reconfigure(endpoint=server.endpoint)
            assert ThingItem.find(group, "a") is not None
            assert server.connections == 2

    @pytest.mark.parametrize("manner", ["reset", "truncate", "drop", "garbage"])
    def test_connections_that_always_break_are_no_empty_answers(
        self, manner: str, things: None, reconfigure: Callable[..., None]
    ) -> None:
        with FaultyServer([manner] * 3, upstream()) as server:
            reconfigure(endpoint=server.endpoint)
            within(6, read_something)
            assert server.connections == 3

    def test_an_answer_that_is_no_json(self, things: None) -> None:
        with injected("GetItem", raw_answer(200, b"{")):
            within(3, read_something)

    @pytest.mark.parametrize(
        "code", ["ThrottlingException", "ProvisionedThroughputExceededException"]
    )
    def test_throttling_that_does_not_end(self, things: None, code: str) -> None:
        with injected("GetItem", always=refusal(code)) as bodies:
            within(6, read_something)
        assert len(bodies) == 3

    def test_throttling_that_passes_is_not_noticed(self, things: None) -> None:
        throttled = refusal("ThrottlingException")
        with injected("GetItem", throttled, throttled) as bodies:
            read_something()
        assert len(bodies) == 3

    @pytest.mark.parametrize("status", [500, 502, 503, 504])
    def test_a_gateway_with_words_of_its_own(self, things: None, status: int) -> None:
        page = raw_answer(status, b"<html>Bad Gateway</html>")
        with injected("GetItem", always=page):
            within(6, read_something)

    def test_a_query_and_a_transaction_say_the_same(self, things: None) -> None:
        def broken(request: Any) -> None:
            raise EndpointConnectionError(endpoint_url=request.url)

        with injected("Query", always=broken):
            within(6, lambda: names_in(fresh()))
        transaction = Transaction()
        transaction.put(ThingItem(fresh(), "a"))
        with injected("TransactWriteItems", always=broken):
            within(6, transaction.commit)


class TestRefusals:
    def test_what_is_the_callers_own_fault_is_not_called_unavailable(self, things: None) -> None:
        with pytest.raises(ClientError) as caught:
            call("GetItem", {"TableName": ThingItem.physical_name(), "Key": {}})
        assert caught.value.response["Error"]["Code"] == "ValidationException"

    def test_it_is_not_retried_either(self, things: None) -> None:
        with attempts("GetItem") as bodies, pytest.raises(ClientError):
            call("GetItem", {"TableName": "no-such-table", "Key": {"a": {"S": "b"}}})
        assert len(bodies) == 1

    def test_capacity_is_asked_for_wherever_there_is_some(self, things: None) -> None:
        with attempts("GetItem") as reads, attempts("UpdateItem") as writes:
            read_something()
            EphemeralItem.amend(fresh(), actions=[EphemeralItem.attempts.add(1)])
        assert [body["ReturnConsumedCapacity"] for body in reads + writes] == ["TOTAL", "TOTAL"]
