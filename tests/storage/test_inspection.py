from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from storage.audit import AuditItem
from storage.client import call
from storage.engine import Engine
from storage.ephemeral import EphemeralItem
from storage.evolution.models import state_of_models, table_state
from storage.evolution.state import Key, State, TableState, Throughput
from storage.inspection import (
    AWS,
    IndexReport,
    Inspection,
    TableReport,
    connection_report,
    inspect,
    inspect_tables,
    unknown_tables,
)
from storage.meter import measure
from storage.schema import create_tables
from storage.transactions import Transaction
from tests.storage.faults import Answer, FaultyServer, attempts, injected, raw_answer, refusal
from tests.storage.things import ThingItem

STATE = (
    State()
    .with_table(table_state(AuditItem), "storage")
    .with_table(table_state(EphemeralItem), "storage")
)


@pytest.fixture(autouse=True)
def empty_store(reconfigure: Callable[..., None]) -> Iterator[Engine]:
    """An engine of this test's own, without any table."""
    with Engine.start(None) as engine:
        reconfigure(endpoint=engine.endpoint, table_prefix="shop-", max_attempts=1)
        yield engine


def report_on(table: TableState) -> TableReport:
    (report,) = inspect_tables(State().with_table(table, "tests"))
    return report


class TestTheConnection:
    def test_says_where_it_leads_and_what_answers(self, empty_store: Engine) -> None:
        report = connection_report()
        assert report.reachable
        assert report.reason == ""
        assert (report.endpoint, report.region) == (empty_store.endpoint, "eu-west-1")
        assert report.engine.startswith("Dynoxide 1.")
        assert report.milliseconds is not None
        assert report.milliseconds > 0
        assert not report.counts_lag

    def test_is_tried_with_one_request(self) -> None:
        with measure() as spent:
            connection_report()
        assert [one.operation for one in spent.calls] == ["ListTables"]

    def test_never_shows_a_password(
        self, empty_store: Engine, reconfigure: Callable[..., None]
    ) -> None:
        address = empty_store.endpoint.removeprefix("http://")
        reconfigure(endpoint=f"http://user:secret@{address}/path?token=secret")
        report = connection_report()
        assert report.endpoint == empty_store.endpoint
        assert "secret" not in str(report)

    @pytest.mark.parametrize(
        "endpoint",
        ["user:secret@nonsense", "http://user:secret@[bad", "http://user:secret@h:99999"],
    )
    def test_to_an_address_that_is_none_has_a_reason(
        self, reconfigure: Callable[..., None], endpoint: str
    ) -> None:
        reconfigure(endpoint=endpoint)
        report = connection_report()
        assert not report.reachable
        assert "cannot be asked" in report.reason
        assert "secret" not in str(report)

    def test_where_nothing_listens_has_a_reason(self, reconfigure: Callable[..., None]) -> None:
        reconfigure(endpoint="http://127.0.0.1:9")
        report = connection_report()
        assert not report.reachable
        assert report.reason == (
            "The store at http://127.0.0.1:9 cannot be reached"
            " (ListTables: EndpointConnectionError)."
        )

    @pytest.mark.parametrize(
        ("manner", "reason"),
        [
            ("hang", "did not answer in time (ReadTimeoutError)."),
            ("reset", "cannot be reached (ListTables: ConnectionClosedError)."),
            ("garbage", "cannot be reached (ListTables: ConnectionClosedError)."),
        ],
    )
    def test_to_something_that_misbehaves_has_a_reason(
        self, reconfigure: Callable[..., None], manner: str, reason: str
    ) -> None:
        with FaultyServer([manner]) as server:
            reconfigure(endpoint=server.endpoint, read_timeout_seconds=0.2)
            assert connection_report().reason == f"The store at {server.endpoint} {reason}"

    def test_to_a_region_that_cannot_be_has_a_reason(
        self, reconfigure: Callable[..., None]
    ) -> None:
        reconfigure(endpoint=None, region="far away")
        assert connection_report().reason.startswith("DynamoDB in far away cannot be asked: ")

    @pytest.mark.parametrize(
        ("answer", "reason"),
        [
            pytest.param(
                raw_answer(200, b"<html>Welcome</html>"),
                "The store at {} is not DynamoDB: something else answers there.",
                id="another server",
            ),
            pytest.param(
                raw_answer(404, b"<html>There is no such page</html>"),
                "The store at {} is not DynamoDB: something else answers there.",
                id="a page of another server",
            ),
            pytest.param(
                refusal("InvalidSignatureException"),
                "The store at {} does not accept the credentials for eu-west-1"
                " (InvalidSignatureException).",
                id="the wrong region",
            ),
            pytest.param(
                refusal("ThrottlingException", Message="Rate exceeded"),
                "The store at {} throttles ListTables (ThrottlingException); try again later.",
                id="throttled",
            ),
            pytest.param(
                refusal("InternalServerError", status=500),
                "The store at {} failed at ListTables (InternalServerError); try again later.",
                id="broken",
            ),
            pytest.param(
                refusal("ValidationException", Message="No."),
                "The store at {} refuses ListTables (ValidationException: No).",
                id="refused",
            ),
        ],
    )
    def test_that_is_refused_has_a_reason(
        self, empty_store: Engine, answer: Answer, reason: str
    ) -> None:
        with injected("ListTables", always=answer):
            report = connection_report()
        assert (report.reachable, report.reason) == (False, reason.format(empty_store.endpoint))

    def test_without_credentials_has_a_reason(
        self, reconfigure: Callable[..., None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.delenv(name)
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "no such file")
        monkeypatch.setenv("AWS_CONFIG_FILE", "no such file")
        reconfigure(endpoint=None)
        reason = connection_report().reason
        assert reason == "There are no usable AWS credentials (NoCredentialsError)."

    def test_needs_no_permission_to_list_tables(self) -> None:
        with injected("ListTables", refusal("AccessDeniedException")):
            assert connection_report().reachable

    def test_names_the_server_that_answers_in_aws_fashion(self) -> None:
        with injected("ListTables", raw_answer(200, b'{"TableNames": []}')):
            report = connection_report()
        assert report.engine == ""
        assert report.counts_lag
        assert replace(report, engine=AWS).counts_lag


class TestATable:
    def test_is_described_in_full(self) -> None:
        create_tables([AuditItem, ThingItem])
        transaction = Transaction()
        for name in ("a", "b"):
            transaction.put(ThingItem("group", name, rank=1))
        transaction.commit()
        things = report_on(table_state(ThingItem))
        assert things == TableReport(
            "things-of-tests",
            "shop-things-of-tests",
            exists=True,
            status="ACTIVE",
            items=2,
            # The embedded engine measures no sizes.
            size_bytes=None,
            table_class="STANDARD",
            hash_key=Key("group"),
            range_key=Key("name"),
            indexes=things.indexes,
            deletion_protection=False,
            created=things.created,
            arn="arn:aws:dynamodb:dynoxide:000000000000:table/shop-things-of-tests",
        )
        assert [(index.name, index.kind, index.status) for index in things.indexes] == [
            ("colour-index", "global", "ACTIVE"),
            ("rank-index", "local", None),
        ]
        assert things.indexes[0] == IndexReport(
            "colour-index",
            kind="global",
            status="ACTIVE",
            hash_key=Key("colour"),
            range_key=None,
            projection="ALL",
            throughput=None,
            items=things.indexes[0].items,
            size_bytes=things.indexes[0].size_bytes,
        )
        assert things.created is not None
        assert abs(datetime.now(UTC) - things.created) < timedelta(hours=1)

    def test_that_expires_and_has_a_stream(self) -> None:
        create_tables([EphemeralItem])
        stream = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
        name = EphemeralItem.physical_name()
        call("UpdateTable", {"TableName": name, "StreamSpecification": stream})
        report = report_on(table_state(EphemeralItem))
        assert (report.expires_by, report.stream) == ("expires_at", "NEW_IMAGE")
        assert report.problems == ["ephemeral: the stream is NEW_IMAGE, should be off"]

    def test_that_is_provisioned_protected_and_of_another_class(self) -> None:
        create_tables([AuditItem])
        call(
            "UpdateTable",
            {
                "TableName": AuditItem.physical_name(),
                "BillingMode": "PROVISIONED",
                "ProvisionedThroughput": {"ReadCapacityUnits": 2, "WriteCapacityUnits": 3},
                "TableClass": "STANDARD_INFREQUENT_ACCESS",
                "DeletionProtectionEnabled": True,
            },
        )
        report = report_on(table_state(AuditItem))
        assert report.throughput == Throughput(2, 3)
        assert report.table_class == "STANDARD_INFREQUENT_ACCESS"
        assert report.deletion_protection
        assert [one.what for one in report.differences] == ["billing"]

    def test_that_is_missing_is_a_report_too(self) -> None:
        report = report_on(table_state(AuditItem))
        assert (report.exists, report.status, report.items) == (False, None, None)
        assert report.problems == ["audit: the table shop-audit does not exist"]

    def test_that_is_being_updated_is_as_its_model_says_but_not_at_rest(self) -> None:
        create_tables([AuditItem])
        with injected("DescribeTable", described(AuditItem, TableStatus="UPDATING")):
            report = report_on(table_state(AuditItem))
        assert report.differences == ()
        assert report.problems == ["audit: the table is UPDATING"]

    def test_costs_two_requests_and_no_capacity(self) -> None:
        create_tables([AuditItem])
        with measure() as spent:
            report_on(table_state(AuditItem))
        assert [one.operation for one in spent.calls] == ["DescribeTable", "DescribeTimeToLive"]
        assert spent.capacity == 0


class TestTablesThatNoModelKnows:
    def test_have_our_prefix(self, reconfigure: Callable[..., None]) -> None:
        create_tables([AuditItem, EphemeralItem, ThingItem])
        reconfigure(table_prefix="warehouse-")
        create_tables([ThingItem])
        reconfigure(table_prefix="shop-")
        assert unknown_tables(STATE) == ("shop-things-of-tests",)

    def test_may_have_a_name_of_their_own(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AUDIT_TABLE_NAME", "shop-somewhere-else")
        create_tables([AuditItem])
        assert unknown_tables(STATE) == ()

    def test_cannot_be_told_without_a_prefix(self, reconfigure: Callable[..., None]) -> None:
        create_tables([ThingItem])
        reconfigure(table_prefix="")
        with attempts("ListTables") as asked:
            assert unknown_tables(STATE) is None
        assert asked == []

    def test_cannot_be_told_without_permission(self) -> None:
        with injected("ListTables", refusal("AccessDeniedException")):
            assert unknown_tables(STATE) is None


class TestTheWhole:
    def test_is_well_when_every_table_is_as_its_model_says(self) -> None:
        create_tables()
        inspection = inspect(state_of_models())
        assert inspection.is_well
        assert inspection.unknown == ()
        assert len(inspection.tables) == len(state_of_models().tables)

    def test_is_not_well_when_a_table_is_missing(self) -> None:
        create_tables([AuditItem])
        inspection = inspect(STATE)
        assert not inspection.is_well
        assert inspection.error == ""
        assert [table.exists for table in inspection.tables] == [True, False]

    def test_can_be_about_some_tables(self) -> None:
        create_tables([AuditItem])
        with attempts("DescribeTable") as asked:
            inspection = inspect(STATE, ["audit"])
        assert inspection.is_well
        assert [table.name for table in inspection.tables] == ["audit"]
        assert asked == [{"TableName": "shop-audit"}]

    def test_counts_items_only_when_asked_to(self) -> None:
        create_tables([ThingItem])
        transaction = Transaction()
        for number in range(3):
            transaction.put(ThingItem("group", f"{number}"))
        transaction.commit()
        state = STATE.with_table(table_state(ThingItem), "tests")
        hours_old = described(ThingItem, ItemCount=2)
        with attempts("Scan") as scans, injected("DescribeTable", hours_old):
            (things,) = inspect(state, ["things-of-tests"]).tables
            assert scans == []
        assert (things.items, things.items_exact) == (2, False)
        *_missing, things = inspect(state, count=True).tables
        assert (things.items, things.items_exact) == (3, True)

    def test_names_the_account_that_the_tables_belong_to(self) -> None:
        create_tables([AuditItem])
        arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/shop-audit"
        with injected("DescribeTable", described(AuditItem, TableArn=arn)):
            assert inspect(STATE, ["audit"]).connection.account == "123456789012"
        assert inspect(STATE, ["audit"]).connection.account is None

    def test_is_one_reason_where_the_store_is_out_of_reach(
        self, reconfigure: Callable[..., None]
    ) -> None:
        reconfigure(endpoint="http://127.0.0.1:9")
        inspection = inspect(STATE)
        assert inspection == Inspection(inspection.connection, error=inspection.connection.reason)
        assert not inspection.is_well

    @pytest.mark.parametrize("operation", ["DescribeTable", "DescribeTimeToLive"])
    @pytest.mark.parametrize(
        ("message", "on"),
        [
            ("", ""),
            (
                "User: arn:aws:iam::123456789012:user/a is not authorized to perform: it on"
                " resource: arn:aws:dynamodb:eu-west-1:123456789012:table/shop-audit because"
                " no policy allows it",
                " on arn:aws:dynamodb:eu-west-1:123456789012:table/shop-audit",
            ),
        ],
        ids=["silent", "with the resource"],
    )
    def test_names_the_permission_that_is_missing(
        self, operation: str, message: str, on: str
    ) -> None:
        create_tables([AuditItem])
        with injected(operation, refusal("AccessDeniedException", Message=message)):
            inspection = inspect(STATE)
        assert inspection.error == f"The permission dynamodb:{operation} is missing{on}."
        assert inspection.tables == ()
        assert inspection.connection.reachable
        assert not inspection.is_well


def described(table: type[Any], **changes: Any) -> Answer:
    """What the store says about the table, but for some members."""
    answer = call("DescribeTable", {"TableName": table.physical_name()})["Table"]
    answer = {**answer, "CreationDateTime": answer["CreationDateTime"].timestamp(), **changes}
    return raw_answer(200, json.dumps({"Table": answer}).encode())
