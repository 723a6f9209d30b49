"""Who may see which numbers of a day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date

from accounts.entities import Actor
from accounts.stores.entities import Store
from accounts.stores.naming import all_stores, find_store, find_stores
from supervisor import board_repository
from supervisor.assigning import names_of
from supervisor.board import Tally, local_day
from supervisor.entities import Person, now_in_milliseconds

VIEW = "supervisor.view_request"
ANSWER = "supervisor.answer_request"


@dataclass(frozen=True, slots=True)
class Board:
    """Stores where something happened, by name, and the one that was asked for; people, by how many
    they answered, or None for who may not see them. `choices` are the actor's active stores."""

    day: date
    today: date
    stores: tuple[tuple[Store, Tally], ...]
    people: tuple[tuple[Person, Tally], ...] | None
    choices: tuple[Store, ...]


def board_of(actor: Actor, *, day: date | None = None, store_id: str = "") -> Board:
    """Of one store or of all that the actor reaches, on `day` where each of them is; without a day,
    today. What is overdue is counted once a sweeper has been there.

    One query of the counters of stores, for who may answer another one of those of people and a
    read of their names. Raises StoreNotFound, PermissionDenied.
    """
    chosen = find_store(actor, store_id=store_id) if store_id else None
    actor.require(VIEW, actor.org_id, store_id)
    choices = all_stores(actor)
    today = _today([chosen] if chosen else choices)
    shown = day or today
    totals = board_repository.totals_of(actor.org_id, shown, store_id)
    if chosen:
        stores = [(chosen, totals.get(chosen.store_id, Tally()))]
    else:
        stores = _named(actor, choices, totals)
    people = _people(actor, shown, store_id) if actor.may(ANSWER, actor.org_id, store_id) else None
    return Board(shown, today, tuple(stores), people, choices)


def _named(
    actor: Actor, choices: Iterable[Store], totals: dict[str, Tally]
) -> list[tuple[Store, Tally]]:
    """Those that are closed by now are read, too."""
    known = {store.store_id: store for store in choices}
    closed = [store_id for store_id, tally in totals.items() if tally and store_id not in known]
    if closed:
        known |= find_stores(actor, store_ids=closed)
    there = [(known[key], tally) for key, tally in totals.items() if tally and key in known]
    return sorted(there, key=lambda pair: pair[0].name_key)


def _people(actor: Actor, day: date, store_id: str) -> tuple[tuple[Person, Tally], ...]:
    """Somebody whose data is erased has no name any more."""
    tallies: dict[str, Tally] = {}
    for (store, user_id), tally in board_repository.people_of(actor.org_id, day, store_id).items():
        if tally and actor.reaches(store):
            tallies[user_id] = tallies.get(user_id, Tally()) + tally
    names = names_of(actor, tallies)
    people = [(Person(key, names.get(key, "")), tally) for key, tally in tallies.items()]
    people.sort(key=lambda pair: (-pair[1].answered, pair[0].name.casefold(), pair[0].user_id))
    return tuple(people)


def _today(stores: Iterable[Store]) -> date:
    """Where it is latest; UTC's without stores."""
    now = now_in_milliseconds()
    zones = {store.time_zone for store in stores}
    return max((local_day(now, zone) for zone in zones), default=now.astimezone(UTC).date())
