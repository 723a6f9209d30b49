"""Taking people out of the history, which nothing else changes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from storage.audit import (
    AuditEntry,
    Changes,
    audit_item,
    entries_by,
    entries_of,
    history,
    redact_actor,
    redact_subject,
)
from storage.meter import Meter, measure
from storage.transactions import Transaction

pytestmark = pytest.mark.usefixtures("store")

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def write(subject: str, actor_id: str, count: int = 1, **changes: tuple[object, object]) -> None:
    transaction = Transaction()
    for number in range(count):
        transaction.put(
            audit_item(
                subject=subject,
                actor_id=actor_id,
                actor_name=f"Name of {actor_id}",
                action=f"things.change_{number}",
                changes=changes,
                at=NOON + timedelta(seconds=number),
            )
        )
    transaction.commit()


def without_names(entry: AuditEntry) -> Changes:
    return {name: pair for name, pair in entry.changes.items() if name != "name"}


@contextmanager
def writes(expected: int) -> Iterator[Meter]:
    with measure() as meter:
        yield meter
    written = [call for call in meter.calls if call.operation == "TransactWriteItems"]
    assert len(written) == expected


def test_all_entries_of_a_subject_and_of_an_actor_are_read_a_hundred_at_a_time() -> None:
    for _ in range(2):
        write("thing#1", "USER-1", 75)
    write("thing#2", "USER-1")
    write("thing#1", "USER-2")
    with measure() as meter:
        assert len(list(entries_of("thing#1"))) == 151
        found = list(entries_by("USER-1"))
    assert len(found) == 151
    assert [entry.at for entry in found] == sorted(entry.at for entry in found)
    assert [call.operation for call in meter.calls] == ["Query"] * 4


def test_what_is_said_of_a_subject_is_taken_out_and_the_rest_stays() -> None:
    write("thing#1", "USER-1", name=("Old", "New"), price=(1, 2))
    write("thing#1", "USER-2", name=("Old", "New"))
    write("thing#2", "USER-1", name=("Old", "New"))
    with writes(1):
        assert sum(redact_subject("thing#1", without_names)) == 2
    assert [entry.changes for entry in entries_of("thing#1")] in (
        [{"price": (1, 2)}, {}],
        [{}, {"price": (1, 2)}],
    )
    assert {entry.actor_name for entry in entries_of("thing#1")} == {
        "Name of USER-1",
        "Name of USER-2",
    }
    assert history("thing#2").items[0].changes == {"name": ("Old", "New")}


def test_the_name_of_an_actor_is_taken_out_wherever_it_is() -> None:
    write("thing#1", "USER-1", name=("Old", "New"))
    write("thing#2", "USER-1")
    write("thing#1", "USER-2", name=("Old", "New"))
    with writes(1):
        assert sum(redact_actor("USER-1", without_names)) == 2
    assert [(entry.actor_name, entry.changes) for entry in entries_by("USER-1")] == [("", {})] * 2
    assert [(entry.actor_name, entry.changes) for entry in entries_by("USER-2")] == [
        ("Name of USER-2", {"name": ("Old", "New")})
    ]


def test_stopped_in_between_it_goes_on_where_it_was() -> None:
    for _ in range(3):
        write("thing#1", "USER-1", 70)
    assert next(redact_actor("USER-1", without_names)) == 100
    with writes(2):
        assert list(redact_actor("USER-1", without_names)) == [0, 100, 10]
    with writes(0):
        assert sum(redact_actor("USER-1", without_names)) == 0


def test_an_entry_that_is_gone_meanwhile_does_not_come_back() -> None:
    write("thing#1", "USER-1", 2)
    redacting = redact_actor("USER-1", _deleting_first)
    with pytest.raises(Exception, match="ConditionalCheckFailed"):
        next(redacting)
    assert len(list(entries_of("thing#1"))) == 1
    assert sum(redact_actor("USER-1", without_names)) == 1


def _deleting_first(entry: AuditEntry) -> Changes:
    from storage.audit import AuditItem

    if entry.action.endswith("_0"):
        (item,) = AuditItem.slice(entry.subject, page_size=1).items
        transaction = Transaction()
        transaction.delete(item)
        transaction.commit()
    return entry.changes
