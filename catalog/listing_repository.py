"""The listing as it is read: a page of a facet is one query, a search at most a few."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pynamodb.expressions.condition import Condition

from catalog import listing
from catalog.entities import Card, Heading, Link, Sort, Status
from catalog.listing import FIRST, INDEX_OF_SORT, KEY_OF_SORT, LAST, is_ascending
from catalog.search import Driver, Stretch
from catalog.tables import ListingItem
from storage.configuration import configuration

# How many entries one request of a filtered search reads: about 60 KB or 8 read units.
FILTERED_READ = 128
COUNTED_READ = 1000


@dataclass(frozen=True, slots=True)
class Position:
    """The last entry that was shown, or looked at; reading goes on after it."""

    name_key: str
    sort_key: str
    stretch: int = 0

    def start_key(self, facet: str, sort: Sort) -> dict[str, Any]:
        key = {"facet": {"S": facet}, "name_key": {"S": self.name_key}}
        key[KEY_OF_SORT[sort]] = {"S": self.sort_key}
        return key


@dataclass(frozen=True, slots=True)
class Row:
    card: Card
    position: Position


@dataclass(frozen=True, slots=True)
class Browsed:
    rows: list[Row]
    heading: Heading | None
    capacity: float


@dataclass(frozen=True, slots=True)
class Found:
    """`resume` is where to go on looking; None when everything was looked at."""

    rows: list[Row]
    resume: Position | None
    requests: int
    capacity: float


def browse(facet: str, sort: Sort, *, most: int, after: Position | None = None) -> Browsed:
    """The first `most` entries of a facet, and on its first page its heading. One query.

    With several shards the facet "all" takes one query for each of them.
    """
    shards = configuration().shards
    facets = listing.all_facets(shards) if facet == listing.ALL else [facet]
    streams: list[list[Row]] = []
    heading: Heading | None = None
    capacity = 0.0
    for shard in facets:
        found = ListingItem.slice(
            shard,
            _without_far_heading(sort),
            page_size=most if after else most + 1,
            index=INDEX_OF_SORT[sort],
            forward=is_ascending(sort),
            start_key=after.start_key(shard, sort) if after else None,
        )
        capacity += found.capacity
        streams.append([_row(item, sort) for item in found.items if not item.is_heading])
        heading = next((i.to_heading() for i in found.items if i.is_heading), heading)
    merged = heapq.merge(
        *streams, key=lambda row: row.position.sort_key, reverse=not is_ascending(sort)
    )
    return Browsed([row for row, _ in zip(merged, range(most), strict=False)], heading, capacity)


def _without_far_heading(sort: Sort) -> Condition:
    """Every facet has a heading at both ends; this leaves the one where reading begins."""
    key = getattr(ListingItem, KEY_OF_SORT[sort])
    condition: Condition = key < LAST if is_ascending(sort) else key > FIRST
    return condition


def count_entries(facet: str) -> int:
    """How many entries a facet has, its headings left out. Queries of a thousand entries."""
    count = 0
    start_key: dict[str, Any] | None = None
    while True:
        found = ListingItem.slice(facet, page_size=COUNTED_READ, start_key=start_key)
        count += sum(not item.is_heading for item in found.items)
        start_key = found.last_key
        if start_key is None:
            return count


def own_product_ids(
    org_id: str, status: Status, *, most: int, after: str = ""
) -> tuple[list[str], str | None]:
    """What an organisation has in one state, by name, and the place behind it; None at the end.

    Strongly consistent. One query.
    """
    facet = listing.organisation_facet(org_id, status)
    start_key = {"facet": {"S": facet}, "name_key": {"S": after}} if after else None
    found = ListingItem.slice(facet, page_size=most, start_key=start_key, consistent=True)
    place = found.last_key["name_key"]["S"] if found.last_key else None
    return [item.card["id"] for item in found.items], place


def search(
    drivers: Sequence[Driver],
    sort: Sort,
    *,
    most: int,
    statuses: Sequence[Status],
    budget: int,
    after: Position | None = None,
) -> tuple[Driver, Found]:
    """Tries the drivers in turn until one gives `most` rows or comes to its end.

    The last one that the `budget` of requests allows is read on; the others get one request
    each. Returns the driver that answered, for `after` is a position in its stretches.
    """
    spent, capacity = 0, 0.0
    best: tuple[Driver, Found] | None = None
    for driver in drivers:
        others_left = driver is not drivers[-1]
        allowance = 1 if others_left and spent + 1 < budget else budget - spent
        found = _drive(driver, sort, most=most, statuses=statuses, budget=allowance, after=after)
        spent, capacity = spent + found.requests, capacity + found.capacity
        if best is None or _is_better(found, best[1], most):
            best = driver, found
        if found.resume is None or len(found.rows) >= most or spent >= budget:
            break
    assert best is not None
    driver, found = best
    return driver, Found(found.rows, found.resume, spent, capacity)


def _is_better(found: Found, other: Found, most: int) -> bool:
    def merit(result: Found) -> tuple[bool, int]:
        return (result.resume is None, min(len(result.rows), most))

    return merit(found) > merit(other)


def _drive(
    driver: Driver,
    sort: Sort,
    *,
    most: int,
    statuses: Sequence[Status],
    budget: int,
    after: Position | None,
) -> Found:
    rows: list[Row] = []
    requests, capacity = 0, 0.0
    stretch = after.stretch if after else 0
    while stretch < len(driver.stretches):
        if requests == budget or len(rows) >= most:
            return Found(rows, after or _start_of(stretch), requests, capacity)
        found = ListingItem.slice(
            driver.stretches[stretch].facet,
            _within(driver.stretches[stretch], sort),
            page_size=FILTERED_READ if driver.must_contain else most + 1,
            index=INDEX_OF_SORT[sort],
            forward=is_ascending(sort),
            start_key=(
                after.start_key(driver.stretches[stretch].facet, sort)
                if after and after.name_key
                else None
            ),
            filter_condition=_containing(driver.must_contain),
        )
        requests, capacity = requests + 1, capacity + found.capacity
        rows += _matching(driver, found.items, sort, statuses, stretch)
        if found.last_key:
            after = _position(found.last_key, sort, stretch)
        else:
            stretch += 1
            after = _start_of(stretch)
    return Found(rows, None, requests, capacity)


def _start_of(stretch: int) -> Position:
    return Position("", "", stretch)


def _within(stretch: Stretch, sort: Sort) -> Condition:
    key = getattr(ListingItem, KEY_OF_SORT[sort])
    condition: Condition = key.between(stretch.low, stretch.high)
    return condition


def _containing(texts: Sequence[str]) -> Condition | None:
    condition: Condition | None = None
    for text in texts:
        contains = ListingItem.text.contains(text)
        condition = contains if condition is None else condition & contains
    return condition


def _matching(
    driver: Driver,
    items: Sequence[ListingItem],
    sort: Sort,
    statuses: Sequence[Status],
    stretch: int,
) -> list[Row]:
    rows = []
    for item in items:
        if item.is_heading or driver.is_repetition(
            listing.word_of(item.name_key), item.text or "", ascending=is_ascending(sort)
        ):
            continue
        row = _row(item, sort, stretch)
        if row.card.status in statuses:
            rows.append(row)
    return rows


def _row(item: ListingItem, sort: Sort, stretch: int = 0) -> Row:
    sort_key = getattr(item, KEY_OF_SORT[sort])
    return Row(item.to_card(), Position(item.name_key, sort_key, stretch))


def _position(key: dict[str, Any], sort: Sort, stretch: int) -> Position:
    return Position(key["name_key"]["S"], key[KEY_OF_SORT[sort]]["S"], stretch)


def brands(*, most: int, after: str = "") -> tuple[list[Link], float]:
    """The brands of public products by name, and the capacity consumed. One query."""
    start = {"facet": {"S": listing.BRANDS}, "name_key": {"S": after}} if after else None
    found = ListingItem.slice(listing.BRANDS, page_size=most, start_key=start)
    links = [Link(item.name_key, item.label or item.name_key) for item in found.items]
    return links, found.capacity
