from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from storage.audit import AuditItem, audit_item, history
from storage.errors import InvalidCursor
from storage.meter import measure
from storage.transactions import Transaction
from tests.storage.faults import attempts
from tests.storage.things import ThingItem, fresh, names_in

pytestmark = pytest.mark.usefixtures("store", "things")

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def write(subject: str, *moments: datetime) -> None:
    transaction = Transaction()
    for number, moment in enumerate(moments):
        transaction.put(
            audit_item(
                subject=subject,
                actor_id="USER-1",
                actor_name="Alice",
                action=f"things.change_{number}",
                changes={"number": (number - 1, number)},
                at=moment,
            )
        )
    transaction.commit()


def test_an_entry_says_who_did_what_and_when() -> None:
    write("thing#1", NOON)
    (entry,) = history("thing#1").items
    assert entry.at == NOON
    assert (entry.actor_id, entry.actor_name) == ("USER-1", "Alice")
    assert entry.action == "things.change_0"
    assert entry.changes == {"number": (-1, 0)}


def test_an_entry_may_have_no_name_and_no_changes() -> None:
    transaction = Transaction()
    transaction.put(audit_item(subject="thing#1", actor_id="system", action="things.import"))
    transaction.commit()
    (entry,) = history("thing#1").items
    assert (entry.actor_name, entry.changes) == ("", {})
    assert abs(datetime.now(UTC) - entry.at) < timedelta(minutes=1)


def test_the_newest_comes_first_page_by_page() -> None:
    write("thing#1", *(NOON + timedelta(microseconds=number) for number in range(7)))
    write("thing#2", NOON)
    seen: list[str] = []
    cursor: str | None = None
    for left in (4, 1, 0):
        with measure() as meter:
            page = history("thing#1", limit=3, cursor=cursor)
        assert [call.operation for call in meter.calls] == ["Query"]
        seen += [entry.action for entry in page.items]
        cursor = page.next_cursor
        assert (cursor is None) == (left == 0)
    assert seen == [f"things.change_{number}" for number in reversed(range(7))]


def test_a_whole_last_page_is_followed_by_nothing() -> None:
    write("thing#1", *(NOON + timedelta(seconds=number) for number in range(4)))
    first = history("thing#1", limit=2)
    assert history("thing#1", limit=2, cursor=first.next_cursor).next_cursor is None


def test_a_cursor_opens_no_other_history() -> None:
    write("thing#1", NOON, NOON, NOON)
    cursor = history("thing#1", limit=1).next_cursor
    with pytest.raises(InvalidCursor):
        history("thing#2", limit=1, cursor=cursor)


def test_entries_of_the_same_moment_do_not_overwrite_each_other() -> None:
    write("thing#1", NOON, NOON, NOON)
    assert len(history("thing#1").items) == 3


def test_times_are_kept_in_utc() -> None:
    write("thing#1", datetime(2026, 3, 1, 14, tzinfo=timezone(timedelta(hours=2))))
    assert history("thing#1").items[0].at == NOON


def test_an_entry_is_written_with_the_change_or_not_at_all() -> None:
    group = fresh()
    for expected in (1, 1):
        transaction = Transaction()
        transaction.put(
            ThingItem(group, "a"), condition=ThingItem.group.does_not_exist(), on_failure=KeyError
        )
        transaction.put(audit_item(subject="thing#1", actor_id="USER-1", action="things.add"))
        if names_in(group):
            with pytest.raises(KeyError):
                transaction.commit()
        else:
            transaction.commit()
        assert len(history("thing#1").items) == expected


def test_what_one_person_did_is_one_query() -> None:
    write("thing#1", NOON)
    write("thing#2", NOON + timedelta(seconds=1))
    with attempts("Query") as queries:
        found = AuditItem.slice("USER-1", index="actor-index", page_size=10, forward=False)
    assert [item.subject for item in found.items] == ["thing#2", "thing#1"]
    assert [query["Limit"] for query in queries] == [10]
