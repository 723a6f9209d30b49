"""The address book: a person by address, and lists of people and organisations.

The index `itemTypeIdIndex` answers across organisations, the table within one; each question is
one query. With several shards a list from the index takes one for each, merged by `id`.

Who is deleted is left out by the store, after it has counted them: a query may give fewer than it
was asked for. Then the following items are read, in ROUNDS queries for each partition at most, the
last of them a long one. So a page is short only where some FAR_READ in a row are deleted, and says
where to go on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pynamodb.expressions.condition import Condition

from accounts.entities import Organisation, User
from accounts.tables import (
    BY_ITEM_TYPE,
    ORG,
    USER,
    AccountItem,
    item_type,
    item_types,
    organisation_of,
    people_only,
    user_of,
)

Entity = TypeVar("Entity")

ROUNDS = 3
FAR_READ = 250
# A megabyte of people, at which DynamoDB itself stops, is some thousand; few of them are deleted.
DELETED_AMONG = 1000
_PRESENT = AccountItem.deleted_at.does_not_exist()
_DELETED = AccountItem.deleted_at.exists()


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """The last item that was shown, or looked at; reading goes on after it.

    `id` is empty in lists that come from the table and not from the index.
    """

    id: str
    partition: str
    sort: str


@dataclass(frozen=True, slots=True)
class Row(Generic[Entity]):
    entity: Entity
    position: Position


@dataclass(frozen=True, slots=True)
class Found(Generic[Entity]):
    """`resume` is where to look on when too many were deleted to find `most`, else None."""

    rows: list[Row[Entity]]
    resume: Position | None
    capacity: float


def user_by_email(email_key: str) -> User | None:
    """Deleted people included. The index lags: for looking people up, never for a login."""
    found = AccountItem.slice(
        item_type(USER, email_key), AccountItem.id == email_key, index=BY_ITEM_TYPE, page_size=1
    )
    return user_of(found.items[0]) if found.items else None


def users_of(
    org_id: str, *, most: int, after: Position | None = None, include_deleted: bool = False
) -> Found[User]:
    """The people of one organisation, by their ids."""
    stream = _Stream(org_id, None, people_only(), reached=after)
    return _read([stream], user_of, most, include_deleted)


def deleted_users_of(org_id: str, *, most: int, after: Position | None = None) -> Found[User]:
    """The deleted ones among DELETED_AMONG people of one organisation, by their ids: one query."""
    stream = _Stream(org_id, None, people_only(), reached=after)
    return _search([stream], user_of, most, _DELETED, [DELETED_AMONG])


def all_users(
    *, most: int, after: Position | None = None, include_deleted: bool = False
) -> Found[User]:
    """The people of all organisations, by normalised address."""
    return _read(_of_index(USER, after), user_of, most, include_deleted)


def all_organisations(
    *, most: int, after: Position | None = None, include_deleted: bool = False
) -> Found[Organisation]:
    """By their ids."""
    return _read(_of_index(ORG, after), organisation_of, most, include_deleted)


@dataclass(slots=True)
class _Stream:
    """A partition, of the table or the index, as far as it was read."""

    key: str
    index: str | None
    condition: Condition | None = None
    reached: Position | None = None
    ended: bool = False

    def is_behind(self, position: Position | None) -> bool:
        if self.ended:
            return False
        return self.reached is None or position is None or self.reached < position

    def start_key(self) -> dict[str, Any] | None:
        if self.reached is None:
            return None
        key = {"hashKey": {"S": self.reached.partition}, "rangeKey": {"S": self.reached.sort}}
        if self.index:
            key |= {"itemType": {"S": self.key}, "id": {"S": self.reached.id}}
        return key


def _of_index(kind: str, after: Position | None) -> list[_Stream]:
    return [_Stream(key, BY_ITEM_TYPE, reached=after) for key in item_types(kind)]


def _read(
    streams: Sequence[_Stream],
    entity_of: Callable[[AccountItem], Entity],
    most: int,
    include_deleted: bool,
) -> Found[Entity]:
    rounds = [*[most] * (ROUNDS - 1), max(most, FAR_READ)]
    return _search(streams, entity_of, most, None if include_deleted else _PRESENT, rounds)


def _search(
    streams: Sequence[_Stream],
    entity_of: Callable[[AccountItem], Entity],
    most: int,
    wanted: Condition | None,
    rounds: Sequence[int],
) -> Found[Entity]:
    """`rounds` are how many items each query may look at, one round after the other."""
    rows: list[Row[Entity]] = []
    capacity = 0.0
    behind = list(streams)
    for page_size in rounds:
        for stream in behind:
            found = AccountItem.slice(
                stream.key,
                stream.condition,
                page_size=page_size,
                index=stream.index,
                start_key=stream.start_key(),
                filter_condition=wanted,
            )
            capacity += found.capacity
            rows += [Row(entity_of(item), _position(item, stream)) for item in found.items]
            stream.ended = found.last_key is None
            if found.last_key is not None:
                stream.reached = _position_of_key(found.last_key)
        rows.sort(key=lambda row: row.position)
        last = rows[most - 1].position if len(rows) >= most else None
        behind = [stream for stream in streams if stream.is_behind(last)]
        if not behind:
            return Found(rows[:most], None, capacity)
    # Beyond where the slowest stream has come to, it may still have something to put between.
    horizon = min(stream.reached for stream in behind if stream.reached is not None)
    return Found([row for row in rows if row.position <= horizon], horizon, capacity)


def _position(item: AccountItem, stream: _Stream) -> Position:
    return Position(item.id if stream.index else "", item.partition, item.sort)


def _position_of_key(key: dict[str, Any]) -> Position:
    return Position(
        key["id"]["S"] if "id" in key else "", key["hashKey"]["S"], key["rangeKey"]["S"]
    )
