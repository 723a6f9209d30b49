"""All requests of one telephone number: what its caller asked before, and forgetting them.

Who is bound to some stores sees those of these stores, and cannot forget a number: some of it would
stay.
"""

from __future__ import annotations

from dataclasses import dataclass

from accounts.entities import Actor
from accounts.errors import PermissionDenied
from storage.errors import StoreBusy
from storage.pauses import ATTEMPTS, pause
from supervisor import caller_repository, keys, repository, services
from supervisor.caller_repository import Place
from supervisor.entities import Request, Summary, now_in_milliseconds
from supervisor.rules import parse_phone_number

AT_ONCE = 100
# So many earlier requests are shown, and so many are counted.
_SHOWN = 5
_COUNTED = 25


@dataclass(frozen=True, slots=True)
class Earlier:
    """The newest of what one telephone number asked before. `count` is of all, or of the newest
    of very many where `has_more`."""

    summaries: tuple[Summary, ...] = ()
    count: int = 0
    has_more: bool = False


@dataclass(frozen=True, slots=True)
class Forgotten:
    """`count` requests were rid of their callers. Unless `is_complete`, some may be left."""

    count: int
    is_complete: bool


def earlier_requests(actor: Actor, request: Request) -> Earlier:
    """For who may see callers, as far as they reach; nothing for others. One query, and one read
    where there are any."""
    number = request.question.phone_number
    if not number or not actor.may(services.VIEW_CALLER, request.org_id, request.store_id):
        return Earlier()
    found = caller_repository.places_of_number(
        request.org_id, number, most=_COUNTED + 1, before=request.asked_at
    )
    places = [place for place in found.places[:_COUNTED] if actor.reaches(place.store_id)]
    if not places:
        return Earlier()
    now = now_in_milliseconds()
    summaries = caller_repository.summaries_at(places[:_SHOWN])
    shown = tuple(summary.as_of(now) for summary in summaries)
    return Earlier(shown, len(places), len(found.places) > _COUNTED)


def may_forget_numbers(actor: Actor) -> bool:
    return actor.stores is None and all(
        actor.may(code, actor.org_id) for code in (services.VIEW_CALLER, services.ANSWER)
    )


def require_to_forget(actor: Actor) -> None:
    """Raises PermissionDenied, ConfirmationNeeded."""
    actor.require(services.VIEW_CALLER, actor.org_id)
    actor.require(services.ANSWER, actor.org_id)
    if actor.stores is not None:
        raise PermissionDenied
    actor.require_confirmation()


def count_requests(actor: Actor, *, number: str) -> tuple[int, bool]:
    """How many name the number, and whether there are more than that: one query. Raises as
    `forget_number`."""
    require_to_forget(actor)
    parsed = parse_phone_number(number)
    found = caller_repository.places_of_number(actor.org_id, parsed, most=AT_ONCE + 1)
    return min(len(found.places), AT_ONCE), len(found.places) > AT_ONCE


def forget_number(*, actor: Actor, number: str, is_piece: bool = False) -> Forgotten:
    """Name and number of the caller go from every request of the organisation that names the
    number, whatever its state; of a hundred of them only where `is_piece`. Cut short and begun
    again it goes on where it stopped. What was asked in the same moment may be missed.

    A query for each hundred, a read and a transaction for each request. Raises PermissionDenied,
    ConfirmationNeeded, InvalidRequest under `number`, StoreBusy.
    """
    require_to_forget(actor)
    parsed = parse_phone_number(number)
    forgotten = 0
    after = None
    while True:
        found = caller_repository.places_of_number(actor.org_id, parsed, most=AT_ONCE, after=after)
        forgotten += sum(_forget_one(actor, place, parsed) for place in found.places)
        after = found.last_key
        if after is None or is_piece:
            return Forgotten(forgotten, after is None)


def _forget_one(actor: Actor, place: Place, number: str) -> bool:
    """False where somebody else has done so, or the request is gone."""
    wanted = keys.phone_key(actor.org_id, number)
    for attempt in range(ATTEMPTS):
        if attempt:
            pause(attempt)
        request = repository.get_request(place.store_id, place.request_id)
        # The index lags.
        if request is None or not request.question.phone_number:
            return False
        if keys.phone_key(request.org_id, request.question.phone_number) != wanted:
            return False
        if services.forget_caller_of(request, actor):
            return True
    raise StoreBusy(f"a request changed {ATTEMPTS} times")
