"""Whether one's organisation asks everybody for a second factor."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import directory
from accounts.access import login_required
from accounts.refused_forms import as_refused
from accounts.second_factor.errors import OwnSecondFactorFirst
from accounts.second_factor.forms import RequirementForm
from accounts.second_factor.requirement import (
    CHANGE_ORGANISATION,
    change_second_factor_requirement,
)
from accounts.selectors import actor_of


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def requirement(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    actor.require(CHANGE_ORGANISATION, actor.org_id)
    if request.method != "POST":
        organisation = directory.find_organisation(actor, org_id=actor.org_id, consistent=True)
        form = RequirementForm(initial={"required": organisation.second_factor_required})
        return _page(request, form)
    form = RequirementForm(request.POST)
    form.is_valid()
    try:
        changed = change_second_factor_requirement(
            actor=actor, required=form.cleaned_data["required"]
        )
    except OwnSecondFactorFirst as refusal:
        form.refuse(refusal)
        return as_refused(_page(request, form, own_first=True), refusal)
    if changed.second_factor_required:
        messages.success(request, _("Everybody needs a second factor from now on."))
    else:
        messages.success(
            request, _("Nobody has to have a second factor any more. Whoever has one keeps it.")
        )
    return redirect("organisation:second-factor")


def _page(request: HttpRequest, form: RequirementForm, *, own_first: bool = False) -> HttpResponse:
    context = {"form": form, "own_first": own_first}
    return render(request, "accounts/security/requirement.html", context)
