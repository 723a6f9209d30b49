"""Supervisors who claim and answer the same requests at the same time, and die while they do."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.httpsession import URLLib3Session

from accounts.entities import Actor
from storage.client import shared_client
from storage.domain import DomainError
from storage.errors import StoreBusy
from supervisor import services
from supervisor.entities import Code, Request
from tests.storage.faults import cancellation

BEFORE_SEND = "before-send.dynamodb.TransactWriteItems"


class WorkerDied(BaseException):
    """Between reading and writing, or after writing and before hearing of it."""


@dataclass
class Crowd:
    """Jobs for all, and what came of them. `won` are the answers that somebody was told are stored:
    text by request."""

    store_id: str
    jobs: list[str]
    seed: int
    won: dict[str, str] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    busy: int = 0
    deaths: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def work(self, actor: Actor) -> None:
        """Whoever dies comes back under the same name and tries the same request again."""
        chance = random.Random(f"{self.seed} {actor.user_id}")
        while request_id := self._next_job():
            while not self._survives(actor, request_id, chance):
                pass

    def _next_job(self) -> str:
        with self.lock:
            return self.jobs.pop() if self.jobs else ""

    def _survives(self, actor: Actor, request_id: str, chance: random.Random) -> bool:
        try:
            text = handle(actor, self.store_id, request_id, chance)
        except WorkerDied:
            with self.lock:
                self.deaths += 1
            return False
        except DomainError as refusal:
            with self.lock:
                self.refused[type(refusal).__name__] += 1
        except StoreBusy:
            with self.lock:
                self.busy += 1
        else:
            with self.lock:
                assert request_id not in self.won, "answered twice"
                self.won[request_id] = text
        return True


def handle(actor: Actor, store_id: str, request_id: str, chance: random.Random) -> str:
    """Takes a request on and answers it; the text of the answer when it is stored. Raises
    StepRefused."""
    keys: dict[str, Any] = {"store_id": store_id, "request_id": request_id}
    services.claim(actor=actor, **keys)
    if chance.random() < 0.1:
        services.prioritise(actor=actor, **keys, priority=chance.randrange(10))
    text = f"{actor.name} {chance.random()}"
    services.answer(actor=actor, **keys, text=text)
    return text


def work(
    actors: Iterable[Actor], store_id: str, request_ids: list[str], *, seed: int, each: int
) -> Crowd:
    """One thread for each actor; each request is tried by `each` of them, at about the same
    moment."""
    jobs = [one for one in request_ids for _ in range(each)]
    random.Random(seed).shuffle(jobs)
    jobs.sort(key=lambda one: request_ids.index(one) // 8)
    crowd = Crowd(store_id, jobs, seed)
    threads = [threading.Thread(target=crowd.work, args=(actor,)) for actor in actors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return crowd


def supervisors(like: Actor, count: int) -> list[Actor]:
    return [
        replace(like, user_id=f"USER-{number}", name=f"Supervisor {number}")
        for number in range(count)
    ]


@contextmanager
def deaths(seed: int, share: float) -> Iterator[None]:
    """Of transactions, this share kills who sends it: half of them before the store hears of it."""
    chance = random.Random(seed)

    def kill(request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:
        drawn = chance.random()
        if drawn < share / 2:
            raise WorkerDied
        if drawn < share:
            URLLib3Session().send(request)
            raise WorkerDied
        return None

    with _registered(kill):
        yield


@contextmanager
def conflicts(seconds: float) -> Iterator[Counter[str]]:
    """Transactions that take so long and meet at an item are refused as DynamoDB does it; the
    embedded engine does one after the other. Yields how many were `sent` and `refused`."""
    held: set[str] = set()
    lock = threading.Lock()
    seen: Counter[str] = Counter()

    def meet(request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:
        touched = [_item_of(operation) for operation in json.loads(request.body)["TransactItems"]]
        with lock:
            seen["sent"] += 1
            met = [item in held for item in touched]
            if not any(met):
                held.update(touched)
        if any(met):
            seen["refused"] += 1
            codes = ("TransactionConflict" if one else "None" for one in met)
            return cancellation(*codes)(request)
        time.sleep(seconds)
        with lock:
            held.difference_update(touched)
        return None

    with _registered(meet):
        yield seen


def _item_of(operation: dict[str, Any]) -> str:
    ((kind, said),) = operation.items()
    item = said["Item" if kind == "Put" else "Key"]
    table = said["TableName"]
    return json.dumps([table, *(item[name] for name in KEYS[table.removeprefix("test-")])])


KEYS = {
    "audit": ("subject", "at"),
    "supervisor-requests": ("storeId", "status._.priority._.requestTimestamp._.requestId"),
    "supervisor-counters": ("orgId", "counter"),
}


@contextmanager
def _registered(handler: Callable[..., AWSResponse | None]) -> Iterator[None]:
    events = shared_client().meta.events
    events.register(BEFORE_SEND, handler)
    try:
        yield
    finally:
        events.unregister(BEFORE_SEND, handler)


def assert_answered(requests: Iterable[Request], crowd: Crowd) -> None:
    """Everything is answered once, and where somebody was told so, with that answer."""
    stored = {one.id: one for one in requests}
    assert all(one.code is Code.RESPONSE_RECEIVED for one in stored.values())
    for request_id, text in crowd.won.items():
        answer = stored[request_id].answer
        assert answer is not None
        assert answer.text == text
