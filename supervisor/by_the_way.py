"""What a sweeper does besides: it runs often, so that nobody needs a timer for each."""

from __future__ import annotations

from collections.abc import Callable

from supervisor.forgetting import forget_by_the_way
from supervisor.removal import finish_removed_stores
from supervisor.rounds import survived

_WORK: tuple[Callable[[], object], ...] = (forget_by_the_way, finish_removed_stores)


def do_by_the_way() -> int:
    """Forgets some callers, once an hour, and removes what is left of stores that are gone. Returns
    how often something was in the way: that is left for the next time."""
    return sum(map(_failed, _WORK))


def _failed(work: Callable[[], object]) -> bool:
    def whether() -> bool:
        work()
        return False

    return survived(whether, otherwise=True)
