"""The pages of what is decided about queues: response times, canned answers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import login_required
from accounts.forms import DomainForm
from accounts.selectors import actor_of
from accounts.stores.entities import Store
from accounts.stores.errors import StoreNotFound
from accounts.stores.naming import all_stores
from storage.domain import DomainError, Invalid
from supervisor import canned_answers, response_times
from supervisor.clock import runs_always
from supervisor.errors import CannedAnswerChanged, ResponseTimesChanged, TooManyCannedAnswers
from supervisor.settings_entities import MOST_CANNED_ANSWERS, CannedAnswer, ResponseTimes
from supervisor.settings_forms import CannedAnswerForm, ResponseTimesForm

INVALID = 422
CHANGED = 409
_NO_RACE = {"changed": "", "elsewhere": ()}


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    """Response times of one store; of the first one where none is chosen, but only to look at: a
    POST names its store."""
    actor = actor_of(request)
    actor.require(response_times.CHANGE, actor.org_id)
    stores = all_stores(actor)
    store_id = request.GET.get("store", "")
    if request.method != "POST":
        store_id = store_id or next((one.store_id for one in stores), "")
    elif not store_id:
        raise StoreNotFound
    context: dict[str, Any] = {"stores": stores, "store_id": store_id, "form": None, **_NO_RACE}
    if not store_id:
        return render(request, "supervisor/response_times.html", context)
    store, times = response_times.find_response_times(actor, store_id=store_id)
    context |= {"store": store, "never_counted": _is_never_counted(store, times)}
    if request.method != "POST":
        context["form"] = ResponseTimesForm.of(times)
        return render(request, "supervisor/response_times.html", context)
    form = ResponseTimesForm(request.POST)
    if form.is_valid():
        try:
            response_times.change_response_times(
                actor=actor,
                store_id=store_id,
                version=form.cleaned_data["version"],
                minutes=form.minutes(),
                only_opening_hours=form.cleaned_data["only_opening_hours"],
            )
        except ResponseTimesChanged as race:
            stored = ResponseTimesForm.of(race.current)
            mine = {**form.cleaned_data, "version": race.current.version}
            context |= {"form": ResponseTimesForm(initial=mine), **_race(race, stored, mine)}
            return render(request, "supervisor/response_times.html", context, status=CHANGED)
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("The response times were saved."))
            return redirect(reverse("supervisor:settings", query={"store": store_id}))
    context["form"] = form
    return render(request, "supervisor/response_times.html", context, status=INVALID)


@login_required
@never_cache
@require_safe
def answers(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    context = {
        "titles": canned_answers.list_titles(actor),
        "most": MOST_CANNED_ANSWERS,
        "may_change": canned_answers.may_change(actor),
    }
    return render(request, "supervisor/canned_answers.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def answer_add(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    canned_answers.require_to_change(actor)
    if request.method != "POST":
        return _form_page(request, CannedAnswerForm())
    form = CannedAnswerForm(request.POST)
    status = INVALID
    if form.is_valid():
        try:
            made = canned_answers.add_canned_answer(
                actor=actor, title=form.cleaned_data["title"], text=form.cleaned_data["text"]
            )
        except (Invalid, TooManyCannedAnswers) as refusal:
            form.refuse(refusal)
            status = INVALID if isinstance(refusal, Invalid) else CHANGED
        else:
            messages.success(request, _("The answer “%(title)s” was made.") % {"title": made.title})
            return redirect("supervisor:answers")
    return _form_page(request, form, status=status)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def answer_change(request: HttpRequest, answer_id: str) -> HttpResponse:
    """Who may not change it reads it here."""
    actor = actor_of(request)
    stored = canned_answers.find_canned_answer(actor, answer_id=answer_id)
    if request.method != "POST" and not canned_answers.may_change(actor):
        return render(request, "supervisor/canned_answer.html", {"answer": stored})
    canned_answers.require_to_change(actor)
    if request.method != "POST":
        return _form_page(request, CannedAnswerForm.of(stored), stored)
    form = CannedAnswerForm(request.POST)
    if form.is_valid():
        try:
            changed = canned_answers.change_canned_answer(
                actor=actor,
                answer_id=answer_id,
                version=form.cleaned_data["version"] or 0,
                title=form.cleaned_data["title"],
                text=form.cleaned_data["text"],
            )
        except CannedAnswerChanged as race:
            mine = {**form.cleaned_data, "version": race.current.version}
            more = _race(race, CannedAnswerForm.of(race.current), mine)
            again = CannedAnswerForm(initial=mine)
            return _form_page(request, again, race.current, status=CHANGED, **more)
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            text = _("The answer “%(title)s” was saved.") % {"title": changed.title}
            messages.success(request, text)
            return redirect("supervisor:answers")
    return _form_page(request, form, stored, status=INVALID)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def answer_delete(request: HttpRequest, answer_id: str) -> HttpResponse:
    """Asks, then deletes."""
    actor = actor_of(request)
    stored = canned_answers.find_canned_answer(actor, answer_id=answer_id)
    canned_answers.require_to_change(actor)
    if request.method != "POST":
        return render(request, "supervisor/canned_answer_delete.html", {"answer": stored})
    try:
        canned_answers.delete_canned_answer(
            actor=actor, answer_id=answer_id, version=_version(request)
        )
    except CannedAnswerChanged as race:
        messages.warning(request, str(race))
        return redirect("supervisor:answer-delete", answer_id)
    messages.success(request, _("The answer “%(title)s” was deleted.") % {"title": stored.title})
    return redirect("supervisor:answers")


def _form_page(
    request: HttpRequest,
    form: CannedAnswerForm,
    answer: CannedAnswer | None = None,
    *,
    status: int = 200,
    **more: object,
) -> HttpResponse:
    context = {"form": form, "answer": answer, **_NO_RACE, **more}
    return render(request, "supervisor/canned_answer_form.html", context, status=status)


def _race(race: DomainError, stored: DomainForm, mine: dict[str, Any]) -> dict[str, Any]:
    """What is stored now, of what differs from what was typed."""
    names = [name for name in mine if name != "version" and stored[name].value() != mine[name]]
    said = {True: _("Yes"), False: _("No")}
    elsewhere = [
        (stored[name].label, value if type(value) is not bool else said[value])
        for name in names
        for value in [stored[name].value()]
    ]
    return {"changed": str(race), "elsewhere": elsewhere}


def _is_never_counted(store: Store, times: ResponseTimes) -> bool:
    now = datetime.now(UTC)
    return any(
        runs_always(now, allowance, store.opening_hours, store.zone)
        for allowance in times.allowances.values()
    )


def _version(request: HttpRequest) -> int:
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
