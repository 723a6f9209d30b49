"""Writing and removing whole items as fast as the store takes them, without conditions."""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from storage.archive.errors import ArchiveError
from storage.client import call
from storage.errors import StoreUnavailable
from storage.scanning import is_embedded_engine, scan_pages
from storage.typed import RawItem

SENDERS = 4
BATCH_ITEMS, TRANSACTION_ITEMS = 25, 100
# Far below what a request may hold, so that the store answers in time.
REQUEST_BYTES = 1024 * 1024
GIVE_UP_AFTER_SECONDS = 120.0
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.05, 5.0

Write = dict[str, Any]
"""`{"Put": {"Item": …}}` or `{"Delete": {"Key": …}}`."""


def put_all(
    name: str, key_names: tuple[str, ...], sized_items: Iterable[tuple[RawItem, int]]
) -> Iterator[int]:
    """Yields how many more of the items the table with this physical name holds.

    Sizes are in bytes. Putting an item twice does no harm, so what gets no answer is sent again.
    Raises StoreUnavailable when nothing goes on for two minutes; ArchiveError for the same key
    twice in a row; ClientError.
    """
    writes = (({"Put": {"Item": item}}, size) for item, size in sized_items)
    yield from _write_all(name, key_names, writes)


def remove_all(
    name: str, key_names: tuple[str, ...], keep: Callable[[RawItem], bool]
) -> Iterator[int]:
    """Yields how many more of the items that it found, and need not keep, it has removed."""
    keys = (
        {key: item[key] for key in key_names}
        for page in scan_pages(name)
        for item in page.items
        if not keep(item)
    )
    yield from _write_all(name, key_names, (({"Delete": {"Key": key}}, 0) for key in keys))


def _write_all(
    name: str, key_names: tuple[str, ...], writes: Iterable[tuple[Write, int]]
) -> Iterator[int]:
    # The embedded engine commits each item of a batch by itself, and a transaction as a whole;
    # on AWS transactions cost double.
    in_transactions = is_embedded_engine(name)
    sender = _Sender(name, in_transactions=in_transactions)
    waiting: deque[Future[int]] = deque()
    with ThreadPoolExecutor(SENDERS, thread_name_prefix="archive") as threads:
        try:
            for batch in _batches(writes, TRANSACTION_ITEMS if in_transactions else BATCH_ITEMS):
                _refuse_twice(name, key_names, batch)
                waiting.append(threads.submit(sender.send, batch))
                if len(waiting) >= 2 * SENDERS:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            sender.stop()
            for future in waiting:
                future.cancel()


def _batches(writes: Iterable[tuple[Write, int]], longest: int) -> Iterator[list[Write]]:
    batch: list[Write] = []
    size = 0
    for write, write_size in writes:
        if batch and (len(batch) == longest or size + write_size > REQUEST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(write)
        size += write_size
    if batch:
        yield batch


def _refuse_twice(name: str, key_names: tuple[str, ...], batch: list[Write]) -> None:
    """DynamoDB takes no key twice in one request."""
    items = [write["Put"]["Item"] for write in batch if "Put" in write]
    keys = {tuple(str(item[key]) for key in key_names) for item in items}
    if len(keys) != len(items):
        raise ArchiveError(f"An item of {name} is in the archive twice.")


class _Sender:
    def __init__(self, name: str, *, in_transactions: bool) -> None:
        self._name = name
        self._send_once = self._transaction if in_transactions else self._batch
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Ends the waiting of all that are waiting to try again."""
        self._stopped.set()

    def send(self, batch: list[Write]) -> int:
        """The length of the batch, once the store holds all of it."""
        left = batch
        deadline = time.monotonic() + GIVE_UP_AFTER_SECONDS
        pause = FIRST_PAUSE_SECONDS
        while True:
            before = len(left)
            try:
                left = self._send_once(left)
                unavailable = StoreUnavailable(f"{len(left)} items of {self._name} are left")
            except StoreUnavailable as error:
                unavailable = error
            if not left:
                return len(batch)
            if len(left) < before:
                deadline = time.monotonic() + GIVE_UP_AFTER_SECONDS
            if time.monotonic() > deadline or self._stopped.wait(
                random.uniform(pause / 2, pause)  # noqa: S311  # jitter, not a secret
            ):
                raise unavailable
            pause = min(LONGEST_PAUSE_SECONDS, pause * 2)

    def _transaction(self, batch: list[Write]) -> list[Write]:
        items = [
            {kind: {"TableName": self._name, **content}}
            for write in batch
            for kind, content in write.items()
        ]
        call("TransactWriteItems", {"TransactItems": items})
        return []

    def _batch(self, batch: list[Write]) -> list[Write]:
        """What DynamoDB could not take at once, to be sent again."""
        requests = [
            {f"{kind}Request": content} for write in batch for kind, content in write.items()
        ]
        answer = call("BatchWriteItem", {"RequestItems": {self._name: requests}})
        return [
            {kind.removesuffix("Request"): content}
            for request in answer.get("UnprocessedItems", {}).get(self._name, ())
            for kind, content in request.items()
        ]
