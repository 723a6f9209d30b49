"""Ctrl-C as a question that long work asks between its steps."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Any


class Interruption:
    """Within it the first SIGINT or SIGTERM is remembered; the second one acts as ever."""

    def __init__(self) -> None:
        self._asked = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Interruption:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._ask)
        return self

    def __exit__(self, *_exc: object) -> None:
        self._restore()

    def was_asked_for(self) -> bool:
        return self._asked

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self._asked = True
        self._restore()

    def _restore(self) -> None:
        while self._before:
            signal.signal(*self._before.popitem())
