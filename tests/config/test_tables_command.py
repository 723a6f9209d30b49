"""`manage.py tables` on a store of its own: every kind of drift, and what a person is shown."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from storage.audit import AuditItem
from storage.client import call
from storage.configuration import table_name
from storage.engine import Engine
from storage.ephemeral import EphemeralItem
from storage.evolution.models import state_of_models
from storage.transactions import Transaction
from tests.config.tables_command import (
    PRODUCTS,
    Run,
    attribute,
    change,
    drop_index,
    extra_index,
    new_index,
    run,
)
from tests.storage.faults import injected, raw_answer

pytestmark = pytest.mark.usefixtures("empty_store")


def another_index_under_its_name() -> None:
    drop_index("sku_gsi")
    change(**attribute("code", "N"), **new_index("sku_gsi", "code"))


def another_key() -> None:
    call("DeleteTable", {"TableName": PRODUCTS})
    schema = {"KeySchema": [{"AttributeName": "uuid", "KeyType": "HASH"}]}
    billing = {"BillingMode": "PAY_PER_REQUEST"}
    call("CreateTable", {"TableName": PRODUCTS, **schema, **attribute("uuid"), **billing})
    change(**attribute("sku"), **new_index("sku_gsi", "sku"))


def provisioned() -> None:
    units = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 2}
    change(BillingMode="PROVISIONED", ProvisionedThroughput=units)


def no_expiry() -> None:
    name = EphemeralItem.physical_name()
    off = {"Enabled": False, "AttributeName": "expires_at"}
    call("UpdateTimeToLive", {"TableName": name, "TimeToLiveSpecification": off})


def a_stream() -> None:
    change(StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})


def no_table() -> None:
    call("DeleteTable", {"TableName": PRODUCTS})


DRIFT: dict[str, tuple[Callable[[], None], list[str]]] = {
    "an index too many": (
        extra_index,
        ["! products: the index brand-index is there but not in the model"],
    ),
    "an index missing": (
        lambda: drop_index("sku_gsi"),
        ["! products: the index sku_gsi is missing"],
    ),
    "an index by another key": (
        another_index_under_its_name,
        ["! products: the hash key of index sku_gsi is code (N), should be sku (S)"],
    ),
    "another key": (
        another_key,
        ["! products: the hash key is uuid (S), should be id (S)"],
    ),
    "provisioned": (
        provisioned,
        [
            "! products: the billing is provisioned with 5 read and 2 write units, should be",
            "  on demand",
        ],
    ),
    "no expiry": (no_expiry, ["! ephemeral: the expiry is off, should be by expires_at"]),
    "a stream": (a_stream, ["! products: the stream is KEYS_ONLY, should be off"]),
    "no table": (no_table, ["! products: the table shop-products does not exist"]),
}


@pytest.mark.parametrize("case", DRIFT)
def test_drift_is_named_marked_and_told_by_the_exit_code(all_tables: None, case: str) -> None:
    make_differ, said = DRIFT[case]
    make_differ()
    seen = run()
    assert seen.code == 1
    heading = seen.lines.index("Not as the models say:")
    assert seen.lines[heading + 1 :] == said
    marked = [line.split()[1] for line in seen.lines[:heading] if line.startswith("! ")]
    assert marked == [said[0].split()[1].rstrip(":")]


@pytest.mark.parametrize("case", DRIFT)
def test_a_check_says_what_is_wrong_and_no_more(all_tables: None, case: str) -> None:
    make_differ, said = DRIFT[case]
    make_differ()
    seen = run("--check")
    assert (seen.code, seen.lines) == (1, ["Not as the models say:", *said])


def test_a_check_is_silent_when_all_is_well(all_tables: None) -> None:
    assert run("--check") == Run(0, "", "")


def test_all_is_well(all_tables: None, empty_store: Engine) -> None:
    seen = run()
    assert (seen.code, seen.errors) == (0, "")
    first, _empty, head, *rows = seen.lines
    assert first.startswith("Dynoxide 1.")
    assert f", {empty_store.endpoint}, eu-west-1, " in first
    assert first.endswith(" ms")
    assert head.split() == ["Table", "Status", "Items", "Size", "Billing", "Keys"]
    names = sorted(state_of_models().tables)
    assert [row.split()[0] for row in rows[: len(names)]] == names
    assert rows[names.index("audit")].split() == (
        ["audit", "ACTIVE", "0", "–", "on", "demand", "subject,", "at"]
    )
    assert rows[-1] == f"All {len(names)} tables are as the models say."


def test_a_fresh_store_is_shown_with_what_to_do(empty_store: Engine) -> None:
    seen = run()
    assert seen.code == 1
    missing = [line.split()[1] for line in seen.lines if line.endswith("  missing")]
    assert missing == sorted(state_of_models().tables)
    assert "manage.py migrate" in seen.lines[-1]
    assert "region eu-west-1" in seen.lines[-1]


def test_a_table_in_motion_is_told(all_tables: None) -> None:
    table = call("DescribeTable", {"TableName": "shop-audit"})["Table"]
    moving = {**table, "TableStatus": "UPDATING", "CreationDateTime": 1_800_000_000}
    answer = raw_answer(200, json.dumps({"Table": moving}).encode())
    with injected("DescribeTable", answer):
        seen = run("audit", "--check")
    assert seen.code == 1
    assert seen.lines[1:] == ["! audit: the table is UPDATING"]


class TestDetails:
    def test_are_given_for_tables_that_are_named(self, all_tables: None) -> None:
        provisioned()
        seen = run("products")
        assert "  stored as  shop-products" in seen.lines
        facts = {line[2:13].strip(): line[13:] for line in seen.lines if line.startswith("  ")}
        assert facts["status"] == "ACTIVE"
        assert facts["billing"] == "5 read and 2 write units a second"
        assert facts["class"] == "STANDARD"
        assert facts["hash key"] == "id (S)"
        assert facts["range key"] == "–"
        assert facts["deletion"] == "possible"
        assert "  arn:aws:dynamodb:dynoxide:000000000000:table/shop-products" in seen.lines
        assert "  index sku_gsi" in seen.lines
        assert "      ACTIVE; sku (S); all attributes" in seen.lines
        assert "audit" not in seen.output

    def test_are_given_for_all_on_request(self, all_tables: None) -> None:
        seen = run(verbosity=2)
        stored = [line.split()[2] for line in seen.lines if line.startswith("  stored as")]
        assert stored == [table_name(name) for name in sorted(state_of_models().tables)]

    def test_are_not_given_otherwise(self, all_tables: None) -> None:
        assert "stored as" not in run().output

    def test_take_the_name_in_the_store_too(self, all_tables: None) -> None:
        assert run("shop-products").lines[3:] == run("products").lines[3:]

    def test_of_no_such_table_are_refused_with_the_names_there_are(self) -> None:
        seen = run("produce")
        assert (seen.code, seen.output) == (2, "")
        assert seen.errors.startswith("No model has a table produce. There are: accounts, ")


class TestCounting:
    @pytest.fixture(autouse=True)
    def two_items(self, all_tables: None) -> None:
        transaction = Transaction()
        for number in range(2):
            transaction.put(AuditItem(f"subject {number}", "2026-01-01", action="a", actor_id="b"))
        transaction.commit()

    def test_happens_on_request_and_says_what_it_costs(self) -> None:
        seen = run("audit", "--exact")
        assert "  items      2, counted now" in seen.lines
        assert seen.errors.splitlines() == [
            "Counting reads every item; a large table takes its time.",
            "Read units used: 1.",
        ]

    def test_does_not_happen_otherwise(self) -> None:
        with injected("Scan") as scans:
            seen = run("audit")
        assert "  items      2" in seen.lines
        assert scans == []

    def test_is_needed_where_the_store_counts_every_few_hours(self) -> None:
        with injected("ListTables", raw_answer(200, b'{"TableNames": []}')):
            assert "Items and sizes are as of the store's last count, hours ago." in run().lines
        assert "hours ago" not in run().output


class TestTablesThatNoModelKnows:
    @pytest.fixture(autouse=True)
    def left_over(self, all_tables: None) -> None:
        schema = {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}
        billing = {"BillingMode": "PAY_PER_REQUEST"}
        for name in ("shop-left-over", "warehouse-products"):
            call("CreateTable", {"TableName": name, **schema, **attribute("id"), **billing})

    def test_are_named_and_no_reason_to_fail(self) -> None:
        seen = run()
        assert seen.code == 0
        heading = seen.lines.index("Tables with our prefix that no model knows:")
        assert seen.lines[heading + 1] == "? shop-left-over"
        assert "warehouse" not in seen.output

    def test_are_not_spoken_of_where_one_table_is(self) -> None:
        assert "left-over" not in run("products").output
