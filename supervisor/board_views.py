"""The board of the day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import login_required
from accounts.selectors import actor_of
from supervisor.board import MEDIAN, NINETIETH, Tally, total_of
from supervisor.board_selectors import board_of
from supervisor.charts import MOST_ROWS, Chart, Value, bar_chart
from supervisor.presentation import said_duration

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Line:
    """Of the tables."""

    name: str
    tally: Tally
    median: str
    ninetieth: str


@dataclass(frozen=True, slots=True)
class Section:
    """Of stores or of people: two charts and the table that says the same. `is_cut` where the
    charts show only some."""

    lines: list[Line]
    counts: Chart
    times: Chart
    is_cut: bool


@login_required
@never_cache
@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """Of one store (`?store=`), or of all that one reaches; of a day (`?day=2026-11-21`), or of
    today."""
    store_id = request.GET.get("store", "")
    shown = board_of(actor_of(request), day=_day_in(request), store_id=store_id)
    people = None
    if shown.people is not None:
        handled = ((person, tally) for person, tally in shown.people if _has_handled(tally))
        people = _section([(person.name or _("Somebody"), tally) for person, tally in handled])
    context: dict[str, Any] = {
        "day": shown.day,
        "is_today": shown.day == shown.today,
        "stores": shown.choices,
        "store_id": store_id,
        "total": _line("", total_of(tally for _store, tally in shown.stores)),
        "of_stores": _section([(store.name, tally) for store, tally in shown.stores if tally]),
        "of_people": people,
        "before_url": _address(shown.day - _DAY, store_id),
        "after_url": _address(shown.day + _DAY, store_id) if shown.day < shown.today else None,
    }
    return render(request, "supervisor/board.html", context)


def _section(named: Sequence[tuple[str, Tally]]) -> Section:
    lines = [_line(name, tally) for name, tally in named]
    timed = [line for line in lines if line.median]
    return Section(
        lines=lines,
        counts=bar_chart([(line.name, _counts(line.tally)) for line in _busiest(lines)]),
        times=bar_chart([(line.name, _times(line)) for line in _busiest(timed)]),
        is_cut=len(lines) > MOST_ROWS,
    )


def _line(name: str, tally: Tally) -> Line:
    return Line(name, tally, _said(tally, MEDIAN), _said(tally, NINETIETH))


def _busiest(lines: Iterable[Line]) -> list[Line]:
    return sorted(lines, key=lambda line: -line.tally.answered - line.tally.timed_out)


def _counts(tally: Tally) -> list[Value]:
    answered = ngettext("%(count)d answered", "%(count)d answered", tally.answered)
    timed_out = ngettext("%(count)d timed out", "%(count)d timed out", tally.timed_out)
    return [
        Value("answered", tally.answered, answered % {"count": tally.answered}),
        Value("timed-out", tally.timed_out, timed_out % {"count": tally.timed_out}),
    ]


def _times(line: Line) -> list[Value]:
    return [
        Value("median", _seconds(line.tally, MEDIAN), _("median %(time)s") % {"time": line.median}),
        Value(
            "ninetieth",
            _seconds(line.tally, NINETIETH),
            _("90th percentile %(time)s") % {"time": line.ninetieth},
        ),
    ]


def _seconds(tally: Tally, share: float) -> float:
    time = tally.response_time(share)
    return time.total_seconds() if time is not None else 0.0


def _said(tally: Tally, share: float) -> str:
    """Nothing where nobody answered."""
    time = tally.response_time(share)
    if time is None:
        return ""
    if time >= _MINUTE:
        return said_duration(time)
    seconds = int(time.total_seconds())
    return ngettext("%(count)d second", "%(count)d seconds", seconds) % {"count": seconds}


def _has_handled(tally: Tally) -> bool:
    return tally.answered > 0 or tally.timed_out > 0


def _day_in(request: HttpRequest) -> date | None:
    said = request.GET.get("day", "")
    if not said:
        return None
    try:
        day = date.fromisoformat(said)
    except ValueError:
        raise Http404 from None
    # There is a day before and after each.
    if not date.min < day < date.max:
        raise Http404
    return day


def _address(day: date, store_id: str) -> str:
    said = {"store": store_id, "day": day.isoformat()}
    return f"?{urlencode({name: value for name, value in said.items() if value})}"
