"""The second page of a login: after the password, a code. Nobody is logged in before it."""

from __future__ import annotations

import hashlib
import hmac

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login as start_session
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import selectors, services
from accounts.backends import BACKEND
from accounts.client_address import client_address
from accounts.destinations import passing_on, target, wanted
from accounts.entities import User, split_reference
from accounts.errors import TooManyAttempts
from accounts.models import AuthUser
from accounts.refused_forms import page_again
from accounts.second_factor.entities import Proof
from accounts.second_factor.errors import SecondFactorOff, WrongCode
from accounts.second_factor.forms import LoginCodeForm
from accounts.second_factor.services import prove
from storage.domain import DomainError

PAGE = "accounts/security/login_code.html"
SECONDS_FOR_THE_CODE = 600
_SALT = "accounts.second_factor.login"


def ask_for_code(request: HttpRequest, user: User) -> HttpResponse:
    """After the right password: leads to the second page, and remembers whose password it was."""
    response = redirect(passing_on(request, "accounts:login-code"))
    response.set_cookie(
        settings.LOGIN_COOKIE_NAME,
        signing.dumps([user.pk, _digest(user)], salt=_SALT),
        max_age=SECONDS_FOR_THE_CODE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )
    return response


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def login_code(request: HttpRequest) -> HttpResponse:
    user = _after_password(request)
    if user is None or user.second_factor_since is None:
        return _to_the_beginning(request)
    if request.method != "POST":
        context = {"form": LoginCodeForm(), "next_page": wanted(request)}
        return render(request, PAGE, context)
    form = LoginCodeForm(request.POST)
    error: DomainError | None = None
    if form.is_valid():
        try:
            proof = prove(user=user, client_address=client_address(request), **form.cleaned_data)
        except (WrongCode, TooManyAttempts) as refusal:
            error = refusal
        except SecondFactorOff:
            return _to_the_beginning(request)
        else:
            return _logged_in(request, user, proof)
    return page_again(request, PAGE, form, error, next_page=wanted(request))


def _logged_in(request: HttpRequest, user: User, proof: Proof) -> HttpResponse:
    services.log_in(user=user, via="session", second_factor=proof.how)
    start_session(request, AuthUser.of(user), backend=BACKEND)
    if proof.how == "recovery_code":
        text = ngettext(
            "You have %(left)d recovery code left. Make new ones before you run out of them.",
            "You have %(left)d recovery codes left. Make new ones before you run out of them.",
            proof.left,
        )
        messages.warning(request, text % {"left": proof.left})
    response = redirect(target(request))
    response.delete_cookie(settings.LOGIN_COOKIE_NAME, samesite="Strict")
    return response


def _after_password(request: HttpRequest) -> User | None:
    """Whose password was right a moment ago; one request, none without the cookie.

    Not any more when the password was changed since, or the person may not log in.
    """
    try:
        pk, digest = signing.loads(
            request.COOKIES.get(settings.LOGIN_COOKIE_NAME, ""),
            salt=_SALT,
            max_age=SECONDS_FOR_THE_CODE,
        )
    except signing.BadSignature:
        return None
    keys = split_reference(pk)
    member = selectors.find_member(org_id=keys[0], user_id=keys[1]) if keys else None
    if member is None or not hmac.compare_digest(digest, _digest(member.user)):
        return None
    return member.user


def _to_the_beginning(request: HttpRequest) -> HttpResponse:
    """What a GET finds is no mistake: the person came back later, or is logged in already."""
    if request.user.is_authenticated:
        return redirect(target(request))
    if request.method == "POST":
        messages.info(request, _("That took too long. Log in again."))
    return redirect(passing_on(request, "accounts:login"))


def _digest(user: User) -> str:
    """Changes with the password, and tells nothing about the stamp, which is random."""
    return hashlib.sha256(f"{_SALT}\0{user.credential_stamp}".encode()).hexdigest()
