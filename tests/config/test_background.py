from __future__ import annotations

import pytest

from config import scheduled
from config.management.commands.background import ROUNDS, Work, do_what_is_due


def test_each_is_due_again_a_while_after_it_ended() -> None:
    done: list[str] = []
    clock = [100.0]

    def quick() -> None:
        done.append("quick")

    def slow() -> None:
        done.append("slow")
        clock[0] += 20

    pauses: dict[Work, float] = {quick: 5, slow: 60}
    due = dict.fromkeys(pauses, 0.0)
    do_what_is_due(due, pauses, lambda: clock[0])
    assert (done, due) == (["quick", "slow"], {quick: 105, slow: 180})
    do_what_is_due(due, pauses, lambda: clock[0])
    assert (done, due) == (["quick", "slow", "quick"], {quick: 125, slow: 180})
    do_what_is_due(due, pauses, lambda: 124.0)
    assert done == ["quick", "slow", "quick"]


def test_what_fails_keeps_nothing_else_from_being_done(caplog: pytest.LogCaptureFixture) -> None:
    done: list[str] = []

    def fails() -> None:
        raise RuntimeError("cut off")

    def works() -> None:
        done.append("works")

    pauses: dict[Work, float] = {fails: 5, works: 5}
    due = dict.fromkeys(pauses, 0.0)
    do_what_is_due(due, pauses, lambda: 1.0)
    assert done == ["works"]
    assert due == {fails: 6, works: 6}
    assert "A round of background work failed." in caplog.text


def test_everything_that_a_timer_does_elsewhere_is_done() -> None:
    timed = {
        name
        for name, value in vars(scheduled).items()
        if callable(value) and not name.startswith("_") and value.__module__ == scheduled.__name__
    }
    # Sweeping forgets callers by the way.
    assert {work.__name__ for work in ROUNDS} | {"forget_callers"} == timed
