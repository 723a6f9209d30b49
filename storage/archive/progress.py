"""How far a dump, a check or a restore is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` items over all tables; on AWS the total of a dump is an estimate."""

    table: str
    done: int
    total: int


Tell = Callable[[Progress], None]
"""Hears of progress between two requests; what it raises ends the work."""


def untold(_progress: Progress) -> None:
    """For work that nobody watches."""
