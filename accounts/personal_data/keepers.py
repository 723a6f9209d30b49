"""Who keeps personal data: every app that does says how it is exported and erased."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from accounts.entities import User
from accounts.personal_data.entities import Erasure

Facts = Mapping[str, Any]
"""Name → value, as JSON can say it; moments and sets may be among them."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of somebody's export: facts, or rows of them, which are read while they are written.

    So however many there are, few are in memory at once.
    """

    name: str
    content: Facts | Iterator[Facts]


class Keeper(Protocol):
    """`name` is that of its part of the export. Both functions work for people of any state."""

    name: str

    def export(self, user: User) -> Iterator[Section]: ...

    def erase(self, erasure: Erasure) -> Iterator[None]:
        """Removes or anonymises everything about the person, in pieces that take well under a
        second; yields after each. May be stopped there, and is then begun anew: what is done
        already is passed over.

        It comes back later, with ids only, for what was written at the moment of the erasure.
        """


_keepers: dict[str, Keeper] = {}


def keep_personal_data(keeper: Keeper) -> None:
    """For `AppConfig.ready`."""
    _keepers[keeper.name] = keeper


def keepers() -> tuple[Keeper, ...]:
    return tuple(_keepers.values())
