"""What each step makes of a request: pure functions of the request as it is now, who, and when.

Each takes what `Request.as_of(now)` gives and raises StepRefused with the reason in the words of
whoever asked for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from supervisor.entities import (
    LEASE,
    MOST_ADDITIONS,
    MOST_EARLIER_ANSWERS,
    TRANSITIONS,
    Addition,
    Answer,
    Code,
    Handling,
    Person,
    Request,
    Step,
)
from supervisor.errors import SomebodyIsOnIt, StepRefused, TooManyAdditions

_REASONS: Mapping[Code, object] = {
    Code.PENDING_RESPONSE: _("This request is still waiting for its answer."),
    Code.RESPONSE_RECEIVED: _("This request is answered already."),
    Code.TIMEOUT: _("This request has timed out. Reopen it first."),
    Code.CANCELLED: _("This request was closed without an answer."),
}


def claim(request: Request, by: Person, now: datetime) -> Request:
    """Again by the same person it prolongs the lease. Raises SomebodyIsOnIt."""
    _require(request, Step.CLAIM)
    _require_free(request, by)
    since = request.handling.since if request.handling else now
    return replace(request, handling=Handling(by, since, now + LEASE))


def release(request: Request, by: Person, now: datetime) -> Request:  # noqa: ARG001  # one signature
    _require(request, Step.RELEASE)
    _require_free(request, by)
    return replace(request, handling=None)


def assign(request: Request, to: Person, now: datetime) -> Request:
    """Takes it out of whosever hands it is in."""
    _require(request, Step.ASSIGN)
    return replace(request, handling=Handling(to, now, now + LEASE))


def prioritise(request: Request, priority: int, deadline: datetime) -> Request:
    _require(request, Step.PRIORITISE)
    question = replace(request.question, priority=priority)
    return replace(request, question=question, deadline=deadline)


def answer(request: Request, text: str, by: Person, now: datetime) -> Request:
    """Raises SomebodyIsOnIt while it is in somebody else's hands."""
    _require(request, Step.ANSWER)
    _require_free(request, by)
    return _closed(request, Step.ANSWER, now, Answer(text, by, now))


def correct(request: Request, text: str, by: Person, now: datetime) -> Request:
    """Beside it the latest of those before stay; the timeline has all."""
    _require(request, Step.CORRECT)
    earlier = (*request.earlier_answers, *filter(None, [request.answer]))
    kept = earlier[-MOST_EARLIER_ANSWERS:]
    return replace(request, answer=Answer(text, by, now), earlier_answers=kept)


def cancel(request: Request, by: Person, now: datetime) -> Request:
    """Whoever asked withdraws it whosever hands it is in. Raises SomebodyIsOnIt for others."""
    _require(request, Step.CANCEL)
    if by.user_id != request.asked_by.user_id:
        _require_free(request, by)
    return _closed(request, Step.CANCEL, now, None)


def time_out(request: Request) -> Request:
    """Of one as stored, whose deadline has passed."""
    _require(request, Step.TIME_OUT)
    return request.timed_out()


def reopen(request: Request, deadline: datetime) -> Request:
    """It keeps its place by when it was asked."""
    _require(request, Step.REOPEN)
    return replace(
        request,
        code=TRANSITIONS[request.code, Step.REOPEN],
        deadline=deadline,
        closed_at=None,
        missed_by="",
    )


def note(request: Request) -> Request:
    _require(request, Step.NOTE)
    return request


def add(request: Request, text: str, now: datetime) -> Request:
    """Raises TooManyAdditions."""
    _require(request, Step.ADD)
    if len(request.additions) >= MOST_ADDITIONS:
        raise TooManyAdditions(request)
    return replace(request, additions=(*request.additions, Addition(text, now)))


def forget_caller(request: Request) -> Request:
    """Without the name and the telephone number of whoever called."""
    _require(request, Step.FORGET_CALLER)
    return replace(request, question=replace(request.question, caller_name="", phone_number=""))


def _closed(request: Request, step: Step, at: datetime, given: Answer | None) -> Request:
    return replace(
        request,
        code=TRANSITIONS[request.code, step],
        answer=given,
        handling=None,
        closed_at=at,
    )


def _require(request: Request, step: Step) -> None:
    if not request.allows(step):
        raise StepRefused(_REASONS[request.code], request)


def _require_free(request: Request, by: Person) -> None:
    handling = request.handling
    if handling is not None and handling.by.user_id != by.user_id:
        raise SomebodyIsOnIt(_("%(name)s is on it.") % {"name": handling.by.name}, request)
