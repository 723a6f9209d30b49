"""How messages name items: by their keys, unless these may be about people."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest
from botocore.awsrequest import AWSPreparedRequest
from pynamodb.attributes import UnicodeAttribute

from accounts.tables import AccountItem
from storage import table as registry
from storage.evolution.errors import MigrationError
from storage.evolution.items.edits import ItemTable
from storage.evolution.models import table_state
from storage.migrations import TransformItems
from storage.table import Table
from tests.storage.evolution.gadgets import TABLE, count_up, gadget, make_table, put, run
from tests.storage.faults import injected, refusal

KEY = '{"id":{"S":"g000001"}}'
DIGEST = "#" + hashlib.sha256(KEY.encode()).hexdigest()[:12]


@pytest.fixture
def personal() -> Iterator[None]:
    class PersonalItem(Table):
        class Meta:
            logical_name = TABLE
            secondary = True
            personal_keys = True

        id = UnicodeAttribute(hash_key=True)

    yield
    del registry._kinds[TABLE]


@pytest.fixture(autouse=True)
def filled(evolving: str) -> None:
    make_table()
    put(gadget(1))


def pass_on(request: AWSPreparedRequest) -> None:
    """The store answers: this one makes the checkpoints."""


def said_by_a_failing_function() -> str:
    with pytest.raises(MigrationError) as caught:
        run(TransformItems(TABLE, count_up))
    return str(caught.value)


def said_of_a_refusal_by_the_store() -> str:
    invalid = refusal("ValidationException", message="no such thing")
    with (
        injected("TransactWriteItems", pass_on, always=invalid),
        pytest.raises(MigrationError) as caught,
    ):
        run(TransformItems(TABLE, lambda item: item.update(count=1)))
    return str(caught.value)


SAYINGS = [said_by_a_failing_function, said_of_a_refusal_by_the_store]


def test_by_the_key() -> None:
    for say in SAYINGS:
        assert f"item {KEY}: " in say()


def test_by_a_digest_where_keys_may_be_about_people(personal: None) -> None:
    for say in SAYINGS:
        said = say()
        assert f"item {DIGEST}: " in said
        assert "g000001" not in said


def test_no_message_shows_the_address_of_an_account() -> None:
    key = {"hashKey": {"S": "EMAIL#ana@example.com"}, "rangeKey": {"S": "EMAIL#ana@example.com"}}
    said = str(ItemTable(table_state(AccountItem), "a migration").problem(key, "is wrong"))
    assert "example.com" not in said
    assert said.startswith("a migration: item #")
