"""A page of a list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

Row = TypeVar("Row")
Shown = TypeVar("Shown")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """`next_cursor` is None on the last page; `capacity` is what reading it consumed."""

    items: tuple[Row, ...]
    next_cursor: str | None = None
    capacity: float = 0.0

    def map(self, show: Callable[[Row], Shown]) -> Page[Shown]:
        return Page(tuple(map(show, self.items)), self.next_cursor, self.capacity)


def page_of(
    rows: list[Row], limit: int, cursor_of: Callable[[Row], str], capacity: float = 0.0
) -> Page[Row]:
    """Cuts `rows`, read with limit + 1, to a page.

    The extra row tells whether there is a next page, so the last page is never empty.
    """
    if len(rows) <= limit:
        return Page(tuple(rows), None, capacity)
    shown = rows[:limit]
    return Page(tuple(shown), cursor_of(shown[-1]), capacity)
