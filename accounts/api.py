"""Signup and login for programs."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Status

from accounts import own_api, services
from accounts.schemas import LoginIn, Problem, SignedUpOut, SignUpIn, TokenOut
from accounts.tokens import issue_token

router = Router(tags=["People"])


def _client_address(request: HttpRequest) -> str:
    address: str = getattr(request, "client_address", request.META.get("REMOTE_ADDR", ""))
    return address


@router.post(
    "/signup",
    operation_id="sign_up",
    summary="Open an organisation and become its owner",
    response={
        201: SignedUpOut,
        400: Problem,
        403: Problem,
        409: Problem,
        422: Problem,
        429: Problem,
        503: Problem,
    },
)
def sign_up(request: HttpRequest, body: SignUpIn) -> Any:
    user = services.sign_up(
        email=body.email,
        password=body.password,
        name=body.first_name or "",
        organisation_name=body.organisation or "",
        client_address=_client_address(request),
    )
    return Status(201, SignedUpOut.of(user))


@router.post(
    "/login",
    operation_id="log_in",
    summary="Exchange e-mail address and password for an access token",
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
    user = services.authenticate(
        email=body.email, password=body.password, client_address=_client_address(request)
    )
    services.log_in(user=user, via="token")
    response.headers["Cache-Control"] = "no-store"
    return TokenOut.of(issue_token(user))


router.add_router("/me", own_api.router)
