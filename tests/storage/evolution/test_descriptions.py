"""What the store says about a table, read as a state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from storage.client import call
from storage.configuration import table_name
from storage.errors import StoreUnavailable
from storage.evolution.drift import (
    Difference,
    describe,
    differences,
    read_description,
    store_differences,
)
from storage.evolution.state import GlobalIndex, Key, LocalIndex, State, TableState, Throughput
from tests.storage.faults import injected, refusal

NINE = Throughput(9, 8)
PLAIN = TableState("products", Key("uuid"))
DESCRIPTION: dict[str, Any] = {
    "TableName": "backroom-products",
    "TableStatus": "ACTIVE",
    "KeySchema": [{"AttributeName": "uuid", "KeyType": "HASH"}],
    "AttributeDefinitions": [
        {"AttributeName": "uuid", "AttributeType": "S"},
        {"AttributeName": "sku", "AttributeType": "S"},
    ],
}
OFF = {"TimeToLiveStatus": "DISABLED"}


def units(read: int, write: int) -> dict[str, Any]:
    figures = {"ReadCapacityUnits": read, "WriteCapacityUnits": write}
    return {"ProvisionedThroughput": {**figures, "NumberOfDecreasesToday": 0}}


def sku_index(**more: Any) -> dict[str, Any]:
    schema = [{"AttributeName": "sku", "KeyType": "HASH"}]
    index = {"IndexName": "sku_gsi", "KeySchema": schema, "Projection": {"ProjectionType": "ALL"}}
    return {"GlobalSecondaryIndexes": [{**index, **more}]}


class TestReadingADescription:
    @pytest.mark.parametrize(
        ("parts", "throughput"),
        [
            pytest.param(
                {"BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"}, **units(0, 0)},
                None,
                id="on demand",
            ),
            pytest.param(
                {"BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"}, **units(5, 5)},
                None,
                id="on demand with figures left over",
            ),
            pytest.param(units(9, 8), NINE, id="always was provisioned"),
            pytest.param(
                {"BillingModeSummary": {"BillingMode": "PROVISIONED"}, **units(9, 8)},
                NINE,
                id="became provisioned",
            ),
            pytest.param(units(0, 0), None, id="an engine without a summary"),
            pytest.param({}, None, id="an engine without any figures"),
        ],
    )
    def test_of_billing(self, parts: dict[str, Any], throughput: Throughput | None) -> None:
        actual = read_description("products", {**DESCRIPTION, **parts}, OFF)
        assert actual.state.throughput == throughput

    def test_an_index_keeps_no_figures_once_its_table_is_on_demand(self) -> None:
        on_demand = {"BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"}}
        parts = {**on_demand, **sku_index(IndexStatus="ACTIVE", **units(5, 5))}
        actual = read_description("products", {**DESCRIPTION, **parts}, OFF)
        assert actual.state == PLAIN.with_index(GlobalIndex("sku_gsi", Key("sku")))

    @pytest.mark.parametrize(
        ("status", "attribute"),
        [
            ("ENABLED", "expires_at"),
            ("ENABLING", "expires_at"),
            ("DISABLED", None),
            ("DISABLING", None),
        ],
    )
    def test_of_expiry(self, status: str, attribute: str | None) -> None:
        expiry = {"TimeToLiveStatus": status, "AttributeName": "expires_at"}
        assert read_description("products", DESCRIPTION, expiry).state.expires_by == attribute

    @pytest.mark.parametrize(
        ("specification", "stream"),
        [
            ({"StreamEnabled": True, "StreamViewType": "OLD_IMAGE"}, "OLD_IMAGE"),
            ({"StreamEnabled": False}, None),
            (None, None),
        ],
    )
    def test_of_a_stream(self, specification: Any, stream: str | None) -> None:
        description = {**DESCRIPTION, "StreamSpecification": specification}
        assert read_description("products", description, OFF).state.stream == stream

    def test_what_no_model_speaks_about_is_no_difference(self) -> None:
        extras = {
            "TableClassSummary": {"TableClass": "STANDARD_INFREQUENT_ACCESS"},
            "DeletionProtectionEnabled": True,
            "SSEDescription": {"Status": "ENABLED", "SSEType": "KMS"},
        }
        assert differences(PLAIN, read_description("x", {**DESCRIPTION, **extras}, OFF)) == []


@pytest.fixture
def drifting(tables: Any) -> Iterator[TableState]:
    """A table with everything that a description can have, in the store and as a state."""
    state = TableState(
        "drifting",
        Key("group", "S"),
        Key("at", "N"),
        indexes={
            "blob-index": GlobalIndex(
                "blob-index", Key("blob", "B"), projection=("a", "b"), throughput=Throughput(2, 1)
            ),
            "rank-index": LocalIndex(
                "rank-index", Key("group"), Key("rank", "N"), projection="KEYS_ONLY"
            ),
        },
        expires_by="gone_at",
        stream="NEW_AND_OLD_IMAGES",
        throughput=Throughput(4, 3),
    )
    name = table_name("drifting")
    call("CreateTable", CREATION | {"TableName": name})
    expiry = {"Enabled": True, "AttributeName": "gone_at"}
    call("UpdateTimeToLive", {"TableName": name, "TimeToLiveSpecification": expiry})
    yield state
    call("DeleteTable", {"TableName": name})


CREATION: dict[str, Any] = {
    "KeySchema": [
        {"AttributeName": "group", "KeyType": "HASH"},
        {"AttributeName": "at", "KeyType": "RANGE"},
    ],
    "AttributeDefinitions": [
        {"AttributeName": name, "AttributeType": kind}
        for name, kind in (("group", "S"), ("at", "N"), ("blob", "B"), ("rank", "N"))
    ],
    "BillingMode": "PROVISIONED",
    "ProvisionedThroughput": {"ReadCapacityUnits": 4, "WriteCapacityUnits": 3},
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "blob-index",
            "KeySchema": [{"AttributeName": "blob", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["b", "a"]},
            "ProvisionedThroughput": {"ReadCapacityUnits": 2, "WriteCapacityUnits": 1},
        }
    ],
    "LocalSecondaryIndexes": [
        {
            "IndexName": "rank-index",
            "KeySchema": [
                {"AttributeName": "group", "KeyType": "HASH"},
                {"AttributeName": "rank", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }
    ],
    "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
}


class TestTheStore:
    def test_tells_all_of_a_table(self, drifting: TableState) -> None:
        actual = describe("drifting")
        assert actual is not None
        assert actual.state == drifting
        assert (actual.status, dict(actual.index_status)) == ("ACTIVE", {"blob-index": "ACTIVE"})

    def test_has_no_table_of_that_name(self, tables: Any) -> None:
        assert describe("no-such-table") is None

    def test_is_asked_about_every_table(self, drifting: TableState) -> None:
        lacking = TableState("lacking", Key("id"))
        changed = replace(drifting, expires_by=None)
        found = store_differences(State().with_table(lacking, "a").with_table(changed, "b"))
        assert [str(one) for one in found] == [
            "drifting: the expiry is by gone_at, should be off",
            f"lacking: the table {table_name('lacking')} does not exist",
        ]
        assert found[1] == Difference.missing("lacking")

    def test_loses_a_table_between_two_questions(self, drifting: TableState) -> None:
        with injected("DescribeTimeToLive", refusal("ResourceNotFoundException")):
            assert describe("drifting") is None

    def test_may_refuse_to_answer(self, drifting: TableState) -> None:
        with (
            injected("DescribeTable", refusal("AccessDeniedException")),
            pytest.raises(ClientError, match="AccessDenied"),
        ):
            describe("drifting")

    def test_may_be_out_of_reach(self, drifting: TableState) -> None:
        broken = refusal("InternalServerError", status=500)
        with injected("DescribeTable", always=broken), pytest.raises(StoreUnavailable):
            store_differences(State().with_table(drifting, "b"))
