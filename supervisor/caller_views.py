"""Forgetting a telephone number."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.access import login_required
from accounts.entities import Actor
from accounts.selectors import actor_of
from storage.domain import Invalid
from supervisor import callers, selectors
from supervisor.callback_forms import NumberForm

INVALID = 422


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def forget_number(request: HttpRequest) -> HttpResponse:
    """Says how many requests name a number, and forgets it once somebody says `forget`.

    The number is in no address, because addresses are logged: `?store=` and `?request=` fill it in.
    """
    actor = actor_of(request)
    callers.require_to_forget(actor)
    if request.method != "POST":
        return _page(request, NumberForm(initial={"number": _number_of(request, actor)}))
    form = NumberForm(request.POST)
    if form.is_valid():
        number = form.cleaned_data["number"]
        try:
            if "forget" in request.POST:
                return _forget(request, actor, number)
            count, has_more = callers.count_requests(actor, number=number)
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            if count:
                return _page(request, form, number=number, count=count, has_more=has_more)
            text = _(
                "No request names this number. Look for it with and without the prefix of the"
                " country."
            )
            form.add_error("number", text)
    return _page(request, form, status=INVALID)


def _forget(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    """A hundred at a time, so that nobody waits for long."""
    done = callers.forget_number(actor=actor, number=number, is_piece=True)
    if not done.is_complete:
        count, has_more = callers.count_requests(actor, number=number)
        if count:
            said: dict[str, Any] = {"number": number, "count": count, "has_more": has_more}
            return _page(request, NumberForm(), forgotten=done.count, **said)
    text = ngettext(
        "%(count)d request does not name its caller any more.",
        "%(count)d requests do not name their caller any more.",
        done.count,
    )
    messages.success(request, text % {"count": done.count})
    return redirect("supervisor:forget-number")


def _number_of(request: HttpRequest, actor: Actor) -> str:
    store_id, request_id = (request.GET.get(name, "") for name in ("store", "request"))
    if not request_id:
        return ""
    found = selectors.find_request(actor, store_id=store_id, request_id=request_id)
    return found.question.phone_number


def _page(
    request: HttpRequest, form: NumberForm, *, status: int = 200, **asked: Any
) -> HttpResponse:
    context = {"form": form, "count": 0, "forgotten": 0, **asked}
    return render(request, "supervisor/forget_number.html", context, status=status)
