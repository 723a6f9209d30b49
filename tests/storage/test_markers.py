from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from storage import markers
from storage.transactions import Transaction
from tests.storage.things import ThingItem, fresh

pytestmark = pytest.mark.usefixtures("things")


class Taken(Exception):
    pass


def marker(value: str, owner: str = "") -> ThingItem:
    return ThingItem(f"marker#{value}", "marker", text=owner or None)


def owner_of(value: str) -> str | None:
    found = ThingItem.find(f"marker#{value}", "marker", consistent=True)
    return found.text if found else None


def claim(value: str, owner: str) -> bool:
    transaction = Transaction()
    transaction.put(ThingItem(fresh("owner"), owner))
    markers.claim(transaction, marker(value, owner), taken=Taken)
    try:
        transaction.commit()
    except Taken:
        return False
    return True


def test_of_many_simultaneous_claims_exactly_one_wins() -> None:
    value = fresh("value")
    together = Barrier(32)

    def attempt(number: int) -> bool:
        together.wait()
        return claim(value, f"owner-{number}")

    with ThreadPoolExecutor(32) as pool:
        won = list(pool.map(attempt, range(32)))
    assert won.count(True) == 1
    assert owner_of(value) == f"owner-{won.index(True)}"


def test_a_released_value_is_free_again() -> None:
    value = fresh("value")
    assert claim(value, "alice")
    assert not claim(value, "bob")
    transaction = Transaction()
    markers.release(transaction, marker(value))
    transaction.commit()
    assert claim(value, "bob")


def test_a_move_frees_the_old_value_and_takes_the_new_one() -> None:
    old, new = fresh("old"), fresh("new")
    claim(old, "alice")
    transaction = Transaction()
    markers.move(transaction, marker(old, "alice"), marker(new, "alice"), taken=Taken)
    transaction.commit()
    assert (owner_of(old), owner_of(new)) == (None, "alice")


def test_a_move_to_a_taken_value_changes_nothing() -> None:
    old, new = fresh("old"), fresh("new")
    claim(old, "alice")
    claim(new, "charlie")
    transaction = Transaction()
    markers.move(transaction, marker(old, "alice"), marker(new, "alice"), taken=Taken)
    with pytest.raises(Taken):
        transaction.commit()
    assert (owner_of(old), owner_of(new)) == ("alice", "charlie")


def test_a_move_to_the_same_value_is_nothing_even_if_the_marker_says_more_now() -> None:
    value = fresh("value")
    claim(value, "alice")
    transaction = Transaction()
    markers.move(transaction, marker(value, "alice"), marker(value, "alice, renamed"), taken=Taken)
    assert len(transaction) == 0
