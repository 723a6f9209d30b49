"""What is stored about notices: what people want, who is on duty, what they were told.

Who is on duty stands in a partition of their organisation as well, with what they want, and the
organisation in a partition of all that have somebody on duty. All three change in one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from storage.configuration import configuration
from storage.ephemeral import EphemeralItem, expiry
from storage.transactions import Transaction
from supervisor import keys
from supervisor.entities import Urgency
from supervisor.notice_entities import Notices, Told
from supervisor.settings_tables import SettingItem

_AT_ONCE = 100
_ON_DUTY = "on-duty"
# Longer than any request waits.
_KEPT_SECONDS = 40 * 24 * 3600


class NoticesSaved(Exception):
    """The person changed them elsewhere at the same moment."""


class TakenOn(Exception):
    """Somebody else tells this person at the same moment."""


@dataclass(frozen=True, slots=True)
class Place:
    """An organisation where somebody is on duty, or was."""

    partition: str
    org_id: str
    version: int


def get_notices(org_id: str, user_id: str) -> Notices:
    """One strongly consistent read."""
    item = SettingItem.find(_of_people(org_id), user_id, consistent=True)
    return Notices(org_id, user_id) if item is None else _notices_of(item)


def save_notices(transaction: Transaction, notices: Notices) -> Notices:
    """Over the version that was read; the commit raises NoticesSaved. Returns what is stored after
    it."""
    item = _item(_of_people(notices.org_id), notices)
    transaction.put(item, on_failure=NoticesSaved)
    if notices.on_duty:
        on_duty = _item(_of_duty(notices.org_id), notices)
        on_duty.version = (notices.version or 0) + 1
        transaction.put_raw(SettingItem, on_duty.serialize())
        # Counted up, so that nobody removes it who has seen nobody on duty just before.
        place = SettingItem(_partition_of(notices.org_id), notices.org_id)
        transaction.amend(
            place,
            [
                SettingItem.version.add(1),
                SettingItem.org_id.set(notices.org_id),
                SettingItem.document.set({}),
            ],
        )
    elif notices.version is not None:
        transaction.delete_raw(SettingItem, _key(_of_duty(notices.org_id), notices.user_id))
    return replace(notices, version=(notices.version or 0) + 1)


def places_on_duty() -> Iterator[Place]:
    """A query for each hundred organisations, for each shard."""
    for partition in _partitions():
        for item in _every(partition):
            yield Place(partition, item.kind, item.version or 0)


def people_on_duty(org_id: str) -> list[Notices]:
    """One strongly consistent query for each hundred people."""
    return [*map(_notices_of, _every(_of_duty(org_id)))]


def leave(place: Place) -> None:
    """Where nobody is on duty any more; nothing happens if somebody has come meanwhile."""
    transaction = Transaction()
    item = SettingItem(place.partition, place.org_id, version=place.version)
    transaction.delete(item, on_failure=NoticesSaved)
    with suppress(NoticesSaved):
        transaction.commit()


def told(user_ids: Iterable[str]) -> dict[str, Told]:
    """By person; strongly consistent, a request for each hundred."""
    wanted = list(user_ids)
    items = EphemeralItem.find_many(map(_told_key, wanted), consistent=True)
    found = {item.key: item for item in items}
    return {user_id: _told_of(user_id, found.get(_told_key(user_id))) for user_id in wanted}


def take_on(before: Told, *, until: datetime) -> Told | None:
    """One conditional write; none where somebody else was faster."""
    return _save(replace(before, busy_until=int(keys.stamp(until))))


def settle(after: Told) -> Told | None:
    """One conditional write; none where the lease has ended and somebody else took over."""
    return _save(replace(after, busy_until=0))


def knows(org_id: str, user_id: str) -> bool:
    """Whether there is anything about that person. Two reads."""
    has_said = get_notices(org_id, user_id).version is not None
    return told([user_id])[user_id].revision is not None or has_said


def remove_person(transaction: Transaction, org_id: str, user_id: str) -> None:
    for owner in (_of_people(org_id), _of_duty(org_id)):
        transaction.delete_raw(SettingItem, _key(owner, user_id))
    transaction.delete_raw(EphemeralItem, {"key": {"S": _told_key(user_id)}})


def remove_some(transaction: Transaction, org_id: str, *, most: int) -> bool:
    """Of an organisation. False where there is nothing (any more)."""
    people = SettingItem.slice(_of_people(org_id), page_size=most // 3, consistent=True).items
    for item in people:
        remove_person(transaction, org_id, item.kind)
    if people:
        return True
    place = SettingItem.find(_partition_of(org_id), org_id, consistent=True)
    if place is not None:
        transaction.delete_raw(SettingItem, _key(place.owner, org_id))
    return place is not None


def _save(wanted: Told) -> Told | None:
    revision = wanted.revision
    document = {
        "marks": dict(wanted.marks),
        "at": wanted.at,
        "busy_until": wanted.busy_until,
        "failures": wanted.failures,
        "retry_at": wanted.retry_at,
    }
    is_same = (
        EphemeralItem.key.does_not_exist()
        if revision is None
        else EphemeralItem.revision == revision
    )
    saved = replace(wanted, revision=(revision or 0) + 1)
    item = EphemeralItem(
        _told_key(wanted.user_id),
        expires_at=expiry(_KEPT_SECONDS),
        revision=saved.revision,
        document=document,
    )
    transaction = Transaction()
    transaction.put(item, condition=is_same, on_failure=TakenOn)
    try:
        transaction.commit()
    except TakenOn:
        return None
    return saved


def _told_of(user_id: str, item: EphemeralItem | None) -> Told:
    return (
        Told(user_id)
        if item is None
        else Told(user_id, revision=int(item.revision or 0), **item.document)
    )


def _every(owner: str) -> Iterator[SettingItem]:
    after: dict[str, Any] | None = None
    while True:
        found = SettingItem.slice(owner, page_size=_AT_ONCE, start_key=after, consistent=True)
        yield from found.items
        after = found.last_key
        if after is None:
            return


def _item(owner: str, notices: Notices) -> SettingItem:
    document = {
        "on_duty": notices.on_duty,
        "urgency": notices.urgency.value,
        "near_deadline": notices.near_deadline,
        "stores": None if notices.stores is None else sorted(notices.stores),
    }
    known: dict[str, Any] = {} if notices.version is None else {"version": notices.version}
    return SettingItem(owner, notices.user_id, org_id=notices.org_id, document=document, **known)


def _notices_of(item: SettingItem) -> Notices:
    document = item.document
    stores = document["stores"]
    return Notices(
        org_id=item.org_id,
        user_id=item.kind,
        on_duty=document["on_duty"],
        urgency=Urgency(document["urgency"]),
        near_deadline=document["near_deadline"],
        stores=None if stores is None else frozenset(stores),
        version=item.version,
    )


def _of_people(org_id: str) -> str:
    return f"notices#{org_id}"


def _of_duty(org_id: str) -> str:
    return f"duty#{org_id}"


def _partitions() -> list[str]:
    shards = configuration().shards
    return [_ON_DUTY] if shards == 1 else [f"{_ON_DUTY}#{shard}" for shard in range(shards)]


def _partition_of(org_id: str) -> str:
    partitions = _partitions()
    return partitions[sum(org_id.encode()) % len(partitions)]


def _told_key(user_id: str) -> str:
    return f"notices#{user_id}"


def _key(owner: str, kind: str) -> dict[str, Any]:
    return {"owner": {"S": owner}, "kind": {"S": kind}}
