"""The table of deliveries, and the only translation between its items and entities."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from pynamodb.attributes import TTLAttribute, UnicodeAttribute, UTCDateTimeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from storage.attributes import DocumentAttribute
from storage.configuration import configuration
from storage.table import Table
from supervisor import keys
from supervisor.callbacks.entities import (
    KEPT,
    Attempt,
    CallProblem,
    Delivery,
    Event,
    Outcome,
    State,
)

DUE = "due-index"
_DUE = "DUE"


class DueIndex(GlobalSecondaryIndex["DeliveryItem"]):
    """Only what waits to be sent has a `due`."""

    class Meta:
        index_name = DUE
        projection = AllProjection()

    due = UnicodeAttribute(hash_key=True)
    due_key = UnicodeAttribute(range_key=True, attr_name="dueKey")


class DeliveryItem(Table):
    """`dueKey` changes with whoever takes it on, so it is what every write insists on."""

    class Meta:
        logical_name = "supervisor-deliveries"

    request_id = UnicodeAttribute(hash_key=True, attr_name="requestId")
    time = UnicodeAttribute(range_key=True)
    id = UnicodeAttribute()
    org_id = UnicodeAttribute(attr_name="orgId")
    store_id = UnicodeAttribute(attr_name="storeId")
    asked_by = UnicodeAttribute(attr_name="askedBy")
    event = UnicodeAttribute()
    url = UnicodeAttribute()
    body = UnicodeAttribute()
    state = UnicodeAttribute()
    made_at = UTCDateTimeAttribute(attr_name="madeAt")
    due = UnicodeAttribute(null=True)
    due_key = UnicodeAttribute(null=True, attr_name="dueKey")
    attempts = DocumentAttribute(null=True)
    expires_at = TTLAttribute(attr_name="expiresAt")

    by_due = DueIndex()


def due_partitions() -> list[str]:
    shards = configuration().shards
    return [_DUE] if shards == 1 else [f"{_DUE}#{shard}" for shard in range(shards)]


def due_key(moment: datetime, delivery_id: str) -> str:
    return keys.moment_key(moment, delivery_id)


def delivery_item(delivery: Delivery) -> DeliveryItem:
    waits = delivery.next_at is not None
    partitions = due_partitions()
    return DeliveryItem(
        delivery.request_id,
        keys.moment_key(delivery.made_at, delivery.id),
        id=delivery.id,
        org_id=delivery.org_id,
        store_id=delivery.store_id,
        asked_by=delivery.asked_by,
        event=delivery.event.value,
        url=delivery.url,
        body=delivery.body,
        state=delivery.state.value,
        made_at=delivery.made_at,
        due=partitions[sum(delivery.id.encode()) % len(partitions)] if waits else None,
        due_key=due_key(delivery.next_at, delivery.id) if delivery.next_at else None,
        attempts=attempts_document(delivery.attempts) or None,
        expires_at=delivery.made_at + KEPT,
    )


def delivery_of(item: DeliveryItem) -> Delivery:
    return Delivery(
        id=item.id,
        org_id=item.org_id,
        store_id=item.store_id,
        request_id=item.request_id,
        asked_by=item.asked_by,
        event=Event(item.event),
        url=item.url,
        body=item.body,
        made_at=item.made_at,
        next_at=None if item.due_key is None else _moment_in(item.due_key),
        state=State(item.state),
        attempts=tuple(map(_attempt_of, item.attempts or ())),
    )


def attempts_document(attempts: tuple[Attempt, ...]) -> list[dict[str, Any]]:
    return [
        {
            "at": one.at.isoformat(),
            "status": one.outcome.status,
            "problem": one.outcome.problem.value if one.outcome.problem else None,
        }
        for one in attempts
    ]


def _attempt_of(document: dict[str, Any]) -> Attempt:
    problem = CallProblem(document["problem"]) if document["problem"] else None
    at = datetime.fromisoformat(document["at"]).astimezone(UTC)
    return Attempt(at, Outcome(document["status"], problem))


def _moment_in(key: str) -> datetime:
    milliseconds = int(key.partition(keys.SEPARATOR)[0])
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
