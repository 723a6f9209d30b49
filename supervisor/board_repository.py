"""Counters: changed in the transaction of what they count, and added up."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date

from storage.transactions import Transaction
from supervisor.board import Tally, counts_of
from supervisor.board_tables import (
    SHARDS,
    CounterItem,
    bucket_name,
    parts_of,
    person_key,
    tally_of,
    total_key,
)
from supervisor.entities import Request

_AT_ONCE = 1000


def count(transaction: Transaction, before: Request | None, after: Request) -> None:
    """Adds what becomes of the counters when a request is made, or one state replaces another:
    nothing, or two updates."""
    shard = random.randrange(SHARDS)  # noqa: S311  # spreads load, no secret
    for one in counts_of(before, after):
        actions = [getattr(CounterItem, one.what.value).add(one.amount)]
        if one.bucket is not None:
            actions.append(getattr(CounterItem, bucket_name(one.bucket)).add(one.amount))
        keys = [total_key(one.day, after.store_id, shard)]
        if one.user_id:
            keys.append(person_key(one.day, after.store_id, one.user_id, shard))
        for key in keys:
            transaction.amend(CounterItem(after.org_id, key), actions)


def totals_of(org_id: str, day: date, store_id: str = "") -> dict[str, Tally]:
    """By store, of all stores or of one: one query for each megabyte, some six hundred stores."""
    found: dict[str, Tally] = {}
    for (store, _), tally in _found(org_id, total_key(day, store_id)):
        found[store] = found.get(store, Tally()) + tally
    return found


def people_of(org_id: str, day: date, store_id: str = "") -> dict[tuple[str, str], Tally]:
    """By store and person, of all stores or of one; queries as above. No more is read than things
    happened on that day."""
    found: dict[tuple[str, str], Tally] = {}
    for place, tally in _found(org_id, person_key(day, store_id)):
        found[place] = found.get(place, Tally()) + tally
    return found


def remove_some(transaction: Transaction, org_id: str, *, most: int) -> bool:
    """False where an organisation has none (any more)."""
    items = CounterItem.slice(org_id, page_size=most).items
    for item in items:
        transaction.delete(item)
    return bool(items)


def _found(org_id: str, beginning: str) -> Iterator[tuple[tuple[str, str], Tally]]:
    start = None
    while True:
        page = CounterItem.slice(
            org_id,
            CounterItem.counter.startswith(beginning),
            page_size=_AT_ONCE,
            start_key=start,
        )
        for item in page.items:
            yield parts_of(item.counter), tally_of(item)
        start = page.last_key
        if start is None:
            return
