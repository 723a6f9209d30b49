"""The table of requests, and the only translation between items and entities."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pynamodb.attributes import (
    NumberAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    UTCDateTimeAttribute,
    VersionAttribute,
)
from pynamodb.indexes import (
    AllProjection,
    GlobalSecondaryIndex,
    IncludeProjection,
    KeysOnlyProjection,
    LocalSecondaryIndex,
)

from storage.attributes import DocumentAttribute
from storage.configuration import configuration
from storage.table import Table
from supervisor import keys
from supervisor.entities import Addition, Answer, Code, Handling, Person, Question, Request, Summary

BY_ID = "request-id-index"
QUEUE = "queue-index"
HISTORY = "history-index"
OF_ORGANISATION = "organisation-queue-index"
DEADLINES = "deadline-index"
DEADLINES_OF_STORE = "store-deadline-index"
CALLERS = "caller-index"
ASKERS = "asker-index"
PHONES = "phone-index"
_DUE = "PENDING"
# What `summary_of` reads and the keys do not say. DynamoDB takes twenty names an index at most, and
# a hundred of all indexes of a table.
_SUMMARY = [
    "orgId",
    "statusCode",
    "header",
    "excerpt",
    "reference",
    "tags",
    "askedBy",
    "askedByName",
    "deadline",
    "handling",
    "closedAt",
    "missedBy",
    "answeredBy",
    "answeredByName",
    "version",
]


class RequestIdIndex(LocalSecondaryIndex["RequestItem"]):
    class Meta:
        index_name = BY_ID
        projection = AllProjection()

    store_id = UnicodeAttribute(hash_key=True, attr_name="storeId")
    request_id = UnicodeAttribute(range_key=True, attr_name="requestId")


class QueueIndex(LocalSecondaryIndex["RequestItem"]):
    """Only what is pending has a `queueKey`."""

    class Meta:
        index_name = QUEUE
        projection = IncludeProjection(_SUMMARY)

    store_id = UnicodeAttribute(hash_key=True, attr_name="storeId")
    queue_key = UnicodeAttribute(range_key=True, attr_name="queueKey")


class HistoryIndex(LocalSecondaryIndex["RequestItem"]):
    """Only what is closed has a `closedKey`."""

    class Meta:
        index_name = HISTORY
        projection = IncludeProjection(_SUMMARY)

    store_id = UnicodeAttribute(hash_key=True, attr_name="storeId")
    closed_key = UnicodeAttribute(range_key=True, attr_name="closedKey")


class StoreDeadlineIndex(LocalSecondaryIndex["RequestItem"]):
    """Only what is pending has a `deadlineKey`."""

    class Meta:
        index_name = DEADLINES_OF_STORE
        projection = IncludeProjection(_SUMMARY)

    store_id = UnicodeAttribute(hash_key=True, attr_name="storeId")
    deadline_key = UnicodeAttribute(range_key=True, attr_name="deadlineKey")


class OrganisationQueueIndex(GlobalSecondaryIndex["RequestItem"]):
    """Only what is pending has a `queueOf`."""

    class Meta:
        index_name = OF_ORGANISATION
        projection = IncludeProjection(_SUMMARY)

    queue_of = UnicodeAttribute(hash_key=True, attr_name="queueOf")
    queue_key = UnicodeAttribute(range_key=True, attr_name="queueKey")


class DeadlineIndex(GlobalSecondaryIndex["RequestItem"]):
    """All pending requests by their deadlines, for the sweeper."""

    class Meta:
        index_name = DEADLINES
        projection = KeysOnlyProjection()

    due = UnicodeAttribute(hash_key=True)
    deadline_key = UnicodeAttribute(range_key=True, attr_name="deadlineKey")


class CallerIndex(GlobalSecondaryIndex["RequestItem"]):
    """Only what is closed and names a caller has a `callerOf`."""

    class Meta:
        index_name = CALLERS
        projection = KeysOnlyProjection()

    caller_of = UnicodeAttribute(hash_key=True, attr_name="callerOf")
    closed_key = UnicodeAttribute(range_key=True, attr_name="closedKey")


class AskerIndex(GlobalSecondaryIndex["RequestItem"]):
    class Meta:
        index_name = ASKERS
        projection = IncludeProjection([name for name in _SUMMARY if name != "askedBy"])

    asked_by = UnicodeAttribute(hash_key=True, attr_name="askedBy")
    request_time = UTCDateTimeAttribute(range_key=True, attr_name="requestTime")


class PhoneIndex(GlobalSecondaryIndex["RequestItem"]):
    """Only what names a telephone number has a `phoneOf`."""

    class Meta:
        index_name = PHONES
        projection = KeysOnlyProjection()

    phone_of = UnicodeAttribute(hash_key=True, attr_name="phoneOf")
    request_time = UTCDateTimeAttribute(range_key=True, attr_name="requestTime")


class RequestItem(Table):
    class Meta:
        logical_name = "supervisor-requests"

    store_id = UnicodeAttribute(hash_key=True, attr_name="storeId")
    sort = UnicodeAttribute(
        range_key=True, attr_name="status._.priority._.requestTimestamp._.requestId"
    )
    request_id = UnicodeAttribute(attr_name="requestId")
    org_id = UnicodeAttribute(attr_name="orgId")
    queue_of = UnicodeAttribute(null=True, attr_name="queueOf")
    queue_key = UnicodeAttribute(null=True, attr_name="queueKey")
    due = UnicodeAttribute(null=True)
    deadline_key = UnicodeAttribute(null=True, attr_name="deadlineKey")
    closed_key = UnicodeAttribute(null=True, attr_name="closedKey")
    caller_of = UnicodeAttribute(null=True, attr_name="callerOf")
    status = UnicodeAttribute()
    status_code = UnicodeAttribute(attr_name="statusCode")
    header = UnicodeAttribute()
    body = UnicodeAttribute(null=True)
    excerpt = UnicodeAttribute(null=True)
    name = UnicodeAttribute(null=True)
    phone_number = UnicodeAttribute(null=True, attr_name="phoneNumber")
    phone_of = UnicodeAttribute(null=True, attr_name="phoneOf")
    reference = UnicodeAttribute(null=True)
    priority = NumberAttribute()
    tags = UnicodeSetAttribute(null=True)
    asked_by = UnicodeAttribute(attr_name="askedBy")
    asked_by_name = UnicodeAttribute(attr_name="askedByName")
    request_time = UTCDateTimeAttribute(attr_name="requestTime")
    deadline = UTCDateTimeAttribute()
    closed_at = UTCDateTimeAttribute(null=True, attr_name="closedAt")
    time_zone = UnicodeAttribute(attr_name="timeZone")
    missed_by = UnicodeAttribute(null=True, attr_name="missedBy")
    callback_url = UnicodeAttribute(null=True, attr_name="callbackUrl")
    handling = DocumentAttribute(null=True)
    additions = DocumentAttribute(null=True)
    answer = DocumentAttribute(null=True)
    answered_by = UnicodeAttribute(null=True, attr_name="answeredBy")
    answered_by_name = UnicodeAttribute(null=True, attr_name="answeredByName")
    earlier_answers = DocumentAttribute(null=True, attr_name="earlierAnswers")
    version = VersionAttribute()

    by_id = RequestIdIndex()
    queue = QueueIndex()
    history = HistoryIndex()
    deadlines_of_store = StoreDeadlineIndex()
    of_organisation = OrganisationQueueIndex()
    deadlines = DeadlineIndex()
    callers = CallerIndex()
    of_asker = AskerIndex()
    of_phone = PhoneIndex()


def due_partitions() -> list[str]:
    """The partitions of the deadline index."""
    shards = configuration().shards
    return [_DUE] if shards == 1 else [f"{_DUE}#{shard}" for shard in range(shards)]


def request_item(request: Request) -> RequestItem:
    question = request.question
    pending = request.code is Code.PENDING_RESPONSE
    version: dict[str, Any] = {} if request.version is None else {"version": request.version}
    return RequestItem(
        request.store_id,
        keys.sort_key(request.status, question.priority, request.asked_at, request.id),
        request_id=request.id,
        org_id=request.org_id,
        queue_of=request.org_id if pending else None,
        queue_key=keys.queue_key(question.priority, request.asked_at, request.id)
        if pending
        else None,
        due=_due(request.id) if pending else None,
        deadline_key=keys.moment_key(request.deadline, request.id) if pending else None,
        closed_key=None
        if request.closed_at is None
        else keys.moment_key(request.closed_at, request.id),
        caller_of=request.org_id if request.closed_at and question.names_caller else None,
        status=request.status.value,
        status_code=request.code.value,
        header=question.header,
        body=question.body or None,
        excerpt=question.excerpt or None,
        name=question.caller_name or None,
        phone_number=question.phone_number or None,
        phone_of=keys.phone_key(request.org_id, question.phone_number)
        if question.phone_number
        else None,
        reference=question.reference or None,
        priority=question.priority,
        tags=set(question.tags) or None,
        asked_by=request.asked_by.user_id,
        asked_by_name=request.asked_by.name,
        request_time=request.asked_at,
        deadline=request.deadline,
        closed_at=request.closed_at,
        time_zone=request.time_zone,
        missed_by=request.missed_by or None,
        callback_url=request.callback_url or None,
        handling=_handling_document(request.handling),
        additions=[{"text": one.text, "at": one.at.isoformat()} for one in request.additions]
        or None,
        answer=_answer_document(request.answer),
        answered_by=request.answer.by.user_id if request.answer else None,
        answered_by_name=request.answer.by.name if request.answer else None,
        earlier_answers=[_answer_document(one) for one in request.earlier_answers] or None,
        **version,
    )


def request_of(item: RequestItem) -> Request:
    return Request(
        id=item.request_id,
        org_id=item.org_id,
        store_id=item.store_id,
        question=Question(
            header=item.header,
            body=item.body or "",
            caller_name=item.name or "",
            phone_number=item.phone_number or "",
            reference=item.reference or "",
            priority=int(item.priority),
            tags=frozenset(item.tags or ()),
        ),
        asked_by=Person(item.asked_by, item.asked_by_name),
        asked_at=item.request_time,
        deadline=item.deadline,
        code=Code(item.status_code),
        handling=_handling_of(item.handling),
        additions=tuple(Addition(one["text"], _moment(one["at"])) for one in item.additions or ()),
        answer=None if item.answer is None else _answer_of(item.answer),
        earlier_answers=tuple(map(_answer_of, item.earlier_answers or ())),
        closed_at=item.closed_at,
        time_zone=item.time_zone,
        missed_by=item.missed_by or "",
        callback_url=item.callback_url or "",
        version=item.version,
    )


def summary_of(item: RequestItem) -> Summary:
    """Of a whole item, or of one as the indexes of lists have it."""
    priority, asked_at, request_id = keys.said_by(item.sort)
    return Summary(
        id=request_id,
        org_id=item.org_id,
        store_id=item.store_id,
        header=item.header,
        excerpt=item.excerpt or "",
        reference=item.reference or "",
        priority=priority,
        tags=frozenset(item.tags or ()),
        asked_by=Person(item.asked_by, item.asked_by_name),
        asked_at=asked_at,
        deadline=item.deadline,
        code=Code(item.status_code),
        handling=_handling_of(item.handling),
        closed_at=item.closed_at,
        missed_by=item.missed_by or "",
        answered_by=None
        if item.answered_by is None
        else Person(item.answered_by, item.answered_by_name or ""),
        version=item.version,
    )


def _due(request_id: str) -> str:
    partitions = due_partitions()
    return partitions[sum(request_id.encode()) % len(partitions)]


def _answer_document(answer: Answer | None) -> dict[str, str] | None:
    if answer is None:
        return None
    return {
        "text": answer.text,
        "by": answer.by.user_id,
        "name": answer.by.name,
        "at": answer.at.isoformat(),
    }


def _answer_of(document: dict[str, str]) -> Answer:
    by = Person(document["by"], document["name"])
    return Answer(document["text"], by, _moment(document["at"]))


def _handling_document(handling: Handling | None) -> dict[str, str] | None:
    if handling is None:
        return None
    return {
        "by": handling.by.user_id,
        "name": handling.by.name,
        "since": handling.since.isoformat(),
        "until": handling.until.isoformat(),
    }


def _handling_of(document: dict[str, str] | None) -> Handling | None:
    if document is None:
        return None
    by = Person(document["by"], document["name"])
    return Handling(by, _moment(document["since"]), _moment(document["until"]))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
