"""The second factor of one's own account: setting it up, new recovery codes, switching it off."""

from __future__ import annotations

from typing import cast

import segno
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import login_required
from accounts.destinations import passing_on, wanted
from accounts.errors import TooManyAttempts
from accounts.models import AuthUser
from accounts.refused_forms import as_refused
from accounts.second_factor import services
from accounts.second_factor.entities import SetUp
from accounts.second_factor.errors import (
    SecondFactorDemanded,
    SecondFactorOff,
    SecondFactorOn,
    SetUpExpired,
    WrongCode,
)
from accounts.second_factor.forms import CodeForm
from accounts.second_factor.requirement import is_required
from accounts.selectors import actor_of
from storage.domain import DomainError

SECOND_FACTOR = "accounts:second-factor"
# What was begun, encrypted, so that a form need not carry it and a reload does not lose it.
_BEGUN = "second_factor_set_up"


@sensitive_post_parameters()
@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def second_factor(request: HttpRequest) -> HttpResponse:
    user = cast(AuthUser, request.user)
    begun = services.resume_set_up(user=user.account, token=request.session.get(_BEGUN, ""))
    if request.method != "POST":
        return _page(request, begun, CodeForm())
    if begun is None:
        if user.account.second_factor_since is not None:
            # The page with the recovery codes, loaded again.
            messages.info(
                request, _("It is on. Recovery codes are shown once: you can make new ones.")
            )
        else:
            messages.error(request, str(SetUpExpired.message))
        return redirect(passing_on(request, SECOND_FACTOR))
    form = CodeForm(request.POST)
    error: DomainError | None = None
    if form.is_valid():
        try:
            codes = services.switch_on(
                actor=actor_of(request), token=begun.token, code=form.cleaned_data["code"]
            )
        except SecondFactorOn as refusal:
            messages.error(request, str(refusal))
            return redirect(passing_on(request, SECOND_FACTOR))
        except (WrongCode, TooManyAttempts) as refusal:
            error = refusal
        else:
            del request.session[_BEGUN]
            return _codes_page(request, codes, switched_on=True)
    if error is not None:
        form.refuse(error)
    return as_refused(_page(request, begun, form), error)


@login_required
@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    try:
        begun = services.begin_set_up(actor=actor_of(request))
    except SecondFactorOn as refusal:
        messages.error(request, str(refusal))
    else:
        request.session[_BEGUN] = begun.token
    return redirect(passing_on(request, SECOND_FACTOR))


@login_required
@require_POST
def switch_off(request: HttpRequest) -> HttpResponse:
    try:
        services.switch_off(actor=actor_of(request))
    except (SecondFactorDemanded, SecondFactorOff) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Your second factor is off."))
    return redirect(SECOND_FACTOR)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """They are shown in the answer to the form and never again: a GET leads on."""
    if request.method != "POST":
        return redirect(SECOND_FACTOR)
    try:
        codes = services.renew_recovery_codes(actor=actor_of(request))
    except SecondFactorOff as refusal:
        messages.error(request, str(refusal))
        return redirect(SECOND_FACTOR)
    return _codes_page(request, codes, switched_on=False)


def _page(request: HttpRequest, begun: SetUp | None, form: CodeForm) -> HttpResponse:
    factor = services.get_own_second_factor(actor=actor_of(request))
    user = cast(AuthUser, request.user)
    shown = None if factor.on else begun
    context = {
        "factor": factor,
        "required": is_required(user),
        "begun": shown,
        "picture": _qr_code(shown.address) if shown else "",
        "form": form,
        "next_page": wanted(request),
    }
    return render(request, "accounts/security/second_factor.html", context)


def _codes_page(request: HttpRequest, codes: tuple[str, ...], *, switched_on: bool) -> HttpResponse:
    context = {"codes": codes, "switched_on": switched_on, "next_page": wanted(request)}
    return render(request, "accounts/security/recovery_codes.html", context)


def _qr_code(address: str) -> str:
    """An SVG as a data: address, light behind it whatever the theme: cameras want it so."""
    code = segno.make(address, error="m", micro=False)
    return code.svg_data_uri(border=4, dark="#000", light="#fff", omitsize=True)
