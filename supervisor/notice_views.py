"""Where supervisors say what they are told by e-mail, and that they are on duty."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import login_required
from accounts.destinations import page_of_form
from accounts.selectors import actor_of
from accounts.stores.naming import all_stores
from storage.domain import Invalid
from supervisor.errors import NoticesChanged
from supervisor.notice_forms import NoticesForm
from supervisor.notices import change_notices, find_notices, set_duty

INVALID = 422
CHANGED = 409


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def notices(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    stored = find_notices(actor)
    stores = all_stores(actor)
    if request.method != "POST":
        return _page(request, NoticesForm.of(stored, stores))
    form = NoticesForm(request.POST, stores=stores)
    status = INVALID
    if form.is_valid():
        try:
            change_notices(actor=actor, **form.said())
        except Invalid as refusal:
            form.refuse(refusal)
        except NoticesChanged as race:
            mine = {**form.cleaned_data, "version": race.current.version or 0}
            form = NoticesForm(initial=mine, stores=stores)
            text = _("%(what)s Save again to replace it with what stands below.")
            messages.warning(request, text % {"what": race})
            status = CHANGED
        else:
            messages.success(request, _("Saved."))
            return redirect("supervisor:notices")
    return _page(request, form, status)


@login_required
@never_cache
@require_POST
def duty(request: HttpRequest) -> HttpResponse:
    """`on` says which. Leads back to the list that was looked at."""
    on_duty = request.POST.get("on") == "yes"
    set_duty(actor=actor_of(request), on_duty=on_duty)
    text = _("You are on duty now.") if on_duty else _("You are off duty now.")
    messages.success(request, text)
    return redirect(page_of_form(request, "supervisor:queue"))


def _page(request: HttpRequest, form: NoticesForm, status: int = 200) -> HttpResponse:
    return render(request, "supervisor/notices.html", {"form": form}, status=status)
