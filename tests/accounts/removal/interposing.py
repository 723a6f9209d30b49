"""Somebody else acts between two requests to the store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from storage.client import shared_client

_WRITES = {"TransactWriteItems", "UpdateItem"}


@contextmanager
def before_write(number: int, act: Callable[[], object]) -> Iterator[list[int]]:
    """`act` runs once, just before the `number`-th write (from 1) inside the block is sent.

    Yields how many there have been, in a list of one; those of `act` do not count.
    """
    seen = [0]
    acting = False

    def listen(model: Any, **_: Any) -> None:
        nonlocal acting
        if acting or model.name not in _WRITES:
            return
        seen[0] += 1
        if seen[0] == number:
            acting = True
            act()
            acting = False

    events = shared_client().meta.events
    events.register("before-call.dynamodb", listen)
    try:
        yield seen
    finally:
        events.unregister("before-call.dynamodb", listen)
