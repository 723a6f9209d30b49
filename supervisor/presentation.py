"""Requests and what happened to them in people's words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.stores.entities import Store
from storage.audit import AuditEntry
from supervisor.entities import Code, Summary, Urgency
from supervisor.forms import CODES, PRIORITIES
from supervisor.notice_entities import last_part

URGENT = 6
_TONES: Mapping[Code, str] = {
    Code.PENDING_RESPONSE: "info",
    Code.RESPONSE_RECEIVED: "ok",
    Code.TIMEOUT: "danger",
    Code.CANCELLED: "",
}
_URGENCY_TONES: Mapping[Urgency, str] = {Urgency.AT_ONCE: "danger", Urgency.SOON: "warn"}
_EVENTS: Mapping[str, object] = {
    "ask": gettext_lazy("Asked"),
    "claim": gettext_lazy("Taken on"),
    "release": gettext_lazy("Given back"),
    "assign": gettext_lazy("Assigned"),
    "prioritise": gettext_lazy("Urgency changed"),
    "note": gettext_lazy("Noted"),
    "add": gettext_lazy("Added to the question"),
    "answer": gettext_lazy("Answered"),
    "correct": gettext_lazy("Answer corrected"),
    "cancel": gettext_lazy("Cancelled"),
    "time_out": gettext_lazy("Timed out"),
    "reopen": gettext_lazy("Reopened"),
    "forget_caller": gettext_lazy("Caller forgotten"),
}
# What people wrote.
_SAID = ("note", "addition", "answer")
_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Row:
    """A request in a list. `waited` and `due_in` are for people, the moments are for scripts to
    count on. `level` is a value of Urgency, `urgency_tone` one of badges; from `near_from` on it is
    nearly due."""

    summary: Summary
    store_name: str
    urgency: object
    level: str
    urgency_tone: str
    is_urgent: bool
    waited: str
    due_in: str
    near_from: datetime
    is_near: bool
    state: object
    tone: str


@dataclass(frozen=True, slots=True)
class Event:
    what: object
    who: str
    at: datetime
    text: str
    for_colleagues: bool = False


def rows_of(summaries: Iterable[Summary], stores: Mapping[str, Store], now: datetime) -> list[Row]:
    return [_row(summary, stores.get(summary.store_id), now) for summary in summaries]


def urgency_of(priority: int) -> object:
    """The nearest name from above: 7 is more than soon, but not at once."""
    return PRIORITIES[max(known for known in PRIORITIES if known <= priority)]


def said_duration(length: timedelta) -> str:
    """In the largest unit that fits: “3 minutes”."""
    if length < _HOUR:
        minutes = max(0, length // _MINUTE)
        return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}
    if length < 2 * _DAY:
        hours = length // _HOUR
        return ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}
    days = length // _DAY
    return ngettext("%(count)d day", "%(count)d days", days) % {"count": days}


def said_time_left(length: timedelta) -> str:
    """A minute that has begun counts until it is over: what is left is never nothing."""
    minutes = max(1, -(-length // _MINUTE))
    return said_duration(minutes * _MINUTE)


def event_of(entry: AuditEntry, names: Mapping[str, str]) -> Event:
    """`names` are those of people into whose hands something was put, by their ids."""
    step = entry.action.removeprefix("supervisor.").removesuffix("_request")
    texts = [new for name, (_old, new) in entry.changes.items() if name in _SAID]
    if "priority" in entry.changes:
        texts.append(str(urgency_of(entry.changes["priority"][1])))
    if "handled_by" in entry.changes:
        texts.append(names.get(entry.changes["handled_by"][1] or "", ""))
    who = entry.actor_name if step != "time_out" else _("the clock")
    text = "\n".join(filter(None, texts))
    return Event(_EVENTS.get(step, step), who, entry.at, text, "note" in entry.changes)


def _row(summary: Summary, store: Store | None, now: datetime) -> Row:
    near_from = summary.deadline - last_part(summary)
    level = Urgency.of(summary.priority)
    return Row(
        summary=summary,
        store_name=store.name if store else "",
        urgency=urgency_of(summary.priority),
        level=level.value,
        urgency_tone=_URGENCY_TONES.get(level, "neutral"),
        is_urgent=summary.priority >= URGENT,
        waited=said_duration((summary.closed_at or now) - summary.asked_at),
        due_in=said_time_left(summary.deadline - now),
        near_from=near_from,
        is_near=near_from <= now,
        state=CODES[summary.code],
        tone=_TONES[summary.code],
    )
