"""Pauses between attempts at a request that others got in the way of."""

from __future__ import annotations

import random
import time

ATTEMPTS = 8
FIRST_PAUSE_SECONDS = 0.02
LONGEST_PAUSE_SECONDS = 0.4


def pause(attempt: int) -> None:
    """Longer with every attempt (from 1), and by chance, so that two do not meet again."""
    longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**attempt)
    time.sleep(random.uniform(0, longest))  # noqa: S311  # jitter, not a secret
