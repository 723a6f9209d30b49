"""Item operations while others write: nothing of theirs is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from storage.client import call
from storage.configuration import table_name
from storage.evolution.errors import MigrationError
from storage.evolution.items.checkpoints import claim
from storage.migrations import (
    DELETE_ITEM,
    AddAttribute,
    Attribute,
    RemoveAttribute,
    RemoveKind,
    RenameAttribute,
    TransformItems,
)
from storage.typed import PlainItem, raw_item, raw_value
from tests.storage.evolution.gadgets import (
    TABLE,
    before,
    counts,
    gadget,
    note,
    put,
    run,
    stored,
    write,
)
from tests.storage.evolution.item_runs import COUNT_UP, ITEMS, WRITE
from tests.storage.evolution.item_runs import gadgets as gadgets
from tests.storage.evolution.item_runs import job as job
from tests.storage.evolution.item_runs import quick as quick
from tests.storage.faults import injected

pytestmark = pytest.mark.usefixtures("quick")


def update(key: str, name: str, value: Any) -> None:
    call(
        "UpdateItem",
        {
            "TableName": table_name(TABLE),
            "Key": {"id": {"S": key}},
            "UpdateExpression": "SET #n = :v",
            "ExpressionAttributeNames": {"#n": name},
            "ExpressionAttributeValues": {":v": raw_value(value)},
        },
    )


def remove(key: str) -> None:
    call("DeleteItem", {"TableName": table_name(TABLE), "Key": {"id": {"S": key}}})


def run_while(act: Callable[[], None], operation: Any, job: str) -> dict[str, Any]:
    """`act` happens between reading the items and writing them."""
    with injected(WRITE, before(act)):
        return run(operation, job=job)


class TestOthersWrite:
    def test_a_change_under_the_version_is_kept(self, job: str) -> None:
        put(*(gadget(number, count=0) for number in range(5)))
        summary = run_while(
            lambda: write(gadget(2, count=10, version=2, colour="new")), COUNT_UP, job
        )
        assert stored()["g000002"] == gadget(2, count=11, version=3, colour="new")
        assert counts() == {1: 4, 11: 1}
        assert (summary["changed"], summary["conflicts"]) == (5, 1)

    def test_an_application_that_read_the_item_before_loses_its_race(self, job: str) -> None:
        put(gadget(1, count=0))
        run(COUNT_UP, job=job)
        stale = {
            "TableName": table_name(TABLE),
            "Item": raw_item(gadget(1, count=0, version=2)),
            "ConditionExpression": "version = :read",
            "ExpressionAttributeValues": {":read": {"N": "1"}},
        }
        with pytest.raises(ClientError, match="ConditionalCheckFailed"):
            call("PutItem", stale)

    @pytest.mark.parametrize(
        "item", [gadget(1, count=0), note(1, count=0)], ids=["version", "none"]
    )
    def test_a_change_past_the_version_is_kept_too(self, item: PlainItem, job: str) -> None:
        put(item)
        run_while(lambda: update(item["id"], "count", 10), COUNT_UP, job)
        assert stored()[item["id"]]["count"] == 11

    def test_without_a_version_every_value_that_was_read_counts(self, job: str) -> None:
        put(note(1, text="old"))

        def function(item: PlainItem) -> None:
            item["length"] = len(item["text"]) + len(item.get("mood", ""))

        run_while(
            lambda: update("note#000001", "text", "longer"), TransformItems(TABLE, function), job
        )
        assert stored()["note#000001"]["length"] == 6

    def test_without_a_version_declared_attributes_must_stay_absent(self, job: str) -> None:
        put(note(1, text="old"))

        def function(item: PlainItem) -> None:
            item["length"] = len(item["text"]) + len(item.get("mood", ""))

        run_while(
            lambda: update("note#000001", "mood", "good"), TransformItems(TABLE, function), job
        )
        assert stored()["note#000001"]["length"] == 7

    def test_what_nobody_read_may_change_without_a_conflict(self, job: str) -> None:
        put(note(1))
        operation = AddAttribute(TABLE, "Note", "size", Attribute("S"), default="x")
        summary = run_while(lambda: update("note#000001", "text", "new"), operation, job)
        assert summary["conflicts"] == 0
        assert stored()["note#000001"] == note(1, text="new", size="x")

    def test_an_item_that_is_deleted_stays_so(self, job: str) -> None:
        put(gadget(1, count=0), gadget(2, count=0), note(1, count=0))

        def both() -> None:
            remove("g000001")
            remove("note#000001")

        summary = run_while(both, COUNT_UP, job)
        assert stored() == {"g000002": gadget(2, count=1, version=2)}
        assert (summary["seen"], summary["changed"], summary["unchanged"]) == (3, 1, 2)

    def test_where_all_that_was_to_be_written_is_gone_the_run_ends(self, job: str) -> None:
        put(gadget(1, count=0))
        assert run_while(lambda: remove("g000001"), COUNT_UP, job)["changed"] == 0
        assert claim(job, "other", lambda: 1)[0].progress.done

    def test_an_item_that_was_made_right_meanwhile_is_left_alone(self, job: str) -> None:
        put(gadget(1, count=0), gadget(2, count=0))
        operation = AddAttribute(TABLE, "Gadget", "size", Attribute("S"), default="migrated")
        run_while(lambda: write(gadget(1, size="own", version=2)), operation, job)
        assert stored()["g000001"] == gadget(1, size="own", version=2)
        assert stored()["g000002"]["size"] == "migrated"

    @pytest.mark.parametrize(
        "item, name", [(gadget(1), "colour"), (note(1), "mood")], ids=["version", "none"]
    )
    def test_an_item_that_changed_is_not_deleted_unseen(
        self, item: PlainItem, name: str, job: str
    ) -> None:
        put(item)
        operation = TransformItems(TABLE, lambda one: None if name in one else DELETE_ITEM)
        run_while(lambda: update(item["id"], name, "new"), operation, job)
        assert stored() == {item["id"]: {**item, name: "new"}}

    def test_an_item_that_changed_is_still_of_a_kind_that_goes(self, job: str) -> None:
        put(note(1), note(2))
        operation = RemoveKind(TABLE, "Note", purge=True)
        summary = run_while(lambda: update("note#000001", "text", "new"), operation, job)
        assert (stored(), summary["conflicts"]) == ({}, 1)

    def test_a_value_that_appears_under_the_new_name_stops_a_renaming(self, job: str) -> None:
        put(gadget(1, colour="red"))
        operation = RenameAttribute(TABLE, "Gadget", "colour", "paint")
        with pytest.raises(MigrationError, match="different values"):
            run_while(lambda: update("g000001", "paint", "blue"), operation, job)
        assert stored()["g000001"] == gadget(1, colour="red", paint="blue")

    def test_the_newest_value_is_the_one_that_is_renamed(self, job: str) -> None:
        put(note(1, mood="bad"))
        operation = RenameAttribute(TABLE, "Note", "mood", "temper")
        run_while(lambda: update("note#000001", "mood", "good"), operation, job)
        assert stored()["note#000001"] == note(1, temper="good")

    def test_values_written_meanwhile_are_removed_with_the_attribute(self, job: str) -> None:
        put(note(1, mood="bad"))
        operation = RemoveAttribute(TABLE, "Note", "mood")
        run_while(lambda: update("note#000001", "mood", "good"), operation, job)
        assert stored()["note#000001"] == note(1)

    def test_an_item_that_never_rests_does_not_stop_the_others(
        self, job: str, gadgets: None
    ) -> None:
        hot, ended, writes = "g000250", threading.Event(), 0

        def keep_writing() -> None:
            nonlocal writes
            while not ended.is_set():
                call(
                    "UpdateItem",
                    {
                        "TableName": table_name(TABLE),
                        "Key": {"id": {"S": hot}},
                        "UpdateExpression": "ADD version :one, heat :one",
                        "ExpressionAttributeValues": {":one": {"N": "1"}},
                    },
                )
                writes += 1

        thread = threading.Thread(target=keep_writing)
        thread.start()
        try:
            run(COUNT_UP, job=job)
        finally:
            ended.set()
            thread.join()
        assert counts() == {1: ITEMS}
        item = stored()[hot]
        assert (item["heat"], item["version"]) == (writes, 2 + writes)
