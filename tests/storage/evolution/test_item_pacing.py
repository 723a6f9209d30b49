from __future__ import annotations

import pytest

from storage.evolution.items.pacing import Pace


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_without_a_limit_nobody_waits() -> None:
    pace = Pace(None, Clock())
    pace.spend(1_000_000)
    assert pace.delay() == 0
    assert pace.portion(99, 4) == 99


def test_what_one_second_brings_may_be_spent_at_once() -> None:
    pace = Pace(50, Clock())
    pace.spend(50)
    assert pace.delay() == 0


def test_a_debt_is_waited_for_until_it_is_paid() -> None:
    clock = Clock()
    pace = Pace(50, clock)
    pace.spend(150)
    assert pace.delay() == 2
    clock.now += 1.5
    assert pace.delay() == pytest.approx(0.5)
    clock.now += 0.5
    assert pace.delay() == 0


def test_idle_time_is_not_saved_up() -> None:
    clock = Clock()
    pace = Pace(50, clock)
    clock.now += 3600
    pace.spend(100)
    assert pace.delay() == 1


def test_whoever_sends_when_allowed_stays_at_the_limit_in_the_long_run() -> None:
    clock = Clock()
    pace = Pace(40, clock)
    spent = 0.0
    for cost in [3.5, 120, 0.5, 77, 40] * 20:
        clock.now += pace.delay()
        pace.spend(cost)
        spent += cost
    assert spent - 40 <= (clock.now - 100) * 40 + 120
    assert spent >= (clock.now - 100) * 40


@pytest.mark.parametrize(
    "capacity, portion", [(1, 1), (40, 10), (400, 99)], ids=["least", "some", "most"]
)
def test_a_request_is_made_as_small_as_the_limit_asks_for(capacity: float, portion: int) -> None:
    assert Pace(capacity, Clock()).portion(99, 4) == portion


@pytest.mark.parametrize("capacity", [0, -1])
def test_a_limit_is_more_than_nothing(capacity: float) -> None:
    with pytest.raises(ValueError, match="more than 0"):
        Pace(capacity, Clock())
