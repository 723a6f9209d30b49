"""What waits for those who are on duty in an organisation: each part of it is read once a round."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from accounts.stores.repository import store_ids_from
from supervisor import keys, repository
from supervisor.entities import Code, Summary
from supervisor.notice_entities import LONGEST_LAST_PART
from supervisor.repository import Found

AT_ONCE = 100
# Of an organisation, the most urgent first; what is overdue and not swept yet is passed over.
MOST_READ = 500
MOST_QUERIES = 10
# Of so many stores each is read by itself where the organisation has more than that.
MOST_STORES = 50
MOST_QUERIES_OF_STORE = 2
_Read = Callable[[dict[str, Any] | None], Found]


class Waiting(NamedTuple):
    """Most urgent first, then oldest first. `is_all` is False where there may be more."""

    requests: list[Summary]
    is_all: bool


@dataclass(slots=True)
class WaitingRequests:
    """Of one organisation at one moment."""

    org_id: str
    now: datetime
    _most_urgent: Waiting | None = None
    _of_stores: dict[str, Waiting] = field(default_factory=dict)
    _store_ids: list[str] | None = None

    def most_urgent(self) -> Waiting:
        """A query for each hundred that are looked at, ten at most; of an index, which lags a
        moment."""
        if self._most_urgent is None:
            self._most_urgent = self._waiting(self._of_organisation, MOST_READ, MOST_QUERIES)
        return self._most_urgent

    def of_stores(self, store_ids: Iterable[str] | None) -> Waiting:
        """Of these stores, or of all: what is most urgent in each, and whatever may be near its
        deadline. Up to three queries a store; where there are too many for that, `most_urgent`."""
        wanted = self._every_store() if store_ids is None else sorted(store_ids)
        if len(wanted) > MOST_STORES:
            return self.most_urgent()
        parts = [self._of_store(store_id) for store_id in wanted]
        found = {one.id: one for part in parts for one in part.requests}
        requests = sorted(found.values(), key=_queue_key)
        return Waiting(requests, all(part.is_all for part in parts))

    def _of_store(self, store_id: str) -> Waiting:
        if store_id in self._of_stores:
            return self._of_stores[store_id]

        def read(after: dict[str, Any] | None) -> Found:
            return repository.pending_of_store(store_id, now=self.now, most=AT_ONCE, after=after)

        found = self._waiting(read, AT_ONCE, MOST_QUERIES_OF_STORE)
        if not found.is_all:
            near = repository.due_in_store(
                store_id, since=self.now, until=self.now + LONGEST_LAST_PART, most=AT_ONCE
            )
            due = (one.as_of(self.now) for one in near.summaries)
            found = Waiting([*found.requests, *due], is_all=False)
        self._of_stores[store_id] = found
        return found

    def _of_organisation(self, after: dict[str, Any] | None) -> Found:
        return repository.pending_of_organisation(
            self.org_id, now=self.now, most=AT_ONCE, after=after
        )

    def _every_store(self) -> list[str]:
        if self._store_ids is None:
            self._store_ids = store_ids_from(self.org_id, "", most=MOST_STORES + 1)
        return self._store_ids

    def _waiting(self, read: _Read, most: int, queries: int) -> Waiting:
        requests: list[Summary] = []
        after = None
        for _query in range(queries):
            found = read(after)
            requests += (one.as_of(self.now) for one in found.summaries)
            after = found.last_key
            if after is None or len(requests) >= most:
                break
        waiting = [one for one in requests if one.code is Code.PENDING_RESPONSE]
        return Waiting(waiting, is_all=after is None)


def _queue_key(one: Summary) -> str:
    return keys.queue_key(one.priority, one.asked_at, one.id)
