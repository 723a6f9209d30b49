"""The pages around e-mail addresses.

As with links to set a password, tokens stay in the address, and pages that need no login besides
repeat it nowhere.
"""

from __future__ import annotations

from functools import partial
from typing import cast

from django.contrib import messages
from django.contrib.auth import login as start_session
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts import mail, selectors, services
from accounts.access import login_required
from accounts.addresses import change, forgotten, sign_up
from accounts.addresses.errors import InvalidLink
from accounts.addresses.forms import (
    ConfirmSignUpForm,
    ForgotForm,
    NewEmailForm,
    SignUpRequestForm,
)
from accounts.backends import BACKEND
from accounts.client_address import client_address
from accounts.destinations import target, wanted
from accounts.errors import EmailTaken, TooManyAttempts
from accounts.models import AuthUser
from accounts.refused_forms import page_again
from storage.domain import DomainError, Invalid, Unavailable

NOT_FOUND = 404
TAKEN = 409


def request_sign_up(request: HttpRequest) -> HttpResponse:
    """The page to sign up, where addresses have to be proved first."""
    links = {"next_page": wanted(request)}
    if request.method != "POST":
        return render(request, "accounts/signup.html", {"form": SignUpRequestForm(), **links})
    form = SignUpRequestForm(request.POST)
    error: DomainError | None = None
    if form.is_valid():
        try:
            sign_up.request_sign_up(
                email=form.cleaned_data["email"],
                name=form.cleaned_data["name"],
                organisation_name=form.cleaned_data["organisation"],
                client_address=client_address(request),
                absolute=partial(mail.absolute, request),
            )
        except (Invalid, TooManyAttempts, Unavailable) as refusal:
            error = refusal
        else:
            return redirect("accounts:signup-sent")
    return page_again(request, "accounts/signup.html", form, error, **links)


@require_safe
def sign_up_sent(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/signup_sent.html")


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_sign_up(request: HttpRequest, token: str) -> HttpResponse:
    """Makes the account and logs in, whoever may be logged in here."""
    try:
        pending = sign_up.open_sign_up_link(token)
        typed_before = {
            "email": pending.email,
            "name": pending.name,
            "organisation": pending.organisation_name,
        }
        if request.method != "POST":
            form = ConfirmSignUpForm(initial=typed_before)
            return render(request, "accounts/signup_confirm.html", {"form": form})
        form = ConfirmSignUpForm(request.POST, initial=typed_before)
        error: DomainError | None = None
        if form.is_valid():
            try:
                user = sign_up.confirm_sign_up(
                    token=token,
                    password=form.cleaned_data["password"],
                    name=form.cleaned_data["name"],
                    organisation_name=form.cleaned_data["organisation"],
                    client_address=client_address(request),
                )
            except (Invalid, TooManyAttempts) as refusal:
                error = refusal
            else:
                services.log_in(user=user, via="session")
                start_session(request, AuthUser.of(user), backend=BACKEND)
                messages.success(
                    request, _("Welcome, %(name)s! Your shop is open.") % {"name": user.name}
                )
                return redirect(target(request))
    except InvalidLink:
        return render(request, "accounts/signup_invalid.html", status=NOT_FOUND)
    except EmailTaken:
        return render(request, "accounts/signup_taken.html", status=TAKEN)
    return page_again(request, "accounts/signup_confirm.html", form, error)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def forgot(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return render(request, "accounts/forgot.html", {"form": ForgotForm()})
    form = ForgotForm(request.POST)
    error: DomainError | None = None
    if form.is_valid():
        try:
            forgotten.request_password_reset(
                email=form.cleaned_data["email"],
                client_address=client_address(request),
                absolute=partial(mail.absolute, request),
            )
        except (Invalid, TooManyAttempts, Unavailable) as refusal:
            error = refusal
        else:
            return redirect("accounts:forgot-sent")
    return page_again(request, "accounts/forgot.html", form, error)


@require_safe
def forgot_sent(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/forgot_sent.html")


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def email(request: HttpRequest) -> HttpResponse:
    actor = selectors.actor_of(request)
    # Before somebody types: the page that asks would come in between.
    actor.require_confirmation()
    user = cast(AuthUser, request.user).account
    if request.method != "POST":
        context = {"form": NewEmailForm(), "account": user}
        return render(request, "accounts/email.html", context)
    form = NewEmailForm(request.POST)
    error: DomainError | None = None
    if form.is_valid():
        try:
            change.request_email_change(
                actor=actor,
                user=user,
                email=form.cleaned_data["email"],
                client_address=client_address(request),
                absolute=partial(mail.absolute, request),
            )
        except (Invalid, TooManyAttempts, Unavailable) as refusal:
            error = refusal
        else:
            messages.success(
                request, _("Look in your new mailbox: open the link there to finish the change.")
            )
            return redirect("accounts:account")
    return page_again(request, "accounts/email.html", form, error, account=user)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_email(request: HttpRequest, token: str) -> HttpResponse:
    user = cast(AuthUser, request.user).account
    try:
        if request.method != "POST":
            new_email = change.open_email_link(user=user, token=token)
            context = {"account": user, "new_email": new_email}
            return render(request, "accounts/email_confirm.html", context)
        change.confirm_email_change(user=user, token=token, client_address=client_address(request))
    except InvalidLink:
        return render(request, "accounts/email_invalid.html", status=NOT_FOUND)
    except EmailTaken:
        return render(request, "accounts/email_taken.html", status=TAKEN)
    messages.success(request, _("Your e-mail address is changed. Log in with it from now on."))
    return redirect("accounts:account")
