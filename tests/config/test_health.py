from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.test import Client

from storage.configuration import configuration, configure
from storage.meter import measure


@pytest.fixture
def restored() -> Iterator[None]:
    before = configuration()
    yield
    configure(before)


def test_healthz_does_not_touch_the_store(client: Client) -> None:
    with measure() as meter:
        answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert not meter.calls


def test_probes_may_come_to_a_bare_address(client: Client) -> None:
    assert client.get("/healthz", headers={"Host": "10.1.2.3"}).status_code == 200
    assert client.get("/accounts/login/", headers={"Host": "10.1.2.3"}).status_code == 400


def test_readyz_when_the_tables_are_there(client: Client, tables: set[str]) -> None:
    assert client.get("/readyz").status_code == 200


def test_readyz_names_missing_tables(client: Client, restored: None) -> None:
    configure(replace(configuration(), table_prefix="elsewhere-"))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["reason"] == "tables"
    assert "elsewhere-accounts" in answer.json()["missing"]


def test_readyz_when_the_store_does_not_answer(client: Client, restored: None) -> None:
    configure(replace(configuration(), endpoint="http://127.0.0.1:9", max_attempts=1))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["reason"] == "store"
