"""What is stored about removals, one function for each question or change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from accounts.entities import Organisation, Role, User
from accounts.errors import ChangedMeanwhile
from accounts.personal_data.entities import Erasure
from accounts.personal_data.items import erasure_item
from accounts.removal.entities import Job, job_id
from accounts.removal.errors import Overtaken
from accounts.removal.items import (
    JOB,
    document_of,
    is_still,
    job_item,
    job_of,
    kind_of,
)
from accounts.tables import (
    BY_ITEM_TYPE,
    ORG,
    USER,
    AccountItem,
    SessionItem,
    UserIndex,
    email_marker_key,
    item_types,
    organisation_item,
    people_only,
    user_of,
)
from storage.transactions import Transaction

# Of the 100 that a transaction takes, the job is one; an item and its history are two, and a
# person who is destroyed has a marker and an erasure as well.
MARKED_AT_ONCE = 49
DESTROYED_AT_ONCE = 24
OWNERS_READ = 300
SESSIONS_AT_ONCE = 99
JOBS_READ = 100


def find_job(org_id: str) -> Job | None:
    """One strongly consistent read."""
    item = AccountItem.find(org_id, job_id(org_id), consistent=True)
    return None if item is None else job_of(item)


def pending_jobs() -> Iterator[Job]:
    """One query for each hundred and shard."""
    for partition in item_types(JOB):
        start_key: dict[str, Any] | None = None
        while True:
            found = AccountItem.slice(
                partition, index=BY_ITEM_TYPE, page_size=JOBS_READ, start_key=start_key
            )
            yield from map(job_of, found.items)
            start_key = found.last_key
            if start_key is None:
                break


def put_job(transaction: Transaction, job: Job, *, instead_of: Job | None) -> None:
    """The commit raises ChangedMeanwhile unless there is `instead_of` then, or no job at all."""
    if instead_of is None:
        absent = AccountItem.partition.does_not_exist()
        transaction.put(job_item(job), absent, on_failure=ChangedMeanwhile)
    else:
        transaction.put(job_item(job), is_still(instead_of), on_failure=ChangedMeanwhile)


def bind(transaction: Transaction, job: Job) -> None:
    """The commit raises Overtaken unless the job is still at this place then."""
    transaction.check(AccountItem(job.org_id, job.id), is_still(job), on_failure=Overtaken)


def advance(job: Job, step: str, position: str) -> Job:
    """The job at its next place. Raises Overtaken."""
    further = job.at(step, position)
    moved = AccountItem.amend(
        job.org_id,
        job.id,
        actions=[AccountItem.job.set(document_of(further)), AccountItem.version.add(1)],
        condition=is_still(job),
    )
    if not moved:
        raise Overtaken
    return further


def end_job(transaction: Transaction, job: Job) -> None:
    """The commit raises Overtaken unless the job is still at this place then."""
    transaction.delete(job_item(job), is_still(job), on_failure=Overtaken)


Member = AccountItem
"""Any item of an organisation; opaque to those who do not store."""


@dataclass(frozen=True, slots=True)
class Members:
    """Items of an organisation, and the place behind them; None at the end."""

    items: list[Member]
    position: str | None


def members(org_id: str, after: str, *, most: int) -> Members:
    """Whatever follows an organisation, markers included, by key. One query."""
    found = AccountItem.slice(
        org_id,
        page_size=most,
        start_key=_start_key(org_id, after),
        consistent=True,
    )
    position = found.last_key["rangeKey"]["S"] if found.last_key else None
    return Members([item for item in found.items if kind_of(item) not in (ORG, JOB)], position)


def owners(org_id: str, after: str, *, most: int) -> tuple[list[User], str | None]:
    """At most so many who own it, or did until it was deleted; and the place behind them.

    One query, which reads a few hundred people.
    """
    present = AccountItem.deleted_at.does_not_exist() | (AccountItem.removed_with == job_id(org_id))
    found = AccountItem.slice(
        org_id,
        people_only(),
        page_size=OWNERS_READ,
        start_key=_start_key(org_id, after),
        filter_condition=AccountItem.roles.contains(Role.OWNER.value)
        & AccountItem.deactivated_at.does_not_exist()
        & present,
        consistent=True,
    )
    if len(found.items) > most:
        shown = found.items[:most]
        return [user_of(item) for item in shown], shown[-1].sort
    position = found.last_key["rangeKey"]["S"] if found.last_key else None
    return [user_of(item) for item in found.items], position


def to_delete(items: Iterable[Member]) -> list[Member]:
    """Markers stay: what is restored must not find its name taken."""
    return [item for item in items if kind_of(item) and item.deleted_at is None]


def to_restore(items: Iterable[Member]) -> list[Member]:
    return [item for item in items if item.removed_with == job_id(item.partition)]


def people_among(items: Iterable[Member]) -> list[str]:
    """`User.pk` of each."""
    return [f"{item.partition}.{item.sort}" for item in items if kind_of(item) == USER]


def mark_deleted(transaction: Transaction, item: Member, job: Job) -> None:
    """The commit raises Overtaken when somebody changed the item meanwhile."""
    actions = [
        AccountItem.deleted_at.set(int(job.begun_at.timestamp())),
        AccountItem.removed_with.set(job.id),
    ]
    transaction.update(item, actions, on_failure=Overtaken)


def unmark(transaction: Transaction, item: Member) -> None:
    """The commit raises Overtaken when somebody changed the item meanwhile."""
    actions = [AccountItem.deleted_at.remove(), AccountItem.removed_with.remove()]
    transaction.update(item, actions, on_failure=Overtaken)


def destroy(transaction: Transaction, item: Member) -> None:
    """The item, with the marker of a person's address, and a note to take the person out of the
    history; the commit raises Overtaken when somebody changed the item meanwhile."""
    transaction.delete(item, on_failure=Overtaken)
    if kind_of(item) == USER:
        marker = {"S": email_marker_key(item.id)}
        transaction.delete_raw(AccountItem, {"hashKey": marker, "rangeKey": marker})
        transaction.put_raw(AccountItem, erasure_item(Erasure.of(user_of(item))).serialize())


def sessions_of(user_pk: str) -> Iterator[list[str]]:
    """The stored keys, of browsers and programs, as many at once as are removed at once.

    One query for each; the index lags a moment, but what it does not know opens nothing any more.
    """
    start_key: dict[str, Any] | None = None
    while True:
        found = SessionItem.slice(
            user_pk,
            index=UserIndex.Meta.index_name,
            page_size=SESSIONS_AT_ONCE,
            start_key=start_key,
        )
        if found.items:
            yield [item.session_key for item in found.items]
        start_key = found.last_key
        if start_key is None:
            return


def remove_sessions(transaction: Transaction, keys: Iterable[str]) -> None:
    for key in keys:
        transaction.delete(SessionItem(key))


def remove_organisation(transaction: Transaction, organisation: Organisation) -> None:
    """The commit raises Overtaken when somebody changed it meanwhile."""
    transaction.delete(organisation_item(organisation), on_failure=Overtaken)


def _start_key(org_id: str, after: str) -> dict[str, Any] | None:
    return {"hashKey": {"S": org_id}, "rangeKey": {"S": after}} if after else None
