"""How far each segment of an item operation came, in the table `migrations`.

A checkpoint moves only in the transaction that also changes the items before its new position,
and only while it carries the token of the runner: so an item is changed exactly once, whenever a
runner is killed, and a runner that was replaced changes nothing any more.
"""

from __future__ import annotations

import base64
import binascii
import random
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import orjson
from botocore.exceptions import ClientError

from storage.client import call
from storage.errors import StoreBusy
from storage.evolution.errors import LeaseLost, MigrationError
from storage.evolution.lease import KEY as LEASE
from storage.evolution.ledger_table import RUN_STATE_PREFIX, MigrationItem
from storage.transactions import CONDITION_FAILED
from storage.typed import RawItem

Action = dict[str, Any]
"""One entry of TransactItems, such as {"Update": {…}}."""

SEGMENT = "segment"
# A transaction makes all checkpoints of a job at once, and each segment has threads of its own.
MOST_SEGMENTS = 64
BATCH_WRITE_LIMIT = 25
QUERY_LIMIT = 100
ATTEMPTS = 8
FIRST_PAUSE_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Counts:
    """Of items, and of capacity units. `conflicts` are writes that others came before."""

    seen: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0
    conflicts: int = 0
    read_units: float = 0.0
    write_units: float = 0.0

    def __add__(self, other: Counts) -> Counts:
        mine, theirs = asdict(self), asdict(other)
        return Counts(**{name: round(mine[name] + theirs[name], 1) for name in mine})


@dataclass(frozen=True, slots=True)
class Progress:
    """`position` is the key of the last item dealt with, as text; None at the beginning."""

    position: str | None = None
    done: bool = False
    counts: Counts = Counts()


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One segment of `segments`, claimed by the runner with this token."""

    job: str
    name: str
    number: int
    segments: int
    token: str
    progress: Progress

    def advance(self, stored: Progress, reached: Progress) -> Action:
        """The part of a transaction that moves the checkpoint from `stored` to `reached`."""
        values = {
            ":token": {"S": self.token},
            ":summary": {"S": _summary_text(self.segments, reached.counts)},
            ":done": {"BOOL": reached.done},
        }
        sets = ["#summary = :summary", "#done = :done"]
        if reached.position is not None:
            values[":reached"] = {"S": reached.position}
            sets.append("#position = :reached")
        if stored.position is None:
            still = "attribute_not_exists(#position)"
        else:
            values[":stored"] = {"S": stored.position}
            still = "#position = :stored"
        values[":open"] = {"BOOL": False}
        return {
            "Update": {
                "TableName": MigrationItem.physical_name(),
                "Key": _key(self.job, self.name),
                "UpdateExpression": "SET " + ", ".join(sets),
                "ConditionExpression": f"#token = :token AND #done = :open AND {still}",
                "ExpressionAttributeNames": {
                    "#token": "token",
                    "#position": "position",
                    "#done": "done",
                    "#summary": "summary",
                },
                "ExpressionAttributeValues": values,
            }
        }

    def stored(self) -> Checkpoint | None:
        """As it is in the store now (one consistent read); None when the job was forgotten."""
        return _stored(self.job, self.name)


def claim(
    job: str,
    token: str,
    segments: Callable[[], int],
    *,
    phase: str = SEGMENT,
    leased: bool = False,
) -> list[Checkpoint]:
    """The checkpoints of a job, which from now on only the runner with this token can move.

    `segments` is asked only when the job begins: afterwards the stored number counts. `leased`
    asks for the lease to carry the token as well, so that a runner that was replaced and does not
    know it takes nothing back. Raises LeaseLost when it does not, StoreBusy when another runner
    claims the same job over and over.
    """
    checks = [_lease_check(token)] if leased else []
    for attempt in range(ATTEMPTS):
        if attempt:
            _pause(attempt)
        found = [_claimed(job, token, name, checks) for name in _names(job, phase)]
        if found:
            return found
        _create(job, token, phase, max(1, min(segments(), MOST_SEGMENTS)), checks)
    raise StoreBusy(f"the checkpoints of {job} could not be made")


def forget(job: str) -> None:
    """Deletes all checkpoints of a job, once what it did is recorded. Harmless when repeated."""
    table = MigrationItem.physical_name()
    requests = [{"DeleteRequest": {"Key": _key(job, name)}} for name in _names(job, "")]
    attempt = 0
    while requests:
        now, requests = requests[:BATCH_WRITE_LIMIT], requests[BATCH_WRITE_LIMIT:]
        left = call("BatchWriteItem", {"RequestItems": {table: now}}).get("UnprocessedItems", {})
        if left:
            attempt += 1
            if attempt == ATTEMPTS:
                raise StoreBusy(f"the checkpoints of {job} could not be deleted")
            _pause(attempt)
            requests += left[table]


def position_text(key: Mapping[str, Mapping[str, Any]]) -> str:
    """A primary key in typed form as JSON; bytes as base64."""
    return orjson.dumps(key, default=encoded_bytes, option=orjson.OPT_SORT_KEYS).decode()


def position_key(text: str) -> RawItem:
    """The reverse of `position_text`. Raises MigrationError for anything else."""
    try:
        key = orjson.loads(text)
        return {
            name: {"B": base64.b64decode(value["B"], validate=True)} if "B" in value else value
            for name, value in key.items()
        }
    except (orjson.JSONDecodeError, AttributeError, TypeError, binascii.Error) as error:
        raise MigrationError(f"a checkpoint cannot be read: {text!r} is no key") from error


def encoded_bytes(value: Any) -> str:
    """For orjson, which asks about what it does not know: bytes as base64."""
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode()
    raise TypeError(f"DynamoDB has no {type(value).__name__}")


def _names(job: str, phase: str) -> list[str]:
    names: list[str] = []
    start_key: dict[str, Any] | None = None
    while True:
        found = MigrationItem.slice(
            _partition(job), page_size=QUERY_LIMIT, start_key=start_key, consistent=True
        )
        names += [item.name for item in found.items if item.name.startswith(phase)]
        start_key = found.last_key
        if start_key is None:
            return names


def _claimed(job: str, token: str, name: str, checks: list[Action]) -> Checkpoint:
    """A transaction of the runner before may still be at it: it ends before or after, whole."""
    take_over: Action = {
        "Update": {
            "TableName": MigrationItem.physical_name(),
            "Key": _key(job, name),
            "UpdateExpression": "SET #token = :token",
            "ConditionExpression": "attribute_exists(#app)",
            "ExpressionAttributeNames": {"#token": "token", "#app": "app"},
            "ExpressionAttributeValues": {":token": {"S": token}},
        }
    }
    for attempt in range(ATTEMPTS):
        if attempt:
            _pause(attempt)
        stored = _stored(job, name)
        if stored is None:
            raise _replaced(job)
        if stored.token == token:
            return stored
        _write([take_over, *checks], job, checks)
    raise StoreBusy(f"the checkpoint {name} of {job} is in use")


def _create(job: str, token: str, phase: str, segments: int, checks: list[Action]) -> None:
    """All or none, so that no two runners can begin a job with different numbers of segments."""
    table = MigrationItem.physical_name()
    puts = [
        {
            "Put": {
                "TableName": table,
                "Item": {
                    **_key(job, f"{phase}-{number:04}"),
                    "token": {"S": token},
                    "done": {"BOOL": False},
                    "summary": {"S": _summary_text(segments, Counts())},
                },
                "ConditionExpression": "attribute_not_exists(#app)",
                "ExpressionAttributeNames": {"#app": "app"},
            }
        }
        for number in range(segments)
    ]
    _write([*puts, *checks], job, checks)


def _write(actions: list[Action], job: str, checks: list[Action]) -> None:
    """Or not: the next look tells. Raises LeaseLost when one of the checks failed; they come
    last among the actions."""
    try:
        arguments = {"TransactItems": actions, "ClientRequestToken": str(uuid.uuid4())}
        call("TransactWriteItems", arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] not in (
            "TransactionCanceledException",
            "TransactionInProgressException",
        ):
            raise
        reasons = error.response.get("CancellationReasons", [])
        failed = {reason.get("Code") for reason in reasons[len(actions) - len(checks) :]}
        if CONDITION_FAILED in failed:
            raise _replaced(job) from error


def _lease_check(token: str) -> Action:
    return {
        "ConditionCheck": {
            "TableName": MigrationItem.physical_name(),
            "Key": {"app": {"S": LEASE[0]}, "name": {"S": LEASE[1]}},
            "ConditionExpression": "#token = :token",
            "ExpressionAttributeNames": {"#token": "token"},
            "ExpressionAttributeValues": {":token": {"S": token}},
        }
    }


def _replaced(job: str) -> LeaseLost:
    return LeaseLost(f"Another run has taken over {job}")


def _stored(job: str, name: str) -> Checkpoint | None:
    request = {
        "TableName": MigrationItem.physical_name(),
        "Key": _key(job, name),
        "ConsistentRead": True,
    }
    answer = call("GetItem", request)
    return _checkpoint(job, answer["Item"]) if "Item" in answer else None


def _checkpoint(job: str, item: RawItem) -> Checkpoint:
    name = item["name"]["S"]
    summary = orjson.loads(item["summary"]["S"])
    segments = summary.pop("segments")
    return Checkpoint(
        job=job,
        name=name,
        number=int(name.rpartition("-")[2]),
        segments=segments,
        token=item["token"]["S"],
        progress=Progress(
            position=item["position"]["S"] if "position" in item else None,
            done=item["done"]["BOOL"],
            counts=Counts(**summary),
        ),
    )


def _summary_text(segments: int, counts: Counts) -> str:
    return orjson.dumps({"segments": segments, **asdict(counts)}).decode()


def _partition(job: str) -> str:
    return f"{RUN_STATE_PREFIX}job {job}"


def _key(job: str, name: str) -> RawItem:
    return {"app": {"S": _partition(job)}, "name": {"S": name}}


def _pause(attempt: int) -> None:
    time.sleep(random.uniform(0, FIRST_PAUSE_SECONDS * 2**attempt))  # noqa: S311  # jitter


def total(checkpoints: Iterator[Progress]) -> Counts:
    return sum((progress.counts for progress in checkpoints), Counts())
