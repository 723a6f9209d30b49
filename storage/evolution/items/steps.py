"""What the items of a page need: made by a plan while reading, written by a segment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from storage.evolution.items.checkpoints import Action
from storage.typed import RawItem


@dataclass(slots=True)
class Step:
    """The writes that one scanned item calls for.

    `ordinal` is the number of items of the page up to and including this one. `checks` go along
    with the writes; steps may share one, by its name. Only the last of several steps for one
    item `moves` the position behind it.
    """

    ordinal: int
    key: RawItem
    writes: Sequence[Action]
    size: int
    checks: dict[str, Action] = field(default_factory=dict)
    moves: bool = True


@dataclass(frozen=True, slots=True)
class PlannedPage:
    """`end` is the key of the last item on the page; None where there was none."""

    steps: list[Step]
    end: RawItem | None
    seen: int
    last: bool


class Plan(Protocol):
    """Decides about items. Used by several threads at once."""

    def steps(self, items: Sequence[RawItem]) -> list[Step]:
        """For those items of a page that have to be written, in order; several for one with
        many writes."""

    def again(self, step: Step, current: RawItem | None) -> list[Step]:
        """What is left to do after somebody else was faster. `current` is what the store has
        where a condition failed; None for nothing."""
