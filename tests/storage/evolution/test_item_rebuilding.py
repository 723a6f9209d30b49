"""Derived tables: every gadget has as many entries in another table as its count says."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest

from storage.client import call
from storage.configuration import table_name
from storage.evolution.errors import LeaseLost, MigrationError
from storage.evolution.items.checkpoints import claim
from storage.evolution.state import Attribute, Key, Kind, State, StateError, TableState
from storage.migrations import RebuildItems
from storage.typed import PlainItem, RawItem, plain_item, raw_item
from tests.storage.evolution.conftest import PREFIX
from tests.storage.evolution.gadgets import (
    STATE,
    TABLE,
    before,
    gadget,
    make_table,
    new_job,
    note,
    put,
    run,
    stored,
    write,
)
from tests.storage.faults import attempts, injected, reply_lost

ENTRIES = f"{PREFIX}entries"
WITH_ENTRIES = STATE.with_table(
    TableState(ENTRIES, Key("id"), kinds={"Entry": Kind({"id": Attribute("S")})}), "shop"
)
WRITE = "TransactWriteItems"


class Interrupted(Exception):
    pass


def entries_of(item: PlainItem) -> list[PlainItem]:
    return [
        {"id": f"{item['id']}/{n}", "of": item["id"], "says": item.get("name", ""), "n": n}
        for n in range(int(item.get("count", 0)))
    ]


def build(item: RawItem) -> Iterable[RawItem]:
    return map(raw_item, entries_of(plain_item(item)))


def origin(item: RawItem) -> RawItem | None:
    return {"id": item["of"]} if "of" in item else None


REBUILD = RebuildItems(ENTRIES, TABLE, build, origin, kind="Gadget")
OWN: PlainItem = {"id": "heading", "says": "not derived from anything"}


@pytest.fixture(autouse=True)
def made(evolving: str) -> None:
    make_table()
    make_table(ENTRIES)


@pytest.fixture
def job() -> str:
    """Begun, so that the next transaction is one of items."""
    name = new_job()
    claim(name, "token", lambda: 1)
    return name


def rebuild(operation: RebuildItems = REBUILD, **changes: Any) -> dict[str, Any]:
    return run(operation, WITH_ENTRIES, **changes)


def entries() -> dict[Any, PlainItem]:
    return stored(ENTRIES)


def right(*others: PlainItem, of: str = "g") -> dict[Any, PlainItem]:
    """What should be there for what is in the source now."""
    sources = [item for key, item in stored().items() if key.startswith(of)]
    found = [entry for item in sources for entry in entries_of(item)]
    return {item["id"]: item for item in (*found, *others)}


def delete_source(key: str) -> None:
    call("DeleteItem", {"TableName": table_name(TABLE), "Key": {"id": {"S": key}}})


def fill() -> None:
    put(*(gadget(n, count=n % 5) for n in range(300)), note(1, count=3))


def test_what_is_missing_wrong_or_left_over_is_put_right() -> None:
    fill()
    rebuild()
    assert entries() == right()
    wrong = {"id": "g000004/2", "of": "g000004", "says": "old", "n": 2, "more": True}
    stale = {"id": "g000004/9", "of": "g000004"}
    orphan = {"id": "g009999/0", "of": "g009999"}
    of_a_note = {"id": "note#000001/0", "of": "note#000001"}
    put(OWN, wrong, stale, orphan, of_a_note, table=ENTRIES)
    call("DeleteItem", {"TableName": table_name(ENTRIES), "Key": {"id": {"S": "g000008/0"}}})
    summary = rebuild()
    assert entries() == right(OWN)
    assert (summary["changed"], summary["removed"]) == (2, 3)


def test_many_large_entries_of_one_item_are_spread_over_several_transactions() -> None:
    put(gadget(1, count=30, name="x" * 200_000))
    with attempts(WRITE) as bodies:
        assert rebuild()["changed"] == 30
    assert entries() == right()
    sizes = [len(json.dumps(body)) for body in bodies]
    assert max(sizes) < 4_000_000
    assert sum(sizes) > 6_000_000


def test_a_second_time_nothing_is_written() -> None:
    fill()
    rebuild()
    with attempts(WRITE) as bodies:
        summary = rebuild()
    assert (summary["changed"], summary["removed"]) == (0, 0)
    assert not any(table_name(ENTRIES) in str(body) for body in bodies)


@pytest.mark.parametrize("count", [98, 99, 250])
def test_one_item_may_have_more_entries_than_a_transaction_takes(count: int) -> None:
    put(gadget(1, count=3), gadget(2, count=count), gadget(3, count=2))
    summary = rebuild()
    assert entries() == right()
    assert (summary["seen"], summary["changed"]) == (3 + 5 + count, 5 + count)


def test_a_change_in_the_middle_of_many_entries_reaches_all_of_them(job: str) -> None:
    put(gadget(1, count=250))
    change = before(lambda: write(gadget(1, count=240, name="New", version=2)))
    with injected(WRITE, before(lambda: None), change):
        rebuild(job=job)
    assert entries() == right()


def test_a_run_that_ends_in_the_middle_of_many_entries_is_taken_up_there(job: str) -> None:
    put(gadget(1, count=250), gadget(2, count=2))

    def interrupt() -> None:
        raise Interrupted

    with (
        injected(WRITE, before(lambda: None), before(interrupt)),
        pytest.raises(Interrupted),
    ):
        rebuild(job=job)
    assert 0 < len(entries()) < 250
    rebuild(job=job)
    assert entries() == right()


@pytest.mark.parametrize("faults", [1, 4])
def test_lost_replies_do_no_harm(faults: int, job: str) -> None:
    put(gadget(1, count=250), *(gadget(n, count=n % 5) for n in range(2, 50)), OWN)
    put({"id": "g009999/0", "of": "g009999"}, table=ENTRIES)
    with injected(WRITE, *[reply_lost] * faults):
        rebuild(job=job)
    assert entries() == right()


def test_a_source_item_that_goes_meanwhile_leaves_nothing_behind(job: str) -> None:
    fill()
    with injected(WRITE, before(lambda: delete_source("g000004"))):
        rebuild(job=job)
    assert "g000004/0" not in entries()
    assert entries() == right()


def test_an_entry_that_becomes_right_meanwhile_is_not_deleted(job: str) -> None:
    put(gadget(1, count=1))
    put({"id": "g000001/1", "of": "g000001", "says": "Gadget 1", "n": 1}, table=ENTRIES)
    rebuild_source = before(lambda: None)
    grows = before(lambda: write(gadget(1, count=2, version=2)))
    # The entry that is missing, the checkpoints of the second part, then what is left over.
    with injected(WRITE, rebuild_source, before(lambda: None), grows):
        rebuild(job=job)
    assert entries() == right()


def test_an_entry_that_somebody_else_changes_is_looked_at_again(job: str) -> None:
    put(gadget(1, count=1))
    put({"id": "g000001/0", "of": "g000001", "says": "old", "n": 0}, table=ENTRIES)
    other = {"id": {"S": "g000001/0"}, "of": {"S": "g000001"}, "says": {"S": "other"}}
    change = before(lambda: _put_raw(other))
    with injected(WRITE, change):
        summary = rebuild(job=job)
    assert entries() == right()
    assert summary["conflicts"] == 1


def _put_raw(item: RawItem) -> None:
    call("PutItem", {"TableName": table_name(ENTRIES), "Item": item})


def test_a_source_without_a_version_is_compared_as_a_whole(job: str) -> None:
    put(note(1, count=2, name="old"))
    operation = RebuildItems(ENTRIES, TABLE, build, origin, kind="Note")
    with injected(WRITE, before(lambda: write(note(1, count=3, name="new")))):
        summary = rebuild(operation, job=job)
    assert entries() == right(of="note#")
    assert summary["conflicts"] == 1


@pytest.mark.parametrize("phase", ["segment", "stale"])
def test_a_runner_that_was_replaced_changes_nothing_and_its_successor_finishes(
    phase: str, job: str
) -> None:
    fill()
    put(*({"id": f"g009999/{n}", "of": "g009999"} for n in range(200)), table=ENTRIES)
    claim(job, "first", lambda: 1)
    if phase == "stale":
        claim(job, "first", lambda: 1, phase=phase)
        left = [gadget(n, count=n % 5) for n in range(300)]
        put(*(entry for item in left for entry in entries_of(item)), table=ENTRIES)
    was = entries()
    with (
        injected(WRITE, *[before(lambda: None)] * (phase == "stale"), take_over(job, phase)),
        pytest.raises(LeaseLost),
    ):
        rebuild(job=job, token="first")
    assert entries() == was
    rebuild(job=job, token="second")
    assert entries() == right()


def take_over(job: str, phase: str) -> Any:
    def act() -> None:
        claim(job, "second", lambda: 1, phase=phase)

    return before(act)


def test_a_finished_part_is_not_done_again() -> None:
    fill()
    job = new_job()
    rebuild(job=job)
    with attempts("Scan") as scans, attempts("BatchGetItem") as reads:
        rebuild(job=job)
    assert len(scans) == len(reads) == 0


def test_there_is_nothing_to_undo() -> None:
    assert rebuild(backwards=True) == {}
    assert REBUILD.irreversible_because(WITH_ENTRIES) == ""
    assert REBUILD.describe() == f"rebuild {ENTRIES} from {TABLE}"


@pytest.mark.parametrize(
    "built, problem",
    [
        ([{"of": {"S": "x"}}], "without its key"),
        ([{"id": {"S": "x"}}, {"id": {"S": "x"}}], "two items with the same key"),
        (5, "the function raised TypeError"),
    ],
    ids=["key", "twice", "raises"],
)
def test_what_a_function_builds_wrongly_stops_the_run(built: Any, problem: str) -> None:
    put(gadget(7))
    operation = RebuildItems(ENTRIES, TABLE, lambda _: built, origin, kind="Gadget")
    with pytest.raises(MigrationError, match=f"g000007.*{problem}"):
        rebuild(operation)


def test_a_function_has_to_return_a_key_of_the_source() -> None:
    put(OWN, table=ENTRIES)
    operation = RebuildItems(ENTRIES, TABLE, build, lambda _: {"other": {"S": "x"}})
    with pytest.raises(MigrationError, match=r"heading.*no key of the source"):
        rebuild(operation)


def test_source_kinds_that_cannot_be_told_apart_are_refused() -> None:
    table = STATE.table(TABLE).with_kind("Twin", Kind({}))
    with pytest.raises(MigrationError, match="cannot be told from Twin"):
        run(REBUILD, WITH_ENTRIES.with_table(table))


@pytest.mark.parametrize(
    "operation",
    [
        RebuildItems(ENTRIES, "nowhere", build, origin),
        RebuildItems("nowhere", TABLE, build, origin),
        RebuildItems(ENTRIES, TABLE, build, origin, kind="Gizmo"),
        RebuildItems(TABLE, TABLE, build, origin),
    ],
    ids=["source", "table", "kind", "itself"],
)
def test_what_does_not_fit_is_refused(operation: RebuildItems) -> None:
    with pytest.raises(StateError):
        operation.state_after(WITH_ENTRIES, "shop")


def test_the_state_stays_as_it_is() -> None:
    after: State = REBUILD.state_after(WITH_ENTRIES, "shop")
    assert after == WITH_ENTRIES
