"""What scripts rely on: `--json`, exit codes, standard output and error, and the width."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from django.utils import translation

from storage.configuration import configuration, configure, table_name
from storage.engine import Engine
from storage.schema import create_tables
from tests.config.tables_command import (
    attribute,
    change,
    drop_index,
    extra_index,
    new_index,
    run,
)
from tests.storage.faults import FaultyServer, injected, refusal

pytestmark = pytest.mark.usefixtures("empty_store")
LONG_PREFIX = "organisation-of-many-shops-staging-environment-of-the-feature-branch-" * 2


class TestJson:
    SHAPE = ["ok", "connection", "tables", "unknown", "error"]
    CONNECTION = "endpoint region reachable reason milliseconds engine account".split()
    TABLE = (
        "name physical_name exists status items items_exact size_bytes throughput table_class"
        " hash_key range_key indexes expires_by stream deletion_protection created arn differences"
    ).split()
    INDEX = "name kind status hash_key range_key projection throughput items size_bytes".split()

    def test_has_a_stable_shape_and_nothing_beside_it(self, all_tables: None) -> None:
        drop_index("sku_gsi")
        extra_index()
        seen = run("--json", "--exact")
        document = json.loads(seen.output)
        assert seen.code == 1
        assert list(document) == self.SHAPE
        assert list(document["connection"]) == self.CONNECTION
        assert all(list(table) == self.TABLE for table in document["tables"])
        (products,) = (table for table in document["tables"] if table["name"] == "products")
        (index,) = products["indexes"]
        assert list(index) == self.INDEX
        assert (document["ok"], document["unknown"], document["error"]) == (False, [], "")
        assert products["hash_key"] == {"name": "id", "type": "S"}
        assert products["created"].endswith("Z")
        assert products["differences"] == [
            {
                "table": "products",
                "what": "index brand-index",
                "wanted": "missing",
                "actual": "there",
                "text": "the index brand-index is there but not in the model",
            },
            {
                "table": "products",
                "what": "index sku_gsi",
                "wanted": "there",
                "actual": "missing",
                "text": "the index sku_gsi is missing",
            },
        ]

    def test_is_well_when_all_is(self, all_tables: None) -> None:
        seen = run("--json")
        assert seen.code == 0
        assert json.loads(seen.output)["ok"] is True

    def test_has_every_table_of_a_fresh_store(self) -> None:
        document = json.loads(run("--json").output)
        assert {table["exists"] for table in document["tables"]} == {False}
        assert {table["status"] for table in document["tables"]} == {None}

    def test_keeps_its_shape_when_the_store_is_down(self, empty_store: Engine) -> None:
        empty_store.stop()
        seen = run("--json")
        document = json.loads(seen.output)
        assert seen.code == 2
        assert list(document) == self.SHAPE
        assert (document["ok"], document["tables"], document["unknown"]) == (False, [], None)
        assert document["connection"]["reachable"] is False
        assert document["connection"]["reason"] == document["error"] == seen.errors


class TestAStoreThatDoesNotAnswer:
    """One sentence, exit code 2, and nothing on standard output."""

    def refused(self, *arguments: str) -> str:
        seen = run(*arguments)
        assert (seen.code, seen.output) == (2, "")
        assert len(seen.errors.splitlines()) == 1
        return seen.errors

    def test_is_down(self, empty_store: Engine) -> None:
        empty_store.stop()
        assert self.refused() == (
            f"The store at {empty_store.endpoint} cannot be reached"
            " (ListTables: EndpointConnectionError)."
        )

    def test_hangs(self) -> None:
        with FaultyServer(["hang"]) as server:
            configure(replace(configuration(), endpoint=server.endpoint, read_timeout_seconds=0.2))
            assert "did not answer in time" in self.refused("--check")

    def test_breaks_the_connection_halfway(self, all_tables: None, empty_store: Engine) -> None:
        port = int(empty_store.endpoint.rpartition(":")[2])
        with FaultyServer(["pass", "pass", "truncate"], ("127.0.0.1", port)) as server:
            configure(replace(configuration(), endpoint=server.endpoint))
            assert "cannot be reached" in self.refused()

    def test_is_in_another_region(self) -> None:
        with injected("ListTables", refusal("InvalidSignatureException")):
            assert "does not accept the credentials for eu-west-1" in self.refused()

    def test_refuses_without_a_permission(self, all_tables: None) -> None:
        with injected("DescribeTimeToLive", refusal("AccessDeniedException")):
            said = self.refused()
        assert said == "The permission dynamodb:DescribeTimeToLive is missing."

    def test_throttles(self, all_tables: None) -> None:
        with injected("DescribeTable", refusal("ThrottlingException")):
            said = self.refused()
        assert "throttles DescribeTable (ThrottlingException); try again later." in said


class TestWidth:
    @pytest.fixture(autouse=True)
    def long_names(self, empty_store: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
        configure(replace(configuration(), table_prefix=LONG_PREFIX))
        longest = "product-listing-of-everything-that-was-ever-sold-anywhere-" * 4
        monkeypatch.setenv("PRODUCT_LISTING_TABLE_NAME", longest)

    @pytest.mark.parametrize("language", ["en", "es"])
    @pytest.mark.parametrize("arguments", [(), ("--check",), ("products", "product-listing")])
    @pytest.mark.parametrize("there", [True, False], ids=["there", "missing"])
    def test_is_never_more_than_80(
        self, language: str, arguments: tuple[str, ...], there: bool
    ) -> None:
        if there:
            create_tables()
            change(table_name("products"), **attribute("b"), **new_index("brand-index" * 20, "b"))
        with translation.override(language):
            lines = run(*arguments, verbosity=2).lines
        assert len(lines) > 2
        assert [line for line in lines if len(line) > 80] == []

    def test_loses_no_letter_of_a_long_name(self) -> None:
        create_tables()
        letters = "".join("".join(run("products").lines).split())
        assert f"table/{LONG_PREFIX}products" in letters
        assert f"storedas{LONG_PREFIX}products" in letters
