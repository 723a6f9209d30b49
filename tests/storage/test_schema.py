from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pynamodb.attributes import TTLAttribute

import accounts.tables
import catalog.tables  # noqa: F401  # registers its tables
from storage.audit import AuditItem
from storage.client import call
from storage.engine import Engine
from storage.ephemeral import EphemeralItem
from storage.errors import StoreUnavailable
from storage.evolution.errors import UnusableTable
from storage.schema import create_tables, missing_tables
from storage.table import Table, registered_tables
from storage.transactions import Transaction
from tests.storage.faults import injected, refusal
from tests.storage.things import ThingItem, names_in

# Table → (hash key, range key), index → its keys.
Keys = tuple[str, ...]
DESIGN: dict[str, tuple[Keys, dict[str, Keys]]] = {
    "accounts": (("hashKey", "rangeKey"), {"itemTypeIdIndex": ("itemType", "id")}),
    "audit": (("subject", "at"), {"actor-index": ("actor_id", "at")}),
    "ephemeral": (("key",), {}),
    "migrations": (("app", "name"), {}),
    "product-listing": (
        ("facet", "name_key"),
        {"newest-index": ("facet", "newest_key"), "price-index": ("facet", "price_key")},
    ),
    "products": (("id",), {"sku_gsi": ("sku",)}),
    "supervisor-counters": (("orgId", "counter"), {}),
    "supervisor-deliveries": (("requestId", "time"), {"due-index": ("due", "dueKey")}),
    "supervisor-knowledge": (
        ("area", "entry"),
        {
            "newest-index": ("area", "listKey"),
            "request-index": ("area", "requestId"),
            "scope-index": ("area", "scopeKey"),
        },
    ),
    "supervisor-requests": (
        ("storeId", "status._.priority._.requestTimestamp._.requestId"),
        {
            "request-id-index": ("storeId", "requestId"),
            "queue-index": ("storeId", "queueKey"),
            "history-index": ("storeId", "closedKey"),
            "store-deadline-index": ("storeId", "deadlineKey"),
            "organisation-queue-index": ("queueOf", "queueKey"),
            "deadline-index": ("due", "deadlineKey"),
            "caller-index": ("callerOf", "closedKey"),
            "asker-index": ("askedBy", "requestTime"),
            "phone-index": ("phoneOf", "requestTime"),
        },
    ),
    "supervisor-settings": (("owner", "kind"), {}),
    "sessions": (("session_key",), {"user-index": ("user", "created_at")}),
}


@pytest.fixture
def empty_store(tmp_path: Path, reconfigure: Callable[..., None]) -> Iterator[Engine]:
    """An engine of this test's own, without any table."""
    with Engine.start(None) as engine:
        reconfigure(endpoint=engine.endpoint)
        yield engine


def described(table: type[Table]) -> dict[str, Any]:
    answer = call("DescribeTable", {"TableName": table.physical_name()})
    description: dict[str, Any] = answer["Table"]
    return description


def keys_of(schema: list[dict[str, str]]) -> Keys:
    ordered = sorted(schema, key=lambda key: key["KeyType"])
    return tuple(key["AttributeName"] for key in ordered)


def test_what_is_missing_is_created_once(empty_store: Engine) -> None:
    names = [table.physical_name() for table in registered_tables()]
    assert missing_tables() == names
    assert create_tables() == names
    assert missing_tables() == []
    assert create_tables() == []


def test_only_what_is_asked_for_is_created(empty_store: Engine) -> None:
    assert create_tables([AuditItem]) == [AuditItem.physical_name()]
    assert missing_tables([AuditItem]) == []
    assert EphemeralItem.physical_name() in missing_tables()


def test_asking_for_no_table_is_not_asking_for_all(empty_store: Engine) -> None:
    assert create_tables([]) == []
    assert missing_tables([]) == []
    assert len(missing_tables()) == len(registered_tables())


def test_creating_again_keeps_what_is_stored(empty_store: Engine) -> None:
    create_tables([ThingItem])
    transaction = Transaction()
    transaction.put(ThingItem("group", "a"))
    transaction.commit()
    create_tables([ThingItem], recreate_unusable=True)
    assert names_in("group") == ["a"]


@pytest.mark.parametrize("logical_name", sorted(DESIGN))
def test_keys_and_indexes_are_those_of_the_design(
    tables: Any, store: None, logical_name: str
) -> None:
    (table,) = (table for table in registered_tables() if table.logical_name() == logical_name)
    description = described(table)
    indexes = [
        *description.get("GlobalSecondaryIndexes", ()),
        *description.get("LocalSecondaryIndexes", ()),
    ]
    found = (
        keys_of(description["KeySchema"]),
        {index["IndexName"]: keys_of(index["KeySchema"]) for index in indexes},
    )
    assert found == DESIGN[logical_name]
    assert description["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"


def test_every_table_is_in_the_design() -> None:
    assert {table.logical_name() for table in registered_tables()} == set(DESIGN)


@pytest.mark.parametrize("table", [EphemeralItem, accounts.tables.SessionItem])
def test_what_expires_is_deleted_by_the_store(tables: Any, store: None, table: type[Table]) -> None:
    state = call("DescribeTimeToLive", {"TableName": table.physical_name()})
    assert state["TimeToLiveDescription"]["TimeToLiveStatus"] in ("ENABLED", "ENABLING")
    assert state["TimeToLiveDescription"]["AttributeName"] == "expires_at"
    assert isinstance(table.get_attributes()["expires_at"], TTLAttribute)


def test_expiry_that_was_not_turned_on_is_made_up_for(empty_store: Engine) -> None:
    lost = refusal("InternalServerError", status=500)
    with injected("UpdateTimeToLive", always=lost), pytest.raises(StoreUnavailable):
        create_tables([EphemeralItem])
    with injected("UpdateTimeToLive") as updates:
        assert create_tables([EphemeralItem]) == []
        assert create_tables([EphemeralItem]) == []
    assert len(updates) == 1


def test_a_table_that_another_process_is_just_making_is_waited_for(empty_store: Engine) -> None:
    in_use = refusal("ResourceInUseException", Message="Table is being created")
    create_tables([AuditItem])
    not_yet = refusal("ResourceNotFoundException", Message="Requested resource not found")
    with injected("DescribeTable", not_yet), injected("CreateTable", in_use):
        assert create_tables([AuditItem]) == [AuditItem.physical_name()]


class TestACreationThatWasCutShort:
    @pytest.fixture
    def unusable(self, tmp_path: Path, reconfigure: Callable[..., None]) -> Iterator[None]:
        """`things` is listed, but the engine did not get to make it; `audit` is as it should be."""
        path = tmp_path / "data.db"
        with Engine.start(path) as engine:
            reconfigure(endpoint=engine.endpoint)
            create_tables([AuditItem, ThingItem])
        connection = sqlite3.connect(path)
        connection.execute(f'DROP TABLE "{ThingItem.physical_name()}"')
        connection.commit()
        connection.close()
        with Engine.start(path) as engine:
            reconfigure(endpoint=engine.endpoint)
            yield

    def test_is_told(self, unusable: None) -> None:
        assert missing_tables([ThingItem]) == []
        with pytest.raises(UnusableTable, match=ThingItem.physical_name()):
            create_tables([AuditItem, ThingItem])

    def test_is_repaired_where_that_is_allowed(self, unusable: None) -> None:
        created = create_tables([AuditItem, ThingItem], recreate_unusable=True)
        assert created == [ThingItem.physical_name()]
        assert names_in("group") == []


@pytest.mark.parametrize("message", ["disk I/O error", "database disk image is malformed", ""])
def test_a_table_that_cannot_be_read_for_another_reason_is_never_made_anew(
    empty_store: Engine, message: str
) -> None:
    create_tables([ThingItem])
    transaction = Transaction()
    transaction.put(ThingItem("group", "a"))
    transaction.commit()
    broken = refusal("InternalServerError", status=500, message=message)
    with injected("Scan", always=broken), pytest.raises(StoreUnavailable):
        create_tables([ThingItem], recreate_unusable=True)
    assert names_in("group") == ["a"]
