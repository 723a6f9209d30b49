"""The queue, its history, and the form to ask."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import login_required
from accounts.conditional import sent_once
from accounts.entities import Actor
from accounts.selectors import actor_of
from accounts.stores.entities import Store
from accounts.stores.naming import all_stores, find_stores
from storage.domain import Invalid
from storage.pages import Page
from supervisor import selectors, services
from supervisor.entities import Summary, now_in_milliseconds
from supervisor.filters import EVERYTHING, EVERYTHING_CLOSED, Filter
from supervisor.forms import AskForm, ClosedFilterForm, QueueFilterForm
from supervisor.notices import find_notices
from supervisor.presentation import rows_of
from supervisor.request_tags import etag_of_list

INVALID = 422
SLOWER = 6
# What addresses of lists say.
FILTERS = ("store", "urgency", "handled_by", "code", "q", "tag", "since", "until")


@login_required
@never_cache
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """Of one store (`?store=`), or of all that one reaches.

    htmx asks for the list alone every few seconds, with the tag of what it shows: 304 while that
    is current.
    """
    actor = actor_of(request)
    store_id = request.GET.get("store", "")
    cursor = request.GET.get("cursor") or None
    form = QueueFilterForm(request.GET)
    wanted = form.wanted() if form.is_valid() else EVERYTHING
    page: Page[Summary] = Page(())
    if form.is_valid():
        page = _pending(actor, store_id, wanted, cursor)
    tag = etag_of_list(page)
    if request.headers.get("If-None-Match") == tag:
        return HttpResponseNotModified()
    context = _list_context(request, actor, page)
    seconds = settings.QUEUE_POLL_SECONDS * _pace(actor, store_id, wanted)
    # Of a further page it would not say how many wait.
    count = "" if cursor else f"{len(page.items)}{'+' * (page.next_cursor is not None)}"
    context |= {"tag": tag, "count": count, "poll_seconds": seconds}
    context["is_filtered"] = wanted != EVERYTHING or not form.is_valid()
    if "HX-Request" in request.headers:
        return render(request, "supervisor/queue_list.html", context)
    context |= {"may_ask": services.ASK in actor.permissions, **_choice_of_stores(actor, store_id)}
    context["on_duty"] = find_notices(actor).on_duty if context["may_answer"] else False
    context |= {"filter_form": form, "filters": _filters_of(request, form)}
    status = 200 if form.is_valid() else INVALID
    return render(request, "supervisor/queue.html", context, status=status)


@login_required
@never_cache
@require_safe
def history(request: HttpRequest) -> HttpResponse:
    """Of one store; the first one where none is chosen."""
    actor = actor_of(request)
    choice = _choice_of_stores(actor, request.GET.get("store", ""))
    store_id = choice["store_id"] or next((one.store_id for one in choice["stores"]), "")
    form = ClosedFilterForm(request.GET)
    wanted = form.wanted() if form.is_valid() else EVERYTHING_CLOSED
    page: Page[Summary] = Page(())
    if store_id and form.is_valid():
        cursor = request.GET.get("cursor") or None
        page = selectors.list_history(actor, store_id=store_id, wanted=wanted, cursor=cursor)
    context = _list_context(request, actor, page) | choice | {"store_id": store_id}
    context["is_filtered"] = wanted != EVERYTHING_CLOSED or not form.is_valid()
    context |= {"filter_form": form, "filters": _filters_of(request, form)}
    status = 200 if form.is_valid() else INVALID
    return render(request, "supervisor/history.html", context, status=status)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    actor.require(services.ASK, actor.org_id)
    stores = [(store.store_id, store.name) for store in all_stores(actor)]
    if request.method != "POST":
        initial = {**_asked_before(request, actor), "token": secrets.token_urlsafe(16)}
        form = AskForm(stores=stores, initial=initial)
        return render(request, "supervisor/ask.html", {"form": form, "has_stores": bool(stores)})
    form = AskForm(request.POST, stores=stores)
    if form.is_valid():
        store_id = form.cleaned_data["store"]
        try:
            raw = form.raw()
            said = {"store_id": store_id, **raw}
            once = sent_once(actor, form.cleaned_data["token"], said, operation="ask")
            asked = services.ask(actor=actor, store_id=store_id, raw=raw, idempotency=once)
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            # The browser may forget what it has kept of this form.
            sent = f"{actor.user_id}-ask"
            messages.success(request, _("Your question is in the queue."), extra_tags=sent)
            return redirect("supervisor:request", store_id, asked.request.id)
    context = {"form": form, "has_stores": bool(stores)}
    return render(request, "supervisor/ask.html", context, status=INVALID)


def _asked_before(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    """The store (`?store=`), and what was asked there once (`again=`), by the actor."""
    store_id = request.GET.get("store", "")
    initial: dict[str, Any] = {"store": store_id}
    again = request.GET.get("again", "")
    if again:
        found = selectors.find_request(actor, store_id=store_id, request_id=again)
        if found.asked_by.user_id == actor.user_id:
            initial |= AskForm.said_of(found.question)
    return initial


def _pending(actor: Actor, store_id: str, wanted: Filter, cursor: str | None) -> Page[Summary]:
    if store_id:
        return selectors.list_pending(actor, store_id=store_id, wanted=wanted, cursor=cursor)
    return selectors.list_pending_of_organisation(actor, wanted=wanted, cursor=cursor)


def _pace(actor: Actor, store_id: str, wanted: Filter) -> int:
    """How many times slower a list is asked for that costs more than two queries. Looking for words
    reads hundreds of requests."""
    if wanted.is_looked_for:
        return SLOWER
    queries = selectors.queries_of(actor, wanted, store_id=store_id)
    return min(SLOWER, (queries + 1) // 2)


def _list_context(request: HttpRequest, actor: Actor, page: Page[Summary]) -> dict[str, Any]:
    stores = find_stores(actor, store_ids=sorted({one.store_id for one in page.items}))
    now = now_in_milliseconds()
    return {
        "rows": rows_of(page.items, stores, now),
        "now": now,
        "first_url": _first_url(request),
        "next_url": _next_url(request, page.next_cursor),
        "stopped_early": page.next_cursor is not None and len(page.items) < selectors.PAGE,
        "own_id": actor.user_id,
        "may_answer": actor.may(services.ANSWER, actor.org_id),
    }


def _choice_of_stores(actor: Actor, store_id: str) -> dict[str, Any]:
    stores: tuple[Store, ...] = all_stores(actor)
    return {"stores": stores, "store_id": store_id}


def _first_url(request: HttpRequest) -> str | None:
    return _address(request, None) if request.GET.get("cursor") else None


def _next_url(request: HttpRequest, cursor: str | None) -> str | None:
    return _address(request, cursor) if cursor else None


def _filters_of(
    request: HttpRequest, form: QueueFilterForm | ClosedFilterForm
) -> list[dict[str, Any]]:
    """What the list is narrowed to, each with the address without it."""
    if not form.is_valid():
        return []
    return [
        {"label": label, "value": value, "url": _address(request, None, without=name)}
        for name, label, value in form.chosen()
    ]


def _address(request: HttpRequest, cursor: str | None, without: str = "") -> str:
    query = {**{name: request.GET.get(name) for name in FILTERS}, "cursor": cursor, without: ""}
    said = urlencode({name: value for name, value in query.items() if value})
    return f"{request.path}?{said}" if said else request.path
