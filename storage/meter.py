"""Counts the DynamoDB calls and the capacity they consume, per request or per test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Call:
    """One request to the store. `capacity` in read or write units, as the store reports them."""

    operation: str
    table: str
    capacity: float
    milliseconds: float


@dataclass(slots=True)
class Meter:
    calls: list[Call] = field(default_factory=list)

    @property
    def capacity(self) -> float:
        return sum(call.capacity for call in self.calls)

    @property
    def milliseconds(self) -> float:
        return sum(call.milliseconds for call in self.calls)


_current: ContextVar[Meter | None] = ContextVar("storage_meter", default=None)


@contextmanager
def measure() -> Iterator[Meter]:
    """Collects the calls made inside the block, in this thread or task. Blocks may nest."""
    meter = Meter()
    outer = _current.get()
    token = _current.set(meter)
    try:
        yield meter
    finally:
        _current.reset(token)
        if outer is not None:
            outer.calls.extend(meter.calls)


def record(operation: str, table: str, capacity: float, milliseconds: float) -> None:
    meter = _current.get()
    if meter is not None:
        meter.calls.append(Call(operation, table, capacity, milliseconds))
