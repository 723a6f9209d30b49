"""At most one runner at a time: a lease in the table `migrations`, renewed while it works."""

from __future__ import annotations

import getpass
import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pynamodb.expressions.condition import Condition

from storage.errors import StoreUnavailable
from storage.evolution.errors import LeaseHeld, LeaseLost
from storage.evolution.ledger_table import MigrationItem
from storage.transactions import Transaction

logger = logging.getLogger(__name__)

LEASE_SECONDS = 60
KEY = ("#lease", "migrate")


class Lease:
    """Held while entered. Raises LeaseHeld, saying by whom and since when.

    `token` is this holder's alone. A holder that dies leaves the lease to whoever asks after
    `seconds`; that compares the clocks of two machines, so `seconds` should be far more than
    they differ by. A holder that only slept finds out through `still_ours`.
    """

    def __init__(
        self,
        *,
        seconds: float = LEASE_SECONDS,
        wait_seconds: float = 0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.token = secrets.token_urlsafe(12)
        self.holder = holder_name()
        self._seconds = seconds
        self._wait_seconds = wait_seconds
        self._clock = clock
        self._ours_until = 0.0
        self._lost = ""
        self._ended = threading.Event()
        self._renewing: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._acquire()
        self._renewing = threading.Thread(target=self._keep, name="lease", daemon=True)
        self._renewing.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ended.set()
        if self._renewing:
            self._renewing.join()
        if not self._lost:
            self._release()

    def still_ours(self) -> None:
        """Raises LeaseLost. Asks the store only when the last renewal is too long ago."""
        if not self._lost and self._clock() >= self._ours_until:
            self._renew()
        if self._lost:
            raise LeaseLost(self._lost)

    def stage_check(self, transaction: Transaction) -> None:
        """Makes the transaction fail with LeaseLost when another runner has taken over."""
        transaction.check(
            MigrationItem(*KEY),
            condition=MigrationItem.token == self.token,
            on_failure=lambda: LeaseLost(_taken_over()),
        )

    def _acquire(self) -> None:
        deadline = time.monotonic() + self._wait_seconds
        while not (self._taken() or self._taken_from_dead()):
            if time.monotonic() >= deadline:
                raise LeaseHeld(_who_holds_it(self._clock()))
            time.sleep(0.2)

    def _taken(self) -> bool:
        free = MigrationItem.token.does_not_exist() | (MigrationItem.expires_at < self._clock())
        # A reply that got lost makes us ask again for what is ours already.
        return self._take(free | (MigrationItem.token == self.token))

    def _taken_from_dead(self) -> bool:
        """From a process of this machine that is no longer there: nobody has to wait for it."""
        item = MigrationItem.find(*KEY, consistent=True)
        if item is None or not _died_here(item.position or {}):
            return False
        return self._take(MigrationItem.token == item.token)

    def _take(self, condition: Condition) -> bool:
        now = self._clock()
        taken = MigrationItem.amend(
            *KEY,
            actions=[
                MigrationItem.token.set(self.token),
                MigrationItem.by.set(self.holder),
                MigrationItem.at.set(moment_text(now)),
                MigrationItem.expires_at.set(now + self._seconds),
                MigrationItem.position.set({"place": place(), "process": os.getpid()}),
            ],
            condition=condition,
        )
        if taken:
            self._ours_until = now + self._seconds
        return taken

    def _keep(self) -> None:
        while not self._ended.wait(self._seconds / 3) and not self._lost:
            try:
                self._renew()
            except Exception as error:  # noqa: BLE001  # whatever it is, the next turn may succeed
                # If not, `still_ours` raises it where the work is.
                logger.warning("The lease could not be renewed: %s", type(error).__name__)

    def _renew(self) -> None:
        now = self._clock()
        renewed = MigrationItem.amend(
            *KEY,
            actions=[MigrationItem.expires_at.set(now + self._seconds)],
            condition=MigrationItem.token == self.token,
        )
        if renewed:
            self._ours_until = now + self._seconds
        else:
            self._lost = _taken_over()

    def _release(self) -> None:
        transaction = Transaction()
        transaction.delete(
            MigrationItem(*KEY),
            condition=MigrationItem.token == self.token,
            on_failure=lambda: LeaseLost(_taken_over()),
        )
        try:
            transaction.commit()
        except (LeaseLost, StoreUnavailable):
            # The work is done and recorded; the lease ends by itself.
            return


def holder_name() -> str:
    """`ana on shop-laptop, process 4711`."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        user = f"user {os.getuid()}"
    return f"{user} on {socket.gethostname()}, process {os.getpid()}"


def place() -> str:
    """Where process numbers mean what they mean here; empty where that cannot be told.

    Two containers may have the same host name and different processes of one number.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {os.readlink('/proc/self/ns/pid')}"  # noqa: PTH115  # no file, a name
    except OSError:
        return ""


def _died_here(holder: Mapping[str, Any]) -> bool:
    if not place() or holder.get("place") != place():
        return False
    try:
        os.kill(holder["process"], 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def holder_at_work() -> str:
    """Who holds the lease and is not known to be gone; empty for nobody."""
    item = MigrationItem.find(*KEY, consistent=True)
    if item is None or (item.expires_at or 0) < time.time() or _died_here(item.position or {}):
        return ""
    return item.by or ""


def moment_text(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _who_holds_it(now: float) -> str:
    item = MigrationItem.find(*KEY, consistent=True)
    if item is None:
        return "Another run has just ended; try again"
    left = max(0, round((item.expires_at or now) - now))
    return (
        f"Another run is at work: {item.by}, since {item.at} UTC."
        f" If it has died, its lease ends in {left} s"
    )


def _taken_over() -> str:
    item = MigrationItem.find(*KEY, consistent=True)
    if item is None:
        return "The lease of this run was removed; another run may have come and gone"
    return f"Another run has taken over: {item.by}, since {item.at} UTC"
