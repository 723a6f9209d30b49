"""Sending what is due. Any number of senders may be at it; each delivery is in the hands of one of
them at a time, and goes to another when that one has died."""

from __future__ import annotations

import logging
import random
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from accounts.entities import Membership
from accounts.repository import get_membership, get_organisation
from supervisor.callbacks import repository, signing_secrets
from supervisor.callbacks.addresses import Resolve, look_up
from supervisor.callbacks.entities import Attempt, CallProblem, Delivery, Outcome, State
from supervisor.callbacks.secret_repository import SecretUnreadable
from supervisor.callbacks.sending import LONGEST_SECONDS, send
from supervisor.callbacks.signing import signed_headers
from supervisor.entities import now_in_milliseconds
from supervisor.rounds import log_failure, survived

log = logging.getLogger("backroom.callbacks")
VIEW = "supervisor.view_request"
# Longer than an attempt with everything that belongs to it: looking the name up, connecting, the
# call, and the store.
LEASE = timedelta(seconds=3 * LONGEST_SECONDS)
# How often it is looked whether an organisation that is deleted has come back.
HELD = timedelta(hours=1)
# Another sender may have the key that this one lacks.
WITHOUT_KEY = timedelta(minutes=1)
# Of one round; what is left then is due in the next one, which begins with fresh shares.
ROUND_SECONDS = 30.0
_AT_ONCE = 50
_THREADS = 8
# Of these at most so many for one organisation and for one host: who answers slowly holds up
# nobody else.
_OF_ONE = 2
# What a sender keeps in memory while those before have their share. What is more is put off, of
# whichever organisation has most: it is in the way of the others.
_MOST_HELD = 500


@dataclass(frozen=True, slots=True)
class Delivered:
    """How many calls this sender has made that were received, and are given up; `postponed` will be
    tried again, or for the first time; `lost` are those that another sender had already, `failed`
    those that the store, or a fault, was in the way of. `left` says whether some are due that no
    turn was left for."""

    received: int = 0
    postponed: int = 0
    given_up: int = 0
    lost: int = 0
    failed: int = 0
    left: bool = False


def deliver(*, resolve: Resolve = look_up, seconds: float = ROUND_SECONDS) -> Delivered:
    """What is due when it begins, as far as it comes in that time: a query for each fifty; for each
    two writes, and the asker, the organisation and its secret are read; a write for each that is
    put off."""
    turns = _Turns(now_in_milliseconds() + timedelta(milliseconds=1))
    until = time.monotonic() + seconds
    states: Counter[State | None] = Counter()
    running: dict[Future[State | None], _Turn] = {}
    with ThreadPoolExecutor(_THREADS) as pool:
        while True:
            while len(running) < _THREADS and time.monotonic() < until:
                turn = turns.take()
                if turn is None:
                    break
                running[pool.submit(turn.work, resolve)] = turn
            if not running:
                break
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                turns.end(running.pop(future))
                try:
                    states[future.result()] += 1
                except Exception as error:  # noqa: BLE001  # the others are made, whatever it is
                    log_failure(error)
                    turns.failed += 1
    return Delivered(
        received=states[State.DELIVERED],
        postponed=states[State.WAITING],
        given_up=states[State.FAILED],
        lost=states[None],
        failed=turns.failed,
        left=turns.are_left,
    )


@dataclass(frozen=True, slots=True)
class _Turn:
    delivery: Delivery
    is_put_off: bool = False

    def work(self, resolve: Resolve) -> State | None:
        return _put_off(self.delivery) if self.is_put_off else _attempt(self.delivery, resolve)


class _Turns:
    """Who is next: longest due first, as far as shares allow."""

    def __init__(self, now: datetime) -> None:
        self.failed = 0
        self._pages = self._read(now)
        self._next: deque[Delivery] = deque()
        self._aside: dict[tuple[str, str], deque[Delivery]] = {}
        self._held: Counter[str] = Counter()
        self._busy: Counter[str] = Counter()
        self._at_end = False

    @property
    def are_left(self) -> bool:
        return not self._at_end or bool(self._next or self._aside)

    def take(self) -> _Turn | None:
        """None where nobody may have a turn until another one ends."""
        for names in self._aside:
            if self._may(names):
                self._busy.update(names)
                return _Turn(self._called_back(names, 0))
        while True:
            if not self._next:
                page = next(self._pages, None)
                if page is None:
                    self._at_end = True
                    return None
                self._next.extend(page)
                continue
            delivery = self._next.popleft()
            names = _sharers(delivery)
            if self._may(names):
                self._busy.update(names)
                return _Turn(delivery)
            self._aside.setdefault(names, deque()).append(delivery)
            self._held[delivery.org_id] += 1
            if self._held.total() > _MOST_HELD:
                return _Turn(self._one_too_many(), is_put_off=True)

    def end(self, turn: _Turn) -> None:
        if not turn.is_put_off:
            self._busy.subtract(_sharers(turn.delivery))

    def _one_too_many(self) -> Delivery:
        ((most, _count),) = self._held.most_common(1)
        theirs = (names for names in self._aside if names[0] == most)
        return self._called_back(max(theirs, key=lambda names: len(self._aside[names])), -1)

    def _called_back(self, names: tuple[str, str], place: int) -> Delivery:
        waiting = self._aside[names]
        delivery = waiting[place]
        del waiting[place]
        if not waiting:
            del self._aside[names]
        self._held[delivery.org_id] -= 1
        return delivery

    def _may(self, names: tuple[str, str]) -> bool:
        return all(self._busy[name] < _OF_ONE for name in names)

    def _read(self, now: datetime) -> Iterator[list[Delivery]]:
        for partition in repository.partitions_of_deliveries():
            after = None
            while True:
                found = survived(
                    partial(repository.due, partition, now=now, most=_AT_ONCE, after=after),
                    otherwise=None,
                )
                if found is None:
                    self.failed += 1
                    break
                yield found.deliveries
                after = found.last_key
                if after is None:
                    break


def _sharers(delivery: Delivery) -> tuple[str, str]:
    return delivery.org_id, f"host {delivery.host}"


def _attempt(delivery: Delivery, resolve: Resolve) -> State | None:
    """What it is afterwards; None where another sender has it."""
    taken = repository.take_on(delivery, now_in_milliseconds() + LEASE)
    if taken is None:
        return None
    asker = get_membership(taken.org_id, taken.asked_by)
    organisation = asker.organisation if asker else get_organisation(taken.org_id, consistent=True)
    if organisation is None or organisation.deleted_at is not None:
        # No attempt: that is for when it is restored; where it is destroyed the delivery goes.
        held = taken.held_until(now_in_milliseconds() + HELD)
        return held.state if repository.settle(taken, held) else None
    try:
        secrets = signing_secrets.secrets_to_sign_with(taken.org_id)
    except SecretUnreadable:
        log.error("The secret that signs calls of %s cannot be read here.", taken.org_id)
        held = taken.held_until(now_in_milliseconds() + WITHOUT_KEY)
        return held.state if repository.settle(taken, held) else None
    if asker is not None and asker.active and _may_see(asker, taken):
        outcome = _call(taken, secrets, resolve)
    else:
        outcome = Outcome(problem=CallProblem.NOT_ALLOWED)
    chance = random.random()  # noqa: S311  # jitter, not a secret
    after = taken.after(Attempt(now_in_milliseconds(), outcome), chance)
    return after.state if repository.settle(taken, after) else None


def _may_see(asker: Membership, taken: Delivery) -> bool:
    return asker.actor.may(VIEW, taken.org_id, taken.store_id)


def _call(taken: Delivery, secrets: Iterable[str], resolve: Resolve) -> Outcome:
    body = taken.body.encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Backroom",
        "Backroom-Event": taken.event.value,
        "Backroom-Delivery": taken.id,
        **signed_headers(body, secrets, datetime.now(UTC)),
    }
    try:
        return send(taken.url, body, headers, resolve=resolve)
    except Exception as error:  # noqa: BLE001  # an attempt comes again later, and not for ever
        log_failure(error)
        return Outcome(problem=CallProblem.INTERNAL)


def _put_off(delivery: Delivery) -> State | None:
    later = delivery.put_off(now_in_milliseconds())
    return later.state if repository.settle(delivery, later) else None
