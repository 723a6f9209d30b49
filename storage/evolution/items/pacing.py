"""How fast an item operation may go: so many capacity units a second, reads and writes together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

Clock = Callable[[], float]


class Pace:
    """A bucket that fills at `capacity` units a second and holds what one second brings.

    What a request costs is known only from its answer, so the bucket may go into debt; nobody
    sends until the debt is paid. Shared by all threads of a run; None never makes anybody wait.
    """

    def __init__(self, capacity: float | None, clock: Clock = time.monotonic) -> None:
        if capacity is not None and capacity <= 0:
            raise ValueError("capacity must be more than 0 units a second")
        self._capacity = capacity
        self._clock = clock
        self._lock = threading.Lock()
        self._units = capacity or 0.0
        self._at = clock()

    def delay(self) -> float:
        """Seconds until a request may be sent; 0 for now."""
        if self._capacity is None:
            return 0.0
        with self._lock:
            self._fill(self._capacity)
            return max(0.0, -self._units / self._capacity)

    def spend(self, units: float) -> None:
        """Pays for a request that was answered."""
        if self._capacity is None:
            return
        with self._lock:
            self._fill(self._capacity)
            self._units -= units

    def portion(self, most: int, units_each: float) -> int:
        """How many items to handle in one request, so that it costs about a second's capacity."""
        if self._capacity is None:
            return most
        return max(1, min(most, int(self._capacity / units_each)))

    def _fill(self, capacity: float) -> None:
        now = self._clock()
        self._units = min(capacity, self._units + (now - self._at) * capacity)
        self._at = now
