"""What is kept about oneself: read about it, take it along, erase it."""

from __future__ import annotations

from typing import cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout as end_session
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.access import login_required
from accounts.models import AuthUser
from accounts.personal_data.download import download
from accounts.personal_data.erasure import erase_own_account, work_on_while_waited_for
from accounts.personal_data.errors import OnlyOwner
from accounts.personal_data.export import export_own_data
from accounts.personal_data.forms import ErasureForm
from accounts.refused_forms import as_refused
from accounts.selectors import actor_of
from storage.domain import Invalid

_DAY = 24 * 3600


@login_required
@never_cache
@require_safe
def data(request: HttpRequest) -> HttpResponse:
    return _page(request, ErasureForm())


@login_required
@require_POST
def export(request: HttpRequest) -> HttpResponseBase:
    return download(export_own_data(actor=actor_of(request)))


@login_required
@never_cache
@require_POST
def erase(request: HttpRequest) -> HttpResponse:
    form = ErasureForm(request.POST)
    if not form.is_valid():
        return as_refused(_page(request, form), None)
    try:
        erasure = erase_own_account(actor=actor_of(request), email=form.cleaned_data["email"])
    except (Invalid, OnlyOwner) as refusal:
        form.refuse(refusal)
        return as_refused(_page(request, form), refusal)
    end_session(request)
    work_on_while_waited_for(erasure)
    messages.success(request, _("Your account is erased."))
    return redirect("accounts:login")


def _page(request: HttpRequest, form: ErasureForm) -> HttpResponse:
    context = {
        "form": form,
        "owner": cast(AuthUser, request.user).account.is_owner,
        "days": settings.SESSION_COOKIE_AGE // _DAY,
        "programs": settings.REFRESH_TOKEN_SECONDS // _DAY,
    }
    return render(request, "accounts/data.html", context)
