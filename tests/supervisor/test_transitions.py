"""What may happen to a request: every step on every state, in one table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from supervisor import transitions
from supervisor.entities import (
    LEASE,
    TRANSITIONS,
    Code,
    Handling,
    Person,
    Question,
    Request,
    RequestStatus,
    Step,
)
from supervisor.errors import SomebodyIsOnIt, StepRefused

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
ANA, LUIS = Person("USER-ana", "Ana"), Person("USER-luis", "Luis")
STEVE = Person("USER-steve", "Steve")
ASKED = Request(
    id="r" * 16,
    org_id="ORG-1",
    store_id="STORE-1",
    question=Question("May he return it?", "Bought in March.", priority=3),
    asked_by=STEVE,
    asked_at=NOW - timedelta(minutes=5),
    deadline=NOW + timedelta(minutes=5),
)
STEPS: dict[Step, Callable[[Request], Request]] = {
    Step.CLAIM: lambda one: transitions.claim(one, ANA, NOW),
    Step.RELEASE: lambda one: transitions.release(one, ANA, NOW),
    Step.ASSIGN: lambda one: transitions.assign(one, LUIS, NOW),
    Step.PRIORITISE: lambda one: transitions.prioritise(one, 9, one.deadline),
    Step.NOTE: transitions.note,
    Step.ADD: lambda one: transitions.add(one, "More.", NOW),
    Step.FORGET_CALLER: transitions.forget_caller,
    Step.ANSWER: lambda one: transitions.answer(one, "Yes.", ANA, NOW),
    Step.CORRECT: lambda one: transitions.correct(one, "No.", ANA, NOW),
    Step.CANCEL: lambda one: transitions.cancel(one, STEVE, NOW),
    Step.TIME_OUT: transitions.time_out,
    Step.REOPEN: lambda one: transitions.reopen(one, NOW + timedelta(hours=1)),
}
IN_STATE = {
    Code.PENDING_RESPONSE: ASKED,
    Code.RESPONSE_RECEIVED: transitions.answer(ASKED, "Yes.", ANA, NOW),
    Code.TIMEOUT: transitions.time_out(ASKED),
    Code.CANCELLED: transitions.cancel(ASKED, STEVE, NOW),
}
ALLOWED = {
    Code.PENDING_RESPONSE: {
        *(Step.CLAIM, Step.RELEASE, Step.ASSIGN, Step.PRIORITISE, Step.NOTE),
        *(Step.ADD, Step.ANSWER, Step.CANCEL, Step.TIME_OUT, Step.FORGET_CALLER),
    },
    Code.RESPONSE_RECEIVED: {Step.CORRECT, Step.NOTE, Step.FORGET_CALLER},
    Code.TIMEOUT: {Step.REOPEN, Step.NOTE, Step.FORGET_CALLER},
    Code.CANCELLED: {Step.NOTE, Step.FORGET_CALLER},
}


@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("code", Code)
def test_a_step_leads_where_the_map_says_or_is_refused(code: Code, step: Step) -> None:
    request = IN_STATE[code]
    if step in ALLOWED[code]:
        after = STEPS[step](request)
        assert after.code is TRANSITIONS[code, step]
        assert (after.status is RequestStatus.PENDING) == (after.closed_at is None)
        return
    with pytest.raises(StepRefused) as refusal:
        STEPS[step](request)
    assert refusal.value.current is request
    assert str(refusal.value)


def test_a_claimed_request_is_nobody_elses_until_the_lease_ends() -> None:
    claimed = transitions.claim(ASKED, ANA, NOW)
    assert claimed.handling == Handling(ANA, NOW, NOW + LEASE)
    with pytest.raises(SomebodyIsOnIt, match="Ana is on it"):
        transitions.claim(claimed, LUIS, NOW)
    with pytest.raises(SomebodyIsOnIt):
        transitions.release(claimed, LUIS, NOW)
    with pytest.raises(SomebodyIsOnIt):
        transitions.answer(claimed, "No.", LUIS, NOW)
    with pytest.raises(SomebodyIsOnIt):
        transitions.cancel(claimed, LUIS, NOW)
    assert transitions.cancel(claimed, STEVE, NOW).code is Code.CANCELLED
    long_lived = replace(claimed, deadline=NOW + timedelta(days=1))
    later = long_lived.as_of(NOW + LEASE)
    assert later.handling is None
    assert transitions.claim(later, LUIS, NOW + LEASE).handling is not None


def test_claiming_again_prolongs_the_lease_and_keeps_its_start() -> None:
    again = transitions.claim(transitions.claim(ASKED, ANA, NOW), ANA, NOW + timedelta(minutes=1))
    assert again.handling == Handling(ANA, NOW, NOW + timedelta(minutes=1) + LEASE)


def test_a_correction_keeps_what_was_said_before() -> None:
    once = transitions.answer(ASKED, "Yes.", ANA, NOW)
    twice = transitions.correct(once, "No.", LUIS, NOW + timedelta(hours=1))
    thrice = transitions.correct(twice, "Only with the bill.", ANA, NOW + timedelta(hours=2))
    assert thrice.answer is not None
    assert thrice.answer.text == "Only with the bill."
    assert [(one.text, one.by) for one in thrice.earlier_answers] == [("Yes.", ANA), ("No.", LUIS)]
    assert thrice.closed_at == NOW


def test_time_alone_closes_a_request() -> None:
    claimed = transitions.claim(ASKED, ANA, NOW)
    assert claimed.as_of(ASKED.deadline) == claimed
    late = claimed.as_of(ASKED.deadline + timedelta(milliseconds=1))
    assert (late.code, late.closed_at, late.handling) == (Code.TIMEOUT, ASKED.deadline, None)
    assert late == transitions.time_out(claimed)
    with pytest.raises(StepRefused, match="timed out"):
        transitions.answer(late, "Yes.", ANA, late.deadline)


def test_an_answered_request_does_not_time_out() -> None:
    answered = IN_STATE[Code.RESPONSE_RECEIVED]
    assert answered.as_of(NOW + timedelta(days=365)) is answered
