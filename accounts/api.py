"""Signup and login for programs."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from ninja import Router, Status

from accounts import own_api, refresh, services
from accounts.addresses import api as addresses
from accounts.client_address import client_address
from accounts.people.api import accepting_router
from accounts.schemas import LoginIn, Problem, RefreshIn, SignedUpOut, SignUpIn, TokenOut
from accounts.second_factor.services import prove_at_login
from storage.domain import Invalid

router = Router(tags=["People"])


@router.post(
    "/signup",
    operation_id="sign_up",
    summary="Open an organisation and become its owner",
    response={201: SignedUpOut, 202: None, (400, 403, 409, 413, 422, 429, 503): None},
)
def sign_up(request: HttpRequest, body: SignUpIn) -> Any:
    """201 where the server makes the account at once. 202 where it has the address proved first:
    the mail leads on, to `/users/signup/confirm`, and the answer is the same for every address."""
    if settings.SIGN_UP_CONFIRMED:
        addresses.request_sign_up(request, body)
        return Status(202, None)
    if body.password is None:
        raise Invalid(fields={"password": [_("This field is required.")]})
    user = services.sign_up(
        email=body.email,
        password=body.password,
        name=body.first_name or "",
        organisation_name=body.organisation or "",
        client_address=client_address(request),
    )
    return Status(201, SignedUpOut.of(user))


@router.post(
    "/login",
    operation_id="log_in",
    summary="Exchange e-mail address and password for an access token and a refresh token",
    response={
        200: TokenOut,
        400: Problem,
        401: Problem,
        422: Problem,
        429: Problem,
        503: Problem,
    },
)
def log_in(request: HttpRequest, response: HttpResponse, body: LoginIn) -> Any:
    """Who has a second factor sends `code` or `recovery_code` as well; without either the answer
    is 401 `second_factor_required`."""
    user = services.authenticate(
        email=body.email, password=body.password, client_address=client_address(request)
    )
    proof = prove_at_login(
        user=user,
        client_address=client_address(request),
        code=body.code or "",
        recovery_code=body.recovery_code or "",
    )
    services.log_in(user=user, via="token", second_factor=proof.how if proof else "")
    response.headers["Cache-Control"] = "no-store"
    user_agent = request.headers.get("User-Agent", "")
    return TokenOut.of(refresh.start_family(user=user, user_agent=user_agent))


@router.post(
    "/refresh",
    operation_id="refresh_tokens",
    summary="Exchange a refresh token for new tokens",
    response={200: TokenOut, (400, 401, 422, 429, 503): None},
)
def refresh_tokens(request: HttpRequest, response: HttpResponse, body: RefreshIn) -> Any:
    """A refresh token works once. Sending one that was used ends the login that it comes from."""
    tokens = refresh.refresh(text=body.refresh_token, client_address=client_address(request))
    response.headers["Cache-Control"] = "no-store"
    return TokenOut.of(tokens)


@router.post(
    "/logout",
    operation_id="log_out",
    summary="End a login, and so its refresh token",
    response={204: None, (400, 422, 429, 503): None},
)
def log_out(request: HttpRequest, body: RefreshIn) -> Any:
    """204 also where it has ended already. Its last access token works until it expires."""
    refresh.end_family(text=body.refresh_token, client_address=client_address(request))
    return Status(204, None)


router.add_router("", addresses.router)
router.add_router("/me", addresses.own_router)
router.add_router("/me", own_api.router)
router.add_router("/invitations", accepting_router)
