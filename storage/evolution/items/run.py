"""What the threads of one item operation share: pace, patience, the lease, and when to stop."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from botocore.exceptions import ClientError

from storage.errors import StoreUnavailable
from storage.evolution.errors import MigrationError
from storage.evolution.items.pacing import Pace
from storage.evolution.operation import Work

# How long to put up with a store that does not answer, and with others who are always faster.
UNAVAILABLE_SECONDS = 60.0
CONFLICT_SECONDS = 60.0
FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 5.0
LOOK_SECONDS = 1.0

Answer = TypeVar("Answer")


class Stopped(Exception):
    """Another thread failed, or the run was interrupted; this one ends where it is."""


class Run:
    def __init__(self, work: Work, title: str) -> None:
        self.work = work
        self.title = title
        self.pace = Pace(work.options.capacity)
        self._stop = threading.Event()
        self._ended: list[object] = []
        self._news = threading.Event()
        self._lease = threading.Lock()
        self._error: BaseException | None = None

    def conduct(self, jobs: Sequence[Callable[[], None]]) -> None:
        """Runs the jobs in threads of their own until all have ended.

        An error of one stops the others after the request they are at, and is raised here; so
        does an interruption.
        """
        threads = [
            threading.Thread(target=self._run, args=(job,), name=f"items-{number}", daemon=True)
            for number, job in enumerate(jobs)
        ]
        started: list[threading.Thread] = []
        try:
            for thread in threads:
                thread.start()
                started.append(thread)
            while len(self._ended) < len(started):
                self._news.wait(LOOK_SECONDS)
                self._news.clear()
                self.look()
        finally:
            self._stop.set()
            # Not join: when it is interrupted, Python 3.11 takes the thread for one that has ended.
            while len(self._ended) < len(started):
                self._news.wait(LOOK_SECONDS)
                self._news.clear()
        for thread in started:
            thread.join()
        if self._error is not None:
            raise self._error

    def take_turn(self) -> None:
        """Waits until the pace allows another request. Raises Stopped."""
        while (delay := self.pace.delay()) > 0:
            self.pause(delay)
        self.pause(0)

    def pause(self, seconds: float) -> None:
        """Raises Stopped."""
        if self._stop.wait(seconds) if seconds else self._stop.is_set():
            raise Stopped

    def look(self) -> None:
        """Raises LeaseLost when the lease is no longer ours."""
        with self._lease:
            try:
                self.work.still_ours()
            except StoreUnavailable:
                # Nothing can be written meanwhile either, and checkpoints carry our token.
                return

    def patiently(self, request: Callable[[], Answer]) -> Answer:
        """The answer to a read, in its turn. Raises MigrationError when there never is one."""
        patience = Patience(self)
        while True:
            self.take_turn()
            try:
                return request()
            except StoreUnavailable as error:
                patience.bear(error)
            except ClientError as error:
                raise self.refused(error) from error

    def refused(self, error: ClientError) -> MigrationError:
        problem = error.response["Error"]
        return MigrationError(f"{self.title}: {problem['Code']}: {problem.get('Message', '')}")

    def _run(self, job: Callable[[], None]) -> None:
        try:
            job()
        except Stopped:
            pass
        except BaseException as error:  # noqa: BLE001  # raised again in the caller's thread
            self._error = self._error or error
            self._stop.set()
        finally:
            self._ended.append(job)
            self._news.set()


class Patience:
    """With one request that the store does not answer, or that others keep getting in the way
    of."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._since: float | None = None
        self._attempts = 0

    def bear(self, error: StoreUnavailable) -> None:
        """Waits a little longer every time. Raises MigrationError when it has lasted too long."""
        self._since = self._since or time.monotonic()
        if time.monotonic() - self._since > UNAVAILABLE_SECONDS:
            raise MigrationError(
                f"{self._run.title}: the store has not answered for {UNAVAILABLE_SECONDS:g}"
                " seconds. What was done is recorded; a new run goes on from there"
            ) from error
        self._attempts += 1
        self._run.pause(jittered(self._attempts))


def jittered(attempt: int) -> float:
    longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**attempt)
    return random.uniform(0, longest)  # noqa: S311  # jitter, not a secret
