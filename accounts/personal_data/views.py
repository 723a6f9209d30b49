"""What is kept about oneself: read about it, take it along, erase it."""

from __future__ import annotations

from typing import cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout as end_session
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.models import AuthUser
from accounts.personal_data.download import download
from accounts.personal_data.erasure import erase_own_account, work_on_while_waited_for
from accounts.personal_data.errors import OnlyOwner
from accounts.personal_data.export import export_own_data
from accounts.personal_data.forms import ErasureForm
from accounts.selectors import actor_of
from storage.domain import Invalid

INVALID = 422
CONFLICT = 409
_DAY = 24 * 3600


@login_required
@never_cache
@require_safe
def data(request: HttpRequest) -> HttpResponse:
    return _page(request, ErasureForm())


@login_required
@require_safe
def export(request: HttpRequest) -> HttpResponseBase:
    return download(export_own_data(actor=actor_of(request)))


@login_required
@never_cache
@require_POST
def erase(request: HttpRequest) -> HttpResponse:
    form = ErasureForm(request.POST)
    if not form.is_valid():
        return _page(request, form, INVALID)
    try:
        erasure = erase_own_account(actor=actor_of(request), email=form.cleaned_data["email"])
    except Invalid as refusal:
        form.refuse(refusal)
        return _page(request, form, INVALID)
    except OnlyOwner as refusal:
        form.refuse(refusal)
        return _page(request, form, CONFLICT)
    end_session(request)
    work_on_while_waited_for(erasure)
    messages.success(request, _("Your account is erased."))
    return redirect("accounts:login")


def _page(request: HttpRequest, form: ErasureForm, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "owner": cast(AuthUser, request.user).account.is_owner,
        "days": settings.SESSION_COOKIE_AGE // _DAY,
        "programs": settings.REFRESH_TOKEN_SECONDS // _DAY,
    }
    return render(request, "accounts/data.html", context, status=status)
