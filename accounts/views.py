from __future__ import annotations

from typing import cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import (
    login as start_session,
)
from django.contrib.auth import (
    logout as end_session,
)
from django.contrib.auth import (
    update_session_auth_hash,
)
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import reset_links, services
from accounts.access import login_required
from accounts.addresses.views import request_sign_up
from accounts.backends import BACKEND
from accounts.client_address import client_address
from accounts.destinations import target, wanted
from accounts.entities import User
from accounts.errors import InvalidCredentials, InvalidResetLink, SignUpClosed, TooManyAttempts
from accounts.forms import (
    LoginForm,
    NewPasswordForm,
    PasswordForm,
    SignUpForm,
    shown_choice,
)
from accounts.models import AuthUser
from accounts.people.selectors import store_names
from accounts.refused_forms import page_again
from accounts.roles.selectors import names_of
from accounts.second_factor.login_views import ask_for_code
from storage.domain import Conflict, DomainError, Invalid

NOT_FOUND = 404


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def signup(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect(target(request))
    if not settings.SIGN_UP_OPEN:
        raise SignUpClosed
    if settings.SIGN_UP_CONFIRMED:
        return request_sign_up(request)
    if request.method != "POST":
        return render(request, "accounts/signup.html", {"form": SignUpForm(), **_links(request)})
    form = SignUpForm(request.POST)
    error: DomainError | None = None
    if form.is_valid():
        try:
            user = services.sign_up(
                email=form.cleaned_data["email"],
                password=form.cleaned_data["password"],
                name=form.cleaned_data["name"],
                organisation_name=form.cleaned_data["organisation"],
                client_address=client_address(request),
            )
        except (Invalid, Conflict, TooManyAttempts) as refusal:
            error = refusal
        else:
            services.log_in(user=user, via="session")
            start_session(request, AuthUser.of(user), backend=BACKEND)
            messages.success(
                request, _("Welcome, %(name)s! Your shop is open.") % {"name": user.name}
            )
            return redirect(target(request))
    return page_again(request, "accounts/signup.html", form, error, **_links(request))


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated and request.method != "POST":
        return redirect(target(request))
    if request.method != "POST":
        return render(request, "accounts/login.html", {"form": LoginForm(), **_links(request)})
    form = LoginForm(request.POST)
    error: DomainError | None = None
    if form.is_valid():
        try:
            user = services.authenticate(
                email=form.cleaned_data["email"],
                password=form.cleaned_data["password"],
                client_address=client_address(request),
            )
        except (InvalidCredentials, TooManyAttempts) as refusal:
            error = refusal
        else:
            if user.second_factor_since is not None:
                return ask_for_code(request, user)
            services.log_in(user=user, via="session")
            start_session(request, AuthUser.of(user), backend=BACKEND)
            return redirect(target(request))
    return page_again(request, "accounts/login.html", form, error, **_links(request))


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """Also when the session has ended already: the person wanted to be logged out, and is."""
    if request.user.is_authenticated:
        services.log_out(user=_own_account(request))
    end_session(request)
    return redirect(settings.LOGOUT_REDIRECT_URL)


@login_required
@never_cache
@require_safe
def account(request: HttpRequest) -> HttpResponse:
    user = cast(AuthUser, request.user)
    context = {
        "account": user.account,
        "organisation": user.organisation,
        "role_names": names_of(user.custom_roles),
        "store_names": store_names(user.actor, user.account),
        "shown_choice": shown_choice,
    }
    return render(request, "accounts/account.html", context)


@sensitive_post_parameters()
@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    user = _own_account(request)
    whose = {"email": user.email}
    if request.method != "POST":
        return render(request, "accounts/password.html", {"form": PasswordForm(initial=whose)})
    form = PasswordForm(request.POST, initial=whose)
    error: DomainError | None = None
    if form.is_valid():
        try:
            changed = services.change_password(
                user=user,
                current_password=form.cleaned_data["current_password"],
                new_password=form.cleaned_data["new_password"],
                client_address=client_address(request),
            )
        except (Invalid, Conflict, TooManyAttempts) as refusal:
            error = refusal
        else:
            update_session_auth_hash(request, AuthUser.of(changed))
            messages.success(
                request, _("Your password is changed. You are logged out everywhere else.")
            )
            return redirect("accounts:account")
    return page_again(request, "accounts/password.html", form, error)


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def reset(request: HttpRequest, token: str) -> HttpResponse:
    """Sets a password with a link, whoever may be logged in here, and leads to the login.

    The token stays in the address: the request log names routes only, no page of ours leads
    elsewhere with a Referer, and what a GET would have to remember it would have to write.
    """
    try:
        user = reset_links.open_reset_link(token)
        whose = {"email": user.email}
        if request.method != "POST":
            form = NewPasswordForm(initial=whose)
            return render(request, "accounts/reset.html", {"form": form})
        form = NewPasswordForm(request.POST, initial=whose)
        error: DomainError | None = None
        if form.is_valid():
            try:
                reset_links.set_password_with_link(
                    token=token,
                    new_password=form.cleaned_data["new_password"],
                    client_address=client_address(request),
                )
            except (Invalid, Conflict, TooManyAttempts) as refusal:
                error = refusal
            else:
                messages.success(request, _("Your password is set. Log in with it."))
                return redirect("accounts:login")
    except InvalidResetLink:
        return render(request, "accounts/reset_invalid.html", status=NOT_FOUND)
    return page_again(request, "accounts/reset.html", form, error)


def _links(request: HttpRequest) -> dict[str, str]:
    """For the way from login to signup and back, which keeps where the person wanted to go."""
    return {"next_page": wanted(request)}


def _own_account(request: HttpRequest) -> User:
    return cast(AuthUser, request.user).account
