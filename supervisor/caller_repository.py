"""Where a telephone number stands in requests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from supervisor import keys
from supervisor.entities import Summary
from supervisor.tables import PHONES, RequestItem, summary_of


@dataclass(frozen=True, slots=True)
class Place:
    """`sort` is the range key that the request had when the index was written."""

    store_id: str
    sort: str

    @property
    def request_id(self) -> str:
        return keys.said_by(self.sort)[2]


@dataclass(frozen=True, slots=True)
class Places:
    """`last_key` is where to go on reading, None at the end."""

    places: list[Place]
    last_key: dict[str, Any] | None


def places_of_number(
    org_id: str,
    number: str,
    *,
    most: int,
    before: datetime | None = None,
    after: dict[str, Any] | None = None,
) -> Places:
    """Of all requests of the organisation that name it, or of those asked before; newest first: one
    query of an index of keys, which lags a moment."""
    found = RequestItem.slice(
        keys.phone_key(org_id, number),
        None if before is None else RequestItem.request_time < before,
        index=PHONES,
        page_size=most,
        start_key=after,
        forward=False,
    )
    return Places([Place(item.store_id, item.sort) for item in found.items], found.last_key)


def summaries_at(places: Iterable[Place]) -> list[Summary]:
    """Newest first: one read for each hundred, without those that have moved meanwhile."""
    items = RequestItem.find_many((place.store_id, place.sort) for place in places)
    return sorted(map(summary_of, items), key=lambda one: (one.asked_at, one.id), reverse=True)
