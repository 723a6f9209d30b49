from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from storage.cursors import open_sealed, seal
from storage.meter import measure
from storage.pages import Page, page_of
from storage.transactions import Transaction
from tests.storage.faults import attempts
from tests.storage.things import ThingItem, fresh


def pages_of(count: int, size: int) -> list[Page[int]]:
    """All pages of the numbers up to `count`, each read with one row more than it shows."""
    pages, start = [], 0
    while True:
        rows = list(range(start, count))[: size + 1]
        page = page_of(rows, size, lambda row: seal({"after": row}, purpose="numbers"))
        pages.append(page)
        if page.next_cursor is None:
            return pages
        start = open_sealed(page.next_cursor, purpose="numbers")["after"] + 1


@given(count=st.integers(0, 60), size=st.integers(1, 20))
def test_walking_all_pages_shows_every_row_once(count: int, size: int) -> None:
    shown = [row for page in pages_of(count, size) for row in page.items]
    assert shown == list(range(count))


@given(count=st.integers(0, 60), size=st.integers(1, 20))
def test_every_page_but_the_last_is_full_and_the_last_is_not_empty(count: int, size: int) -> None:
    *full, last = pages_of(count, size)
    assert all(len(page.items) == size for page in full)
    assert last.items or not full


def things_page(group: str, limit: int, cursor: str | None) -> Page[str]:
    start = open_sealed(cursor, purpose=group)["key"] if cursor else None
    found = ThingItem.slice(group, page_size=limit + 1, start_key=start)
    page = page_of(
        found.items,
        limit,
        lambda item: seal(
            {"key": {"group": {"S": item.group}, "name": {"S": item.name}}}, purpose=group
        ),
        found.capacity,
    )
    return page.map(lambda item: item.name)


@settings(max_examples=20, deadline=None)
@given(count=st.integers(0, 12), size=st.integers(1, 6))
def test_the_same_holds_over_a_stored_partition(things: None, count: int, size: int) -> None:
    group = fresh()
    transaction = Transaction()
    for number in range(count):
        transaction.put(ThingItem(group, f"{number:03}"))
    transaction.commit()

    shown: list[str] = []
    cursor: str | None = None
    with attempts("Query") as queries:
        for _ in range(max(1, -(-count // size))):
            with measure() as meter:
                page = things_page(group, size, cursor)
            assert len(meter.calls) == 1
            assert page.capacity == meter.capacity
            shown += page.items
            cursor = page.next_cursor
    assert cursor is None
    assert shown == [f"{number:03}" for number in range(count)]
    assert {query["Limit"] for query in queries} == {size + 1}


def test_a_page_can_be_shown_as_something_else() -> None:
    page = Page((1, 2), "next", 0.5)
    assert page.map(str) == Page(("1", "2"), "next", 0.5)
