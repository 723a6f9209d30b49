"""What follows an organisation in other apps, such as its products in the catalogue.

A follower works in steps. Each does a piece that takes well under a second, and returns where the
next one begins, None at the end. A step may be repeated, and two processes may do the same one at
once, so what is done already is passed over. Every transaction of it is bound to the job: whoever
was overtaken by a newer one, say by a restoration, writes nothing any more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from accounts.entities import Actor
from storage.transactions import Transaction


@dataclass(frozen=True, slots=True)
class Piece:
    """`position` is what the step before returned, empty at first. `actor` is who asked for it all,
    for the history; what it may do was checked then. `removal_id` marks what is deleted."""

    org_id: str
    removal_id: str
    position: str
    actor: Actor
    bind: Callable[[Transaction], None]
    """Adds the check that the job is still the same; the commit raises Overtaken. The first in
    each transaction, of which it takes one action."""


class Follower(Protocol):
    name: str

    def delete(self, piece: Piece) -> str | None:
        """Takes away what the public can see, so that `restore` brings back exactly that."""

    def restore(self, piece: Piece) -> str | None: ...

    def destroy(self, piece: Piece) -> str | None:
        """Removes everything for good, wherever `delete` and `restore` have come to."""


_followers: dict[str, Follower] = {}


def follow_organisations(follower: Follower) -> None:
    """For `AppConfig.ready`. The name is stored with jobs under way: it must not change."""
    _followers[follower.name] = follower


def followers() -> tuple[Follower, ...]:
    return tuple(_followers.values())
