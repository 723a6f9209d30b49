"""What must hold of stored requests at every moment, said of the raw items.

Nothing here goes through the code that writes them, apart from the bounds of buckets.
"""

from __future__ import annotations

import json
import zoneinfo
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from storage.client import call
from storage.configuration import table_name
from storage.typed import PlainItem, plain_item
from supervisor.board import bucket_of

REQUESTS = "supervisor-requests"
SORT = "status._.priority._.requestTimestamp._.requestId"
CODES = {
    "PENDING_RESPONSE": "PENDING",
    "TIMEOUT": "NOT_PENDING",
    "RESPONSE_RECEIVED": "NOT_PENDING",
    "CANCELLED": "NOT_PENDING",
}
# What lists show, besides keys: nothing of the caller or of what was answered.
SHOWN = {
    *("orgId", "statusCode", "header", "excerpt", "reference", "tags", "askedBy", "askedByName"),
    *("deadline", "handling", "closedAt", "missedBy", "answeredBy", "answeredByName", "version"),
}
EVERYTHING: set[str] = set()


@dataclass(frozen=True)
class Index:
    """Which requests it holds, and what it has of them beside the keys of the table."""

    holds: Callable[[PlainItem], bool]
    has: set[str]

    def entry(self, item: PlainItem) -> PlainItem:
        names = {"storeId", SORT, *(self.has or item)}
        return {name: value for name, value in item.items() if name in names}


def is_pending(item: PlainItem) -> bool:
    return bool(item["status"] == "PENDING")


INDEXES = {
    "request-id-index": Index(lambda item: True, EVERYTHING),
    "queue-index": Index(is_pending, {"queueKey"} | SHOWN),
    "history-index": Index(lambda item: not is_pending(item), {"closedKey"} | SHOWN),
    "store-deadline-index": Index(is_pending, {"deadlineKey"} | SHOWN),
    "organisation-queue-index": Index(is_pending, {"queueOf", "queueKey"} | SHOWN),
    "deadline-index": Index(is_pending, {"due", "deadlineKey"}),
    "caller-index": Index(
        lambda item: not is_pending(item) and names_caller(item), {"callerOf", "closedKey"}
    ),
    "asker-index": Index(lambda item: True, {"requestTime"} | SHOWN),
    "phone-index": Index(lambda item: "phoneNumber" in item, {"phoneOf", "requestTime"}),
}
ALWAYS_WRITTEN = {
    f"supervisor.{step}_request"
    for step in ("ask", "claim", "assign", "answer", "correct", "cancel", "reopen")
}
ONLY_PENDING = ("queueOf", "queueKey", "due", "deadlineKey")
Totals = Counter[tuple[str, str, str, str]]
"""(day, store, person or nothing, attribute) → how often."""


def raw_items(logical_name: str, index: str | None = None) -> Iterator[PlainItem]:
    arguments: dict[str, Any] = {"TableName": table_name(logical_name)}
    arguments |= {"IndexName": index} if index else {"ConsistentRead": True}
    while True:
        answer = call("Scan", dict(arguments))
        yield from map(plain_item, answer["Items"])
        if "LastEvaluatedKey" not in answer:
            return
        arguments["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def names_caller(item: PlainItem) -> bool:
    return "name" in item or "phoneNumber" in item


def assert_invariants() -> Counter[str]:
    """Returns how many requests there are by status code."""
    requests = list(raw_items(REQUESTS))
    timelines = _timelines()
    ids = [item["requestId"] for item in requests]
    assert len(ids) == len(set(ids)), [one for one, times in Counter(ids).items() if times > 1]
    assert set(ids) == set(timelines), set(ids) ^ set(timelines)
    for item in requests:
        _assert_keys(item)
        _assert_state(item)
        _assert_timeline(item, timelines[item["requestId"]])
    for name, index in INDEXES.items():
        wanted = [index.entry(item) for item in requests if index.holds(item)]
        assert _sorted(raw_items(REQUESTS, name)) == _sorted(wanted), name
    expected = Totals()
    for item in requests:
        expected.update(_counted(item))
    assert stored_totals() == expected
    return Counter(item["statusCode"] for item in requests)


def stored_totals() -> Totals:
    """Of the table of counters, shards added up, without zeros."""
    totals = Totals()
    for item in raw_items("supervisor-counters"):
        day, kind, store, *person, _shard = item["counter"].split("#")
        assert (kind, len(person)) in (("total", 0), ("person", 1)), item["counter"]
        for name, value in item.items():
            if name not in ("orgId", "counter"):
                totals[day, store, "".join(person), name] += int(value)
    return Totals({place: count for place, count in totals.items() if count})


def _sorted(items: Iterable[PlainItem]) -> list[PlainItem]:
    return sorted(items, key=lambda item: str(item[SORT]))


def _assert_keys(item: PlainItem) -> None:
    asked = _stamp(_moment(item["requestTime"]))
    queue = f"{9 - int(item['priority'])}._.{asked}._.{item['requestId']}"
    assert item[SORT] == f"{item['status']}._.{queue}", item
    if item["status"] == "PENDING":
        assert item["queueOf"] == item["orgId"]
        assert item["queueKey"] == queue
        assert item["due"].startswith("PENDING")
        assert item["deadlineKey"] == f"{_stamp(_moment(item['deadline']))}._.{item['requestId']}"
    else:
        assert item["closedKey"] == f"{_stamp(_moment(item['closedAt']))}._.{item['requestId']}"
    digits = item.get("phoneNumber", "").removeprefix("+").removeprefix("00")
    assert item.get("phoneOf") == (f"{item['orgId']}#{digits}" if digits else None), item


def _assert_state(item: PlainItem) -> None:
    code = item["statusCode"]
    assert item["status"] == CODES[code], item
    for name in ONLY_PENDING:
        assert (name in item) == is_pending(item), (name, item)
    for name in ("closedKey", "closedAt"):
        assert (name in item) != is_pending(item), (name, item)
    for name in ("answer", "answeredBy", "answeredByName"):
        assert (name in item) == (code == "RESPONSE_RECEIVED"), (name, item)
    if "answer" in item:
        answer = json.loads(item["answer"])
        assert (answer["by"], answer["name"]) == (item["answeredBy"], item["answeredByName"]), item
    line = " ".join(item.get("body", "").split())
    assert line.startswith(item.get("excerpt", "").removesuffix("…")), item
    assert bool(line) == ("excerpt" in item), item
    assert is_pending(item) or "handling" not in item, item
    assert code == "TIMEOUT" or "missedBy" not in item, item
    if code == "TIMEOUT":
        assert item["closedAt"] == item["deadline"], item


def _assert_timeline(item: PlainItem, entries: list[PlainItem]) -> None:
    """It begins with the question, and each change of state goes on from the one before."""
    actions = [entry["action"] for entry in entries]
    assert actions.count("supervisor.ask_request") == 1, actions
    assert actions[0] == "supervisor.ask_request", actions
    code = "PENDING_RESPONSE"
    answers = writes = 0
    for entry in entries:
        changes = json.loads(entry.get("changes") or "{}")
        before, after = changes.get("code", (code, code))
        assert before == code, (item["requestId"], actions)
        code = after
        answers += before != after == "RESPONSE_RECEIVED"
        # What was as urgent before is written into the timeline alone.
        writes += entry["action"] in ALWAYS_WRITTEN or "priority" in changes
    assert code == item["statusCode"], (item["requestId"], actions)
    assert answers == ("answer" in item), (item["requestId"], actions)
    corrected = actions.count("supervisor.correct_request")
    assert corrected == len(json.loads(item.get("earlierAnswers") or "[]")), item["requestId"]
    assert item["version"] >= writes, (item["requestId"], actions)


def _counted(item: PlainItem) -> Totals:
    """What this request must have added: what was taken back has come to nothing."""
    asked_at = _moment(item["requestTime"])
    what = [("asked", asked_at, item["askedBy"])]
    if item["statusCode"] == "RESPONSE_RECEIVED":
        first = json.loads(item["earlierAnswers"])[0] if "earlierAnswers" in item else None
        answer = first or json.loads(item["answer"])
        at = datetime.fromisoformat(answer["at"])
        what.append(("answered", at, answer["by"]))
        what.append((f"b{bucket_of(at - asked_at):02}", at, answer["by"]))
    elif item["statusCode"] == "TIMEOUT":
        what.append(("timedOut", _moment(item["closedAt"]), item.get("missedBy", "")))
    elif item["statusCode"] == "CANCELLED":
        what.append(("cancelled", _moment(item["closedAt"]), item["askedBy"]))
    zone = zoneinfo.ZoneInfo(item["timeZone"])
    totals = Totals()
    for name, at, user_id in what:
        for person in {"", user_id}:
            totals[at.astimezone(zone).date().isoformat(), item["storeId"], person, name] += 1
    return totals


def _timelines() -> dict[str, list[PlainItem]]:
    """By request, oldest entry first."""
    found: dict[str, list[PlainItem]] = {}
    for entry in raw_items("audit"):
        kind, _, request_id = entry["subject"].partition("#")
        if kind == "request":
            found.setdefault(request_id, []).append(entry)
    for entries in found.values():
        entries.sort(key=lambda entry: str(entry["at"]))
    return found


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z").astimezone(UTC)


def _stamp(moment: datetime) -> str:
    return f"{round(moment.timestamp() * 1000):013}"
