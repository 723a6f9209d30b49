"""One request: its page, what is new about it while somebody looks, and the way to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import login_required
from accounts.entities import Actor
from accounts.selectors import actor_of
from accounts.stores.naming import find_stores
from supervisor import assigning, callers, canned_answers, delivery_log, selectors, services
from supervisor.callback_presentation import calls_of
from supervisor.entities import LEASE, Code, Request, Step, Summary, now_in_milliseconds
from supervisor.errors import CannedAnswerNotFound
from supervisor.forms import AdditionForm, AnswerForm, CorrectionForm, NoteForm, PriorityForm
from supervisor.knowledge.offering import offer_for
from supervisor.presentation import event_of, rows_of, said_time_left
from supervisor.request_presentation import said_news, tag_of

PAGES_LOOKED_AT = 4


@login_required
@never_cache
@require_safe
def detail(request: HttpRequest, store_id: str, request_id: str) -> HttpResponse:
    """htmx asks every few seconds whether there is news, with the tag of what the page shows: 304
    while that is current, which costs one read."""
    actor = actor_of(request)
    found = selectors.find_request(actor, store_id=store_id, request_id=request_id)
    if "HX-Request" in request.headers:
        return _news(request, actor, found)
    return request_page(request, actor, found)


@login_required
@never_cache
@require_safe
def next_request(request: HttpRequest) -> HttpResponse:
    """On to the most urgent that nobody else is on, or the one after `?after=`: among the first
    hundred of the queue."""
    actor = actor_of(request)
    actor.require(services.ANSWER, actor.org_id)
    cursor = None
    for _page in range(PAGES_LOOKED_AT):
        page = selectors.list_pending_of_organisation(actor, cursor=cursor)
        if found := _next_free(actor, page.items, request.GET.get("after", "")):
            return redirect("supervisor:request", found.store_id, found.id)
        cursor = page.next_cursor
        if cursor is None:
            messages.info(request, _("Nothing else waits for you."))
            break
    else:
        messages.info(request, _("Others are on all of the most urgent."))
    return redirect("supervisor:queue")


def _next_free(actor: Actor, waiting: Sequence[Summary], after: str) -> Summary | None:
    place = next((number for number, one in enumerate(waiting, 1) if one.id == after), 0)
    for one in (*waiting[place:], *waiting[:place]):
        is_free = one.handling is None or one.handling.by.user_id == actor.user_id
        may_answer = actor.may(services.ANSWER, one.org_id, one.store_id)
        if is_free and may_answer and one.id != after:
            return one
    return None


def request_page(
    request: HttpRequest,
    actor: Actor,
    shown: Request,
    *,
    forms: Mapping[str, Any] | None = None,
    unsent: str = "",
    status: int = 200,
) -> HttpResponse:
    """Everything about a request; `forms` are those that come back with what is wrong in them,
    `unsent` an answer that was refused."""
    timeline = selectors.timeline(actor, shown, request.GET.get("cursor") or None)
    stores = find_stores(actor, store_ids=[shown.store_id])
    now = now_in_milliseconds()
    (row,) = rows_of([shown.summary], stores, now)
    is_others = shown.handling is not None and shown.handling.by.user_id != actor.user_id
    may_answer = actor.may(services.ANSWER, shown.org_id, shown.store_id)
    is_own = shown.asked_by.user_id == actor.user_id
    earlier = callers.earlier_requests(actor, shown)
    assigned = (entry.changes.get("handled_by", (None, None))[1] for entry in timeline.items)
    names = assigning.names_of(actor, filter(None, assigned))
    is_to_answer = may_answer and shown.allows(Step.ANSWER) and not is_others
    used = request.GET.get("article", "")
    offer = offer_for(actor, shown, used=used, may_answer=is_to_answer)
    if shown.answer:
        said = {"answer": shown.answer.text, "version": shown.version}
        answer_form: AnswerForm = CorrectionForm(initial=said)
    else:
        text = offer.text or _canned_text(request, actor)
        answer_form = AnswerForm(initial={"answer": text})
    may_ask = actor.may(services.ASK, shown.org_id, shown.store_id)
    context = {
        "row": row,
        "shown": shown,
        "lease_left": said_time_left(shown.handling.until - now) if shown.handling else "",
        "phone_number": selectors.shown_phone_number(actor, shown),
        "may_call": selectors.shows_callers(actor, shown),
        "earlier": earlier,
        "earlier_rows": rows_of(earlier.summaries, stores, now),
        "may_forget_number": callers.may_forget_numbers(actor),
        "events": [event_of(entry, names) for entry in timeline.items],
        "first_url": _address_of(shown) if request.GET.get("cursor") else None,
        "next_url": _address_of(shown, timeline.next_cursor) if timeline.next_cursor else None,
        "steps": {step.value for step in Step if shown.allows(step)} if may_answer else set(),
        "is_own": is_own,
        "is_mine": shown.handling is not None and not is_others,
        "is_others": is_others,
        "is_to_answer": is_to_answer,
        "more_time": said_time_left(LEASE),
        "may_add": is_own and may_ask and shown.allows(Step.ADD),
        "may_cancel": shown.allows(Step.CANCEL)
        and (may_ask if is_own else may_answer and not is_others),
        "may_assign": shown.allows(Step.ASSIGN)
        and actor.may(services.ASSIGN, shown.org_id, shown.store_id),
        "may_ask_again": is_own and may_ask and shown.code in (Code.TIMEOUT, Code.CANCELLED),
        "may_go_on": may_answer,
        "canned_answers": canned_answers.list_titles(actor) if is_to_answer else [],
        "canned": request.GET.get("canned", ""),
        "offer": offer,
        "may_forget": may_answer
        and shown.question.names_caller
        and actor.may(services.VIEW_CALLER, shown.org_id, shown.store_id),
        "calls": calls_of(delivery_log.list_deliveries(actor, shown).items),
        "answer_form": answer_form,
        "note_form": NoteForm(),
        "addition_form": AdditionForm(),
        "priority_form": PriorityForm(
            current=shown.question.priority, initial={"version": shown.version}
        ),
        "unsent": unsent,
        "news": "",
        **_polling(shown),
        **(forms or {}),
    }
    return render(request, "supervisor/request.html", context, status=status)


def _news(request: HttpRequest, actor: Actor, shown: Request) -> HttpResponse:
    known = request.headers.get("If-None-Match", "")
    if known == tag_of(shown):
        return HttpResponseNotModified()
    entries = selectors.timeline(actor, shown).items
    latest = next((entry for entry in entries if "note" not in entry.changes), None)
    context = {"shown": shown, "news": said_news(shown, known, latest), **_polling(shown)}
    return render(request, "supervisor/request_news.html", context)


def _polling(shown: Request) -> dict[str, Any]:
    """Nothing is asked for any more once it does not wait."""
    seconds = settings.QUEUE_POLL_SECONDS if shown.allows(Step.ANSWER) else 0
    return {"tag": tag_of(shown), "poll_seconds": seconds}


def _canned_text(request: HttpRequest, actor: Actor) -> str:
    """Of the canned answer that was chosen (`?canned=`), if one was."""
    chosen = request.GET.get("canned")
    if not chosen or not actor.may(services.ANSWER, actor.org_id):
        return ""
    try:
        return canned_answers.find_canned_answer(actor, answer_id=chosen).text
    except CannedAnswerNotFound as gone:
        messages.warning(request, str(gone))
        return ""


def _address_of(shown: Request, cursor: str = "") -> str:
    """Of the page of the request, also where the page is the answer to a refused step."""
    here = {"store_id": shown.store_id, "request_id": shown.id}
    return reverse("supervisor:request", kwargs=here, query={"cursor": cursor} if cursor else None)
