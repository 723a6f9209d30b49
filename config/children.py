"""Runs child processes one after the other, some beside them, and ends with all of them when we are
told to stop."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Self

from storage.parent_death import tied_to_us

STOP_SECONDS = 5.0
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PULSE_SECONDS = 0.25


class Children:
    """While entered, SIGINT, SIGTERM and SIGHUP end the current child instead of us.

    Each child has a process group of its own: Ctrl-C in a terminal goes to a whole group, and
    a web server whose workers are interrupted along with it may hang.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.stopping = False
        self._environment = dict(environment)
        self._handlers: dict[signal.Signals, Callable[[int, FrameType | None], object] | int] = {}

    def add_environment(self, environment: Mapping[str, str]) -> None:
        self._environment.update(environment)

    def run(
        self,
        command: Sequence[str],
        *,
        healthy: Callable[[], bool] = lambda: True,
        pulse: Callable[[], None] = lambda: None,
    ) -> int:
        """The exit code. `pulse` is called four times a second; when `healthy` says no, or we are
        told to stop, the child is ended. Does nothing when already told to stop (exit code 0)."""
        if self.stopping:
            return 0
        with self._started(command) as child:
            while not self.stopping and healthy():
                try:
                    return child.wait(_PULSE_SECONDS)
                except subprocess.TimeoutExpired:
                    pulse()
            return self._end(child)

    @contextmanager
    def beside(self, command: Sequence[str]) -> Iterator[None]:
        """While entered, a child that nobody waits for; it is ended in the end."""
        if self.stopping:
            yield
            return
        with self._started(command) as child:
            yield
            self._end(child)

    @contextmanager
    def _started(self, command: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
        child = subprocess.Popen(  # noqa: S603 - our own commands, no shell
            tied_to_us(command),
            env=self._environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            yield child
        finally:
            _kill_group(child.pid)

    def _end(self, child: subprocess.Popen[bytes]) -> int:
        child.terminate()
        try:
            return child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            _kill_group(child.pid)
            return child.wait()

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True

    def __enter__(self) -> Self:
        for number in _STOP_SIGNALS:
            if number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN:
                continue  # started with nohup: meant to outlive its terminal
            previous = signal.signal(number, self._stop)
            self._handlers[number] = signal.SIG_DFL if previous is None else previous
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, previous in self._handlers.items():
            signal.signal(number, previous)


def _kill_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # the latter on macOS, for one just ended
        return
