"""What is stored about calls to askers, one function for each question."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import orjson

from storage.transactions import Transaction
from supervisor import keys
from supervisor.callbacks.entities import Delivery, event_of
from supervisor.callbacks.tables import (
    DUE,
    DeliveryItem,
    attempts_document,
    delivery_item,
    delivery_of,
    due_key,
    due_partitions,
)
from supervisor.entities import Request, now_in_milliseconds


@dataclass(frozen=True, slots=True)
class Found:
    """`last_key` is where to go on reading, None at the end."""

    deliveries: list[Delivery]
    last_key: dict[str, Any] | None
    capacity: float = 0.0


def record(transaction: Transaction, before: Request, after: Request) -> None:
    """Where the asker wants to be called and there is news for them: the call, due at once."""
    event = event_of(before, after)
    if event is None or not after.callback_url:
        return
    now = now_in_milliseconds()
    # The version that the transaction makes.
    version = (before.version or 0) + 1
    delivery = Delivery(
        id=Delivery.new_id(),
        org_id=after.org_id,
        store_id=after.store_id,
        request_id=after.id,
        asked_by=after.asked_by.user_id,
        event=event,
        url=after.callback_url,
        body="",
        made_at=now,
        next_at=now,
    )
    body = orjson.dumps(_said(delivery, replace(after, version=version))).decode()
    transaction.put(delivery_item(replace(delivery, body=body)))


def partitions_of_deliveries() -> list[str]:
    return due_partitions()


def due(partition: str, *, now: datetime, most: int, after: dict[str, Any] | None = None) -> Found:
    """What is to be sent, longest due first, from an index that lags a moment."""
    found = DeliveryItem.slice(
        partition,
        DeliveryItem.due_key < keys.stamp(now),
        index=DUE,
        page_size=most,
        start_key=after,
    )
    return Found([*map(delivery_of, found.items)], found.last_key, found.capacity)


def take_on(delivery: Delivery, until: datetime) -> Delivery | None:
    """For oneself until then: one conditional write. None when somebody else was faster."""
    item = delivery_item(delivery)
    taken = DeliveryItem.amend(
        item.request_id,
        item.time,
        actions=[DeliveryItem.due_key.set(due_key(until, delivery.id))],
        condition=DeliveryItem.due_key == item.due_key,
    )
    return replace(delivery, next_at=until) if taken else None


def settle(taken: Delivery, after: Delivery) -> bool:
    """Stores how an attempt went. False when it took so long that somebody else is at it now."""
    item, new = delivery_item(taken), delivery_item(after)
    actions: list[Any] = [
        DeliveryItem.attempts.set(attempts_document(after.attempts)),
        DeliveryItem.state.set(new.state),
    ]
    if after.next_at is None:
        actions += [DeliveryItem.due.remove(), DeliveryItem.due_key.remove()]
    else:
        actions.append(DeliveryItem.due_key.set(new.due_key))
    return DeliveryItem.amend(
        item.request_id, item.time, actions=actions, condition=DeliveryItem.due_key == item.due_key
    )


def deliveries_of(request_id: str, *, most: int, after: dict[str, Any] | None = None) -> Found:
    """Of one request, newest first: one query."""
    found = DeliveryItem.slice(
        request_id, page_size=most, start_key=after, forward=False, consistent=True
    )
    return Found([*map(delivery_of, found.items)], found.last_key, found.capacity)


def place_of(delivery: Delivery) -> dict[str, Any]:
    """Where the list of a request's deliveries goes on after this one."""
    item = delivery_item(delivery)
    return {"requestId": {"S": item.request_id}, "time": {"S": item.time}}


def _said(delivery: Delivery, request: Request) -> dict[str, Any]:
    """Nothing about the caller and the people of the organisation: the asker knows the one, and the
    other is not the receiver's business."""
    answer = request.answer
    return {
        "event": delivery.event.value,
        "delivery_id": delivery.id,
        "request": {
            "id": request.id,
            "store_id": request.store_id,
            "header": request.question.header,
            "reference": request.question.reference,
            "priority": request.question.priority,
            "tags": sorted(request.question.tags),
            "status": request.status.value,
            "status_code": request.code.value,
            "asked_at": _moment(request.asked_at),
            "deadline": _moment(request.deadline),
            "closed_at": _moment(request.closed_at),
            "answer": {"text": answer.text, "at": _moment(answer.at)} if answer else None,
            "version": request.version,
        },
    }


def _moment(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
