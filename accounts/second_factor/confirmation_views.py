"""Asking once more who somebody is, in the middle of something, and going on afterwards."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.access import login_required
from accounts.client_address import client_address
from accounts.destinations import leading_to, page_of_form, wanted
from accounts.errors import TooManyAttempts
from accounts.models import AuthUser
from accounts.second_factor.confirmation import confirm as confirm_person
from accounts.second_factor.errors import SecondFactorOff
from accounts.second_factor.forms import ConfirmForm
from accounts.sessions import SessionStore
from storage.domain import Invalid

FORBIDDEN = 403
INVALID = 422
TOO_MANY = 429
CONFIRM = "accounts:confirm"
# Marks a form that waits: its fields come along, and go on to where they were sent first.
WAITING = "confirm-waiting"
_OURS = ("csrfmiddlewaretoken", WAITING)
_CODES = ("code", "recovery_code")


def ask_for_confirmation(request: HttpRequest) -> HttpResponse:
    """The answer to a request for which somebody has to confirm first.

    A page is returned to. A form waits on the page that asks, without what is secret in it, and is
    sent again afterwards; one with files is not, there the way leads back to its page.
    """
    here = request.get_full_path()
    if request.method in ("GET", "HEAD") or not request.user.is_authenticated:
        return redirect(leading_to(CONFIRM, here))
    back = leading_to(CONFIRM, page_of_form(request, "accounts:security"))
    if request.headers.get("HX-Request"):
        # fetch would put the page that asks into the one that is there.
        return HttpResponse(status=204, headers={"HX-Redirect": back})
    if request.FILES:
        return redirect(back)
    form = ConfirmForm(has_second_factor=_has_second_factor(request))
    return _page(request, form, here, _kept(request.POST), FORBIDDEN)


@sensitive_post_parameters()
@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    has_second_factor = _has_second_factor(request)
    next_page = wanted(request)
    if request.method != "POST":
        return _page(request, ConfirmForm(has_second_factor=has_second_factor), next_page)
    form = ConfirmForm(request.POST, has_second_factor=has_second_factor)
    waits = WAITING in request.POST and bool(next_page)
    waiting = _kept(request.POST) if waits else None
    status, retry_after = INVALID, ""
    if form.is_valid():
        try:
            confirm_person(
                user=cast(AuthUser, request.user).account,
                client_address=client_address(request),
                **form.cleaned_data,
            )
        except (Invalid, SecondFactorOff) as refusal:
            form.refuse(refusal)
        except TooManyAttempts as refusal:
            form.refuse(refusal)
            status, retry_after = TOO_MANY, str(refusal.retry_after)
        else:
            cast(SessionStore, request.session).confirm()
            target = next_page or reverse("accounts:security")
            # 307 makes the browser send the form again, to where it was sent first.
            return HttpResponseRedirect(target, preserve_request=waits)
    response = _page(request, form, next_page, waiting, status)
    if retry_after:
        response.headers["Retry-After"] = retry_after
    return response


def _page(
    request: HttpRequest,
    form: ConfirmForm,
    next_page: str,
    waiting: list[tuple[str, str]] | None = None,
    status: int = 200,
) -> HttpResponse:
    """`waiting` are the fields of the form that waits, None where none does."""
    context = {
        "form": form,
        "next_page": next_page,
        "action": leading_to(CONFIRM, next_page),
        "waiting": waiting,
        "marker": WAITING,
    }
    response = render(request, "accounts/security/confirm.html", context, status=status)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _kept(posted: QueryDict) -> list[tuple[str, str]]:
    """No passwords and no codes: those are asked for again, beside their fields."""
    return [
        (name, value)
        for name, values in posted.lists()
        if name not in _OURS and not name.startswith("confirm-") and not _is_secret(name)
        for value in values
    ]


def _is_secret(name: str) -> bool:
    return "password" in name or name in _CODES


def _has_second_factor(request: HttpRequest) -> bool:
    return cast(AuthUser, request.user).account.second_factor_since is not None
