"""The pages of calls to programs and of how long callers are kept."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.access import login_required
from accounts.selectors import actor_of
from storage.domain import Invalid
from supervisor import callers as all_callers
from supervisor import retention
from supervisor.callback_forms import RetentionForm
from supervisor.callbacks import signing_secrets
from supervisor.callbacks.secret_repository import SecretUnreadable
from supervisor.retention import RetentionChanged

INVALID = 422
CHANGED = 409


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def callbacks(request: HttpRequest) -> HttpResponse:
    """Says since when there is a secret that signs calls, and with `?shown=1` which one; a POST
    makes or replaces it."""
    actor = actor_of(request)
    context: dict[str, Any]
    if request.method == "POST":
        signing_secrets.replace_secret(actor=actor)
        messages.success(request, _("Calls are signed with a new secret from now on."))
        return redirect(reverse("supervisor:callbacks", query={"shown": 1}))
    is_shown = "shown" in request.GET
    find = signing_secrets.find_secret if is_shown else signing_secrets.describe_secret
    try:
        secret = find(actor)
    except SecretUnreadable as unreadable:
        context = {"secret": None, "unreadable": str(unreadable)}
        return render(request, "supervisor/callbacks.html", context)
    until = secret.earlier_until if secret else None
    still = until if until is not None and until > datetime.now(UTC) else None
    context = {"secret": secret, "unreadable": "", "earlier_until": still}
    return render(request, "supervisor/callbacks.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def callers(request: HttpRequest) -> HttpResponse:
    """How long closed requests name their callers."""
    actor = actor_of(request)
    stored = retention.find_retention(actor)
    if request.method != "POST":
        return _callers_page(request, RetentionForm.of(stored))
    form = RetentionForm(request.POST)
    status = INVALID
    if form.is_valid():
        try:
            retention.change_retention(
                actor=actor,
                days=form.cleaned_data["days"],
                version=form.cleaned_data["version"] or 0,
            )
        except Invalid as refusal:
            form.refuse(refusal)
        except RetentionChanged as race:
            form = RetentionForm(
                initial={**form.cleaned_data, "version": race.current.version or 0}
            )
            text = _("Somebody else has changed this to %(days)d. Save again to replace it.")
            messages.warning(request, text % {"days": race.current.days})
            status = CHANGED
        else:
            messages.success(request, _("Saved."))
            return redirect("supervisor:callers")
    return _callers_page(request, form, status)


def _callers_page(request: HttpRequest, form: RetentionForm, status: int = 200) -> HttpResponse:
    may_forget = all_callers.may_forget_numbers(actor_of(request))
    context = {"form": form, "may_forget_numbers": may_forget}
    return render(request, "supervisor/callers.html", context, status=status)
