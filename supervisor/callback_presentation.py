"""Calls to askers in people's words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from supervisor.callbacks.entities import Attempt, CallProblem, Delivery, Event, State

EVENTS: Mapping[Event, object] = {
    Event.ANSWERED: gettext_lazy("Answered"),
    Event.CORRECTED: gettext_lazy("Answer corrected"),
    Event.TIMED_OUT: gettext_lazy("Timed out"),
    Event.CANCELLED: gettext_lazy("Cancelled"),
}
STATES: Mapping[State, tuple[object, str]] = {
    State.WAITING: (gettext_lazy("Waiting to be sent"), "info"),
    State.DELIVERED: (gettext_lazy("Received"), "ok"),
    State.FAILED: (gettext_lazy("Given up"), "danger"),
}
PROBLEMS: Mapping[CallProblem, object] = {
    CallProblem.ADDRESS_REFUSED: gettext_lazy("The address is none that may be called."),
    CallProblem.NAME_NOT_FOUND: gettext_lazy("Nobody knows the name of the address."),
    CallProblem.NO_CONNECTION: gettext_lazy("Nobody listens there."),
    CallProblem.CERTIFICATE: gettext_lazy("The certificate is not good."),
    CallProblem.TIME_OUT: gettext_lazy("The answer took too long."),
    CallProblem.BROKEN_ANSWER: gettext_lazy("The answer was none that one can read."),
    CallProblem.INTERNAL: gettext_lazy("Something went wrong on our side."),
    CallProblem.NOT_ALLOWED: gettext_lazy("Who asked may not see the request any more."),
}


@dataclass(frozen=True, slots=True)
class Call:
    """`attempts` are (when, how it went), oldest first."""

    event: object
    state: object
    tone: str
    next_at: datetime | None
    attempts: tuple[tuple[datetime, object], ...]


def calls_of(deliveries: Iterable[Delivery]) -> list[Call]:
    return [_call(delivery) for delivery in deliveries]


def _call(delivery: Delivery) -> Call:
    state, tone = STATES[delivery.state]
    attempts = tuple((one.at, _went(one)) for one in delivery.attempts)
    return Call(EVENTS[delivery.event], state, tone, delivery.next_at, attempts)


def _went(attempt: Attempt) -> object:
    if attempt.outcome.problem is not None:
        return PROBLEMS[attempt.outcome.problem]
    return _("Answer %(status)d") % {"status": attempt.outcome.status or 0}
