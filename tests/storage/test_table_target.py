"""Rows straight into a table: kinds from the model, conditions on what was read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute

from storage.client import call
from storage.domain import Invalid
from storage.ephemeral import EphemeralItem
from storage.errors import StoreBusy
from storage.intake import Entry, Outcome
from storage.table import Table, registered_tables
from storage.table_target import TableTarget, TableWriter
from storage.transactions import Transaction
from tests.storage.faults import injected, refusal, reply_lost
from tests.storage.things import ThingItem, VersionedThing, fresh

pytestmark = pytest.mark.usefixtures("things")
MOMENT = datetime(2024, 7, 1, 12, tzinfo=UTC)


def writer_of(table: type[Any] = ThingItem, *, dry_run: bool = False) -> TableWriter:
    return TableTarget(table).writer(org_id=None, owner_email=None, dry_run=dry_run, options={})


def process(*rows: Mapping[str, Any], writer: TableWriter | None = None) -> Outcome:
    entries = [Entry(line, row) for line, row in enumerate(rows, 1)]
    return (writer or writer_of()).process(entries)


def raw(group: str, name: str) -> dict[str, Any]:
    arguments = {
        "TableName": ThingItem.physical_name(),
        "Key": {"group": {"S": group}, "name": {"S": name}},
        "ConsistentRead": True,
    }
    return dict(call("GetItem", arguments).get("Item", {}))


def test_fields_are_the_attributes_with_their_kinds() -> None:
    target = TableTarget(ThingItem)
    assert target.key == ("group", "name")
    kinds = {field.name: (field.kind, field.required) for field in target.fields}
    assert kinds == {
        "group": ("text", True),
        "name": ("text", True),
        "rank": ("decimal", False),
        "colour": ("text", False),
        "amount": ("decimal", False),
        "document": ("text", False),
        "text": ("text", False),
    }
    assert "version" not in {field.name for field in TableTarget(VersionedThing).fields}


@pytest.mark.parametrize("table", registered_tables(), ids=lambda table: table.logical_name())
def test_every_table_has_a_target_with_its_keys(table: Any) -> None:
    target = TableTarget(table)
    assert target.key[0] == table._hash_key_attribute().attr_name
    assert {field.kind for field in target.fields} <= {
        "text",
        "decimal",
        "boolean",
        "moment",
        "texts",
    }


def test_items_are_created_changed_and_left_alone() -> None:
    group = fresh()
    row = {"group": group, "name": "a", "rank": Decimal("1.50"), "text": "x", "colour": None}
    assert process(row).counts.created == 1
    assert raw(group, "a") == {
        "group": {"S": group},
        "name": {"S": "a"},
        "rank": {"N": "1.5"},
        "text": {"S": "x"},
    }
    assert process({**row, "rank": Decimal("1.500")}).counts.unchanged == 1
    assert process({**row, "text": "y"}).counts.changed == 1
    assert process({**row, "text": None}).counts.changed == 1
    assert "text" not in raw(group, "a")


def test_what_a_row_does_not_speak_of_stays() -> None:
    group = fresh()
    process({"group": group, "name": "a", "text": "kept", "amount": Decimal("0.10")})
    assert process({"group": group, "name": "a", "rank": Decimal(2)}).counts.changed == 1
    found = raw(group, "a")
    assert (found["text"], found["rank"]) == ({"S": "kept"}, {"N": "2"})


def test_attributes_that_the_model_does_not_know_stay() -> None:
    group = fresh()
    item = {"group": {"S": group}, "name": {"S": "a"}, "foreign": {"S": "kept"}}
    call("PutItem", {"TableName": ThingItem.physical_name(), "Item": item})
    process({"group": group, "name": "a", "text": "new"})
    assert raw(group, "a") == {**item, "text": {"S": "new"}}


def test_an_item_may_be_nothing_but_its_key() -> None:
    group = fresh()
    assert process({"group": group, "name": "a"}).counts.created == 1
    assert process({"group": group, "name": "a"}).counts.unchanged == 1


def test_versions_grow_and_guard() -> None:
    group = fresh()
    writer = writer_of(VersionedThing)
    row = {"group": group, "name": "a", "text": "1"}
    process(row, writer=writer)
    assert raw(group, "a")["version"] == {"N": "1"}
    process({**row, "text": "2"}, writer=writer)
    assert raw(group, "a")["version"] == {"N": "2"}
    item = VersionedThing.find(group, "a")
    assert item is not None
    item.text = "by the application"
    transaction = Transaction()
    transaction.put(item)
    transaction.commit()
    assert raw(group, "a")["version"] == {"N": "3"}


@pytest.mark.parametrize("table", [ThingItem, VersionedThing], ids=lambda table: table.__name__)
@pytest.mark.parametrize("exists", [True, False], ids=["changed", "created"])
def test_a_change_meanwhile_is_not_overwritten(table: type[Any], exists: bool) -> None:
    group = fresh()
    if exists:
        process({"group": group, "name": "a", "text": "before"}, writer=writer_of(table))

    class Overtaken(TableWriter):
        def _write(self, change: Any) -> str:
            rival = writer_of(table)
            process({"group": group, "name": "a", "text": "rival"}, writer=rival)
            return super()._write(change)

    plain = writer_of(table)
    writer = Overtaken(plain._table, plain._attributes, dry_run=False)
    outcome = process({"group": group, "name": "a", "text": "mine"}, writer=writer)
    assert outcome.counts.refused == 1
    assert "same moment" in outcome.refusals[0].reason
    assert raw(group, "a")["text"] == {"S": "rival"}


def test_rows_without_a_key_or_with_impossible_values_are_refused_alone() -> None:
    group = fresh()
    outcome = process(
        {"group": group, "name": None},
        {"group": group, "name": "a", "document": "{"},
        {"group": group, "name": "x" * 1025},
        {"group": group, "name": "fine", "document": '{"a": 1}'},
    )
    assert [(one.line, one.field) for one in outcome.refusals] == [
        (1, "name"),
        (2, "document"),
        (3, "name"),
    ]
    assert outcome.counts.created == 1
    assert raw(group, "fine")["document"] == {"S": '{"a": 1}'}


def test_a_dry_run_tells_the_same_and_writes_nothing() -> None:
    group = fresh()
    process({"group": group, "name": "a", "text": "x"})
    rows = [{"group": group, "name": name, "text": "y"} for name in "ab"]
    counts = process(*rows, writer=writer_of(dry_run=True)).counts
    assert (counts.created, counts.changed) == (1, 1)
    assert raw(group, "a")["text"] == {"S": "x"}
    assert raw(group, "b") == {}


def test_more_rows_than_one_request_takes() -> None:
    group = fresh()
    rows = [{"group": group, "name": f"{number:03}", "text": "x"} for number in range(250)]
    assert process(*rows).counts.created == 250
    assert process(*rows).counts.unchanged == 250


def test_the_same_key_is_recognised_however_its_number_is_written() -> None:
    writer = writer_of()
    assert writer.identity({"group": "g", "name": "n"}) == writer.identity(
        {"group": "g", "name": "n", "text": "other"}
    )
    assert writer.identity({"group": "g", "name": None}) is None
    assert writer.identity({"group": "a\nb", "name": "c"}) != writer.identity(
        {"group": "a", "name": "b\nc"}
    )


class Unsaid(Table):
    class Meta:
        logical_name = "unsaid-things-of-tests"
        secondary = True

    id = UnicodeAttribute(hash_key=True)


class Numbered(Table):
    """Never made: only how its keys are compared."""

    class Meta:
        logical_name = "numbered-things-of-tests"
        secondary = True
        plain_items = True

    number = NumberAttribute(hash_key=True)
    document = JSONAttribute(null=True)


@pytest.mark.parametrize(
    ("one", "another", "are_same"),
    [
        ("1", "1.0", True),
        ("100", "1E+2", True),
        ("0", "-0.00", True),
        ("0.1", "0.10", True),
        ("1234567890123456789012345678901234567", "1234567890123456789012345678901234568", False),
    ],
)
def test_numbers_in_keys_have_one_form(one: str, another: str, are_same: bool) -> None:
    writer = writer_of(Numbered)
    keys = [{"number": Decimal(text)} for text in (one, another)]
    identities = {writer.identity(key) for key in keys}
    stored = [writer._raw(Entry(1, key)) for key in keys]
    assert (len(identities) == 1) is are_same
    assert (stored[0] == stored[1]) is are_same


@pytest.mark.parametrize("table", [ThingItem, VersionedThing], ids=lambda table: table.__name__)
def test_a_lost_answer_is_no_change_by_somebody_else(table: type[Any]) -> None:
    group, writer = fresh(), writer_of(table)
    with injected("UpdateItem", reply_lost) as attempts:
        created = process({"group": group, "name": "a", "text": "x"}, writer=writer)
    assert len(attempts) == 2
    assert (created.counts.created, created.refusals) == (1, [])
    with injected("UpdateItem", reply_lost):
        changed = process({"group": group, "name": "a", "text": "y"}, writer=writer)
    assert (changed.counts.changed, changed.refusals) == (1, [])
    with injected("UpdateItem", reply_lost):
        emptied = process({"group": group, "name": "a", "text": None}, writer=writer)
    assert (emptied.counts.changed, emptied.refusals) == (1, [])
    assert "text" not in raw(group, "a")


def test_a_transaction_at_the_same_item_is_waited_for() -> None:
    group = fresh()
    conflict = refusal("TransactionConflictException", message="conflict")
    with injected("UpdateItem", conflict, conflict) as attempts:
        assert process({"group": group, "name": "a", "text": "x"}).counts.created == 1
    assert len(attempts) == 3
    with injected("UpdateItem", always=conflict), pytest.raises(StoreBusy):
        process({"group": group, "name": "b", "text": "x"})


def test_json_that_is_nested_too_deeply_costs_its_row() -> None:
    deep = "[" * 100_000 + "]" * 100_000
    outcome = process({"number": Decimal(1), "document": deep}, writer=writer_of(Numbered))
    assert outcome.counts.refused == 1
    assert "nested too deeply" in outcome.refusals[0].reason
    group = fresh()
    rows = [{"group": group, "name": "a", "document": text} for text in (deep, "[[1]]")]
    outcome = process(*rows)
    assert (outcome.counts.created, outcome.counts.refused) == (1, 1)


@pytest.mark.usefixtures("store")
def test_expiry_and_documents_are_stored_as_the_application_reads_them() -> None:
    target = TableTarget(EphemeralItem)
    writer = target.writer(org_id=None, owner_email=None, dry_run=False, options={"raw": True})
    row = {"key": "k", "expires_at": MOMENT, "document": "[1]", "attempts": Decimal(3)}
    assert process(row, writer=writer).counts.created == 1
    found = EphemeralItem.find("k", consistent=True)
    assert found is not None
    assert (found.expires_at, found.document, found.attempts) == (MOMENT, [1], 3)
    assert process(row, writer=writer).counts.unchanged == 1
    assert writer.count() == 1
    missing = process({"key": "l", "document": "[]"}, writer=writer)
    assert [(one.field, one.line) for one in missing.refusals] == [("expires_at", 1)]


def test_tables_with_rules_of_their_own_need_a_word() -> None:
    tables = registered_tables()
    assert len(tables) >= 6
    for table in tables:
        with pytest.raises(Invalid, match=r"options\.raw"):
            writer_of(table)


def test_a_table_is_protected_unless_its_model_says_otherwise() -> None:
    with pytest.raises(Invalid, match=r"options\.raw"):
        writer_of(Unsaid)


@pytest.mark.parametrize("options", [{"rwa": True}, {"raw": True, "publish": True}], ids=str)
def test_options_that_there_are_not_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match="unknown option"):
        TableTarget(ThingItem).writer(org_id=None, owner_email=None, dry_run=False, options=options)
