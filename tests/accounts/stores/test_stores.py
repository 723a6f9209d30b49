"""What may be done to stores, by whom, and what it costs."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from accounts.entities import Actor, User
from accounts.errors import ConfirmationNeeded, PermissionDenied
from accounts.permissions import Role
from accounts.stores import repository, selectors, services
from accounts.stores.entities import State, Store, sortable
from accounts.stores.errors import (
    NumberTaken,
    StoreChanged,
    StoreDeleted,
    StoreNotDeleted,
    StoreNotFound,
)
from storage.configuration import configuration, configure
from storage.domain import Invalid
from storage.errors import InvalidCursor
from storage.meter import measure
from tests.accounts.actions import stored
from tests.accounts.stores.shops import HOURS, bind, chain, make, said, write


def names(stores: Any) -> list[str]:
    return [store.name for store in stores]


def confirmed(user: User) -> Actor:
    return replace(user.actor, confirmed_at=datetime.now(UTC))


# Making and changing


def test_a_store_is_kept_as_it_was_said(alice: User) -> None:
    store = make(
        alice,
        "  Plaza   Mayor ",
        number="0042",
        lines=["Plaza Mayor 1", "", "Local 3"],
        city="Madrid",
        country="es",
        time_zone="madrid",
        opening_hours=HOURS,
    )
    found = selectors.find_store(alice.actor, store_id=store.store_id)
    assert found == store
    assert (found.name, found.number, found.time_zone) == ("Plaza Mayor", "0042", "Europe/Madrid")
    assert (found.address.lines, found.address.country) == (("Plaza Mayor 1", "Local 3"), "ES")
    assert (found.opening_hours, found.active, found.version) == (HOURS, True, 1)


def test_what_is_wrong_with_each_field_is_said(alice: User) -> None:
    wrong = said(
        " ", number="x" * 41, country="XX", time_zone="Middle/Earth", lines=list("abcde"), city=3
    )
    with pytest.raises(Invalid) as refused:
        services.create_store(actor=alice.actor, said=wrong)
    assert sorted(refused.value.fields) == [
        *("city", "country", "lines", "name", "number", "time_zone")
    ]
    with pytest.raises(Invalid) as refused:
        services.create_store(actor=alice.actor, said={})
    assert sorted(refused.value.fields) == ["name", "time_zone"]


def test_a_change_keeps_what_it_does_not_name_and_tells_the_history(alice: User) -> None:
    store = make(alice, city="Madrid", number="7")
    changed = services.change_store(
        actor=alice.actor, store_id=store.store_id, said={"name": "Low Street"}, version=1
    )
    assert (changed.name, changed.address.city, changed.number) == ("Low Street", "Madrid", "7")
    assert selectors.find_store(alice.actor, store_id=store.store_id) == changed
    entry = selectors.store_history(alice.actor, store).items[0]
    assert (entry.action, entry.changes) == (
        "accounts.change_store",
        {"name": ("High Street", "Low Street")},
    )


def test_saying_the_same_writes_nothing(alice: User) -> None:
    store = make(alice, opening_hours=HOURS)
    with measure() as meter:
        same = services.change_store(
            actor=alice.actor,
            store_id=store.store_id,
            said=said(opening_hours=HOURS),
            version=1,
        )
    assert same == store
    assert [call.operation for call in meter.calls] == ["GetItem"]


def test_whoever_was_slower_gets_what_is_stored_now(alice: User) -> None:
    store = make(alice)
    actor, store_id = alice.actor, store.store_id
    services.change_store(actor=actor, store_id=store_id, said={"name": "First"}, version=1)
    with pytest.raises(StoreChanged) as lost:
        services.change_store(actor=actor, store_id=store_id, said={"name": "Second"}, version=1)
    assert lost.value.current.name == "First"


def test_a_number_belongs_to_one_store_of_an_organisation(alice: User, charlie: User) -> None:
    first, second = make(alice, number="A-1"), make(alice, "Other", number="B-1")
    make(charlie, number="A-1")
    with pytest.raises(NumberTaken):
        make(alice, "Third", number="a-1")
    change: dict[str, Any] = {"actor": alice.actor, "said": {"number": "a-1"}}
    with pytest.raises(NumberTaken):
        services.change_store(store_id=second.store_id, version=1, **change)
    # Another spelling of one's own is no other number.
    services.change_store(store_id=first.store_id, version=1, **change)
    services.change_store(
        actor=alice.actor, store_id=first.store_id, said={"number": "C"}, version=2
    )
    assert make(alice, "Third", number="A-1").number == "A-1"


def test_of_64_parallel_creations_with_one_number_one_succeeds(alice: User) -> None:
    def create(number: int) -> bool:
        try:
            make(alice, f"Store {number}", number="S-1")
        except NumberTaken:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(create, range(64))) == 1
    assert len(list(repository.every_store(alice.org_id))) == 1


# Deleting


def test_a_deleted_store_is_in_no_other_list_and_comes_back_as_it_was(alice: User) -> None:
    store = make(alice, number="7")
    deleted = services.delete_store(actor=alice.actor, store_id=store.store_id, version=1)
    assert names(selectors.list_stores(alice.actor).items) == []
    assert names(selectors.list_stores(alice.actor, state=State.DELETED).items) == [store.name]
    with pytest.raises(NumberTaken):
        make(alice, "Other", number="7")
    with pytest.raises(StoreDeleted):
        services.change_store(
            actor=alice.actor, store_id=store.store_id, said={"name": "X"}, version=2
        )
    assert deleted.version == 2
    restored = services.restore_store(actor=alice.actor, store_id=store.store_id, version=2)
    assert replace(restored, version=1, updated_at=store.updated_at) == store
    assert names(selectors.list_stores(alice.actor).items) == [store.name]


def test_only_what_is_deleted_is_removed_for_good_and_only_after_a_confirmation(
    alice: User,
) -> None:
    store = make(alice, number="7")
    target: dict[str, Any] = {"store_id": store.store_id, "version": 1}
    with pytest.raises(ConfirmationNeeded):
        services.destroy_store(actor=alice.actor, **target)
    with pytest.raises(StoreNotDeleted):
        services.destroy_store(actor=confirmed(alice), **target)
    services.delete_store(actor=alice.actor, **target)
    services.destroy_store(actor=confirmed(alice), store_id=store.store_id, version=2)
    with pytest.raises(StoreNotFound):
        selectors.find_store(alice.actor, store_id=store.store_id)
    assert make(alice, number="7").number == "7"


# Who may


def test_a_viewer_sees_stores_and_changes_none(alice: User, bob: User) -> None:
    store = make(alice)
    assert selectors.find_store(bob.actor, store_id=store.store_id) == store
    target: dict[str, Any] = {"actor": bob.actor, "store_id": store.store_id, "version": 1}
    with pytest.raises(PermissionDenied):
        make(bob)
    with pytest.raises(PermissionDenied):
        services.change_store(said={"name": "X"}, **target)
    with pytest.raises(PermissionDenied):
        services.delete_store(**target)


def test_other_organisations_stores_are_not_found(alice: User, charlie: User) -> None:
    store = make(alice)
    for attempt in (
        lambda: selectors.find_store(charlie.actor, store_id=store.store_id),
        lambda: selectors.store_history(charlie.actor, store),
        lambda: services.delete_store(actor=charlie.actor, store_id=store.store_id, version=1),
    ):
        with pytest.raises(StoreNotFound):
            attempt()
    assert selectors.list_stores(charlie.actor).items == ()


@pytest.mark.parametrize(
    "store_id", ["", "x", "STORE-", "USER-1", "STORE#7", "STORE-" + "a" * 1100]
)
def test_what_is_no_store_is_not_found(alice: User, store_id: str) -> None:
    make(alice, number="7")
    for name in (store_id, alice.user_id, alice.org_id):
        with pytest.raises(StoreNotFound):
            selectors.find_store(alice.actor, store_id=name)


def test_who_is_bound_to_stores_sees_and_changes_only_those(alice: User, bob: User) -> None:
    own, other = make(alice, "Own"), make(alice, "Other")
    manager = replace(bind(replace(stored(bob), roles=(Role.MANAGER,)), own)).actor
    assert names(selectors.list_stores(manager).items) == ["Own"]
    assert names(selectors.all_stores(manager)) == ["Own"]
    both = [own.store_id, other.store_id]
    assert list(selectors.find_stores(manager, store_ids=both)) == [own.store_id]
    with pytest.raises(StoreNotFound):
        selectors.find_store(manager, store_id=other.store_id)
    with pytest.raises(StoreNotFound):
        services.delete_store(actor=manager, store_id=other.store_id, version=1)
    services.change_store(actor=manager, store_id=own.store_id, said={"name": "Ours"}, version=1)
    with pytest.raises(PermissionDenied):
        services.create_store(actor=manager, said=said("New"))


def test_who_is_bound_to_many_stores_turns_pages_too(alice: User, bob: User) -> None:
    own = chain(alice.org_id, 7)
    actor = bind(stored(bob), *own[:5]).actor
    first = selectors.list_stores(actor, limit=3)
    second = selectors.list_stores(actor, limit=3, cursor=first.next_cursor)
    assert names(first.items) + names(second.items) == names(own[:5])
    assert second.next_cursor is None


# Lists


@contextmanager
def shards(count: int) -> Iterator[None]:
    before = configuration()
    configure(replace(before, shards=count))
    yield
    configure(before)


@pytest.mark.parametrize("count", [1, 4])
def test_a_list_is_by_name_and_a_page_is_one_query_whatever_the_shards(
    alice: User, charlie: User, count: int
) -> None:
    with shards(count):
        chain(charlie.org_id, 3)
        write(
            replace(store, name=name, version=1)
            for store, name in zip(
                chain(alice.org_id, 6),
                ["Zamora", "Ávila", "ávila 2", "écija", "🍕 Roma", "Burgos"],
                strict=True,
            )
        )
        cursor: str | None = None
        pages: list[list[str]] = []
        while cursor or not pages:
            with measure() as meter:
                page = selectors.list_stores(alice.actor, limit=2, cursor=cursor)
            assert [call.operation for call in meter.calls] == ["Query"]
            pages.append(names(page.items))
            cursor = page.next_cursor
    # The overwritten six have left their old places in the index.
    assert pages == [["Ávila", "ávila 2"], ["Burgos", "écija"], ["Zamora", "🍕 Roma"]]


def test_a_page_of_1565_stores_costs_what_is_on_it(alice: User) -> None:
    chain(alice.org_id, 1565)
    with measure() as meter:
        page = selectors.list_stores(alice.actor)
    assert names(page.items) == [f"Store {number:04}" for number in range(50)]
    # 51 items of 0.75 KB each, at half a unit for 4 KB.
    assert ([call.operation for call in meter.calls], meter.capacity <= 6) == (["Query"], True)
    with measure() as meter:
        choices = selectors.all_stores(alice.actor)
    assert len(choices) == 1565
    assert len(meter.calls) <= 3
    assert len(selectors.all_stores(alice.actor, most=100)) == 100


def test_a_cursor_is_of_its_list_only(alice: User, charlie: User) -> None:
    chain(alice.org_id, 3)
    cursor = selectors.list_stores(alice.actor, limit=2).next_cursor
    for actor, state in ((charlie.actor, State.ACTIVE), (alice.actor, State.INACTIVE)):
        with pytest.raises(InvalidCursor):
            selectors.list_stores(actor, state=state, cursor=cursor)


def test_deactivating_moves_a_store_to_another_list(alice: User) -> None:
    store = make(alice)
    services.change_store(
        actor=alice.actor, store_id=store.store_id, said={"active": False}, version=1
    )
    assert names(selectors.list_stores(alice.actor).items) == []
    assert names(selectors.list_stores(alice.actor, state=State.INACTIVE).items) == [store.name]
    assert selectors.all_stores(alice.actor) == ()


def test_the_longest_name_still_fits_a_key(alice: User) -> None:
    # One of these letters becomes eighteen when it is taken apart.
    store: Store = make(alice, "\ufdfa" * 150)
    assert selectors.list_stores(alice.actor).items == (store,)
    assert len(sortable(store.name)) == 150
