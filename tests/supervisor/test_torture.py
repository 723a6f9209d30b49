"""Sixty-four supervisors at the same queue, some of whom die at any moment."""

from __future__ import annotations

import random

from accounts.entities import Actor
from supervisor import repository
from supervisor.entities import Request
from tests.supervisor.crowd import assert_answered, conflicts, deaths, supervisors, work
from tests.supervisor.invariants import assert_invariants
from tests.supervisor.test_services import ask

WORKERS = 64


def stored(store_id: str, request_ids: list[str]) -> list[Request]:
    found = (repository.get_request(store_id, one) for one in request_ids)
    return [one for one in found if one is not None]


def test_whoever_dies_nothing_is_lost_or_answered_twice(
    steve: Actor, ana: Actor, harbour: str
) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    made = [ask(steve, harbour, header=str(number)).id for number in range(150)]
    with deaths(seed, share=0.1):
        outcome = work(supervisors(ana, WORKERS), harbour, made, seed=seed, each=2)
    assert outcome.deaths > 0
    assert outcome.refused
    assert outcome.busy == 0
    assert_answered(stored(harbour, made), outcome)
    assert assert_invariants() == {"RESPONSE_RECEIVED": len(made)}


def test_counters_keep_nobody_from_answering_where_transactions_conflict(
    steve: Actor, ana: Actor, harbour: str
) -> None:
    made = [ask(steve, harbour, header=str(number)).id for number in range(WORKERS)]
    with conflicts(seconds=0.01) as seen:
        outcome = work(supervisors(ana, WORKERS), harbour, made, seed=1, each=1)
    assert seen["refused"] > 0
    assert outcome.busy == 0
    assert len(outcome.won) == len(made)
    assert assert_invariants() == {"RESPONSE_RECEIVED": len(made)}
