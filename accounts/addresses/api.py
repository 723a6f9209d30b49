"""Addresses and passwords for programs: `/api/v1/users/…` and `/api/v1/users/me/…`."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.http import HttpRequest
from ninja import Router, Status

from accounts import mail, reset_links, selectors, services
from accounts.addresses import change, forgotten, sign_up
from accounts.addresses.schemas import (
    ConfirmEmailIn,
    ConfirmSignUpIn,
    ForgottenIn,
    NewEmailIn,
    NewPasswordIn,
    OwnPasswordIn,
)
from accounts.api_auth import BearerAuth
from accounts.client_address import client_address
from accounts.conditional import ApiRequest
from accounts.schemas import SignedUpOut, SignUpIn

router = Router(tags=["People"])
own_router = Router(tags=["People"], auth=BearerAuth(login_only=True))


def request_sign_up(request: HttpRequest, body: SignUpIn) -> None:
    """For the operation of `accounts.api`, where addresses are proved first."""
    sign_up.request_sign_up(
        email=body.email,
        name=body.first_name or "",
        organisation_name=body.organisation or "",
        client_address=client_address(request),
        absolute=partial(mail.absolute, request),
    )


@router.post(
    "/signup/confirm",
    operation_id="confirm_sign_up",
    summary="Open the organisation with what came by mail",
    response={201: SignedUpOut, (400, 403, 404, 409, 413, 422, 429, 503): None},
)
def confirm_sign_up(request: HttpRequest, body: ConfirmSignUpIn) -> Any:
    """`token` is what the address in the mail ends with. It works until the address has an account:
    409 from then on."""
    user = sign_up.confirm_sign_up(
        token=body.token,
        password=body.password,
        name=body.first_name,
        organisation_name=body.organisation,
        client_address=client_address(request),
    )
    return Status(201, SignedUpOut.of(user))


@router.post(
    "/password-reset",
    operation_id="request_password_reset",
    summary="Have a link mailed that sets a password",
    response={202: None, (400, 413, 422, 429, 503): None},
)
def request_password_reset(request: HttpRequest, body: ForgottenIn) -> Any:
    """The same answer for every address; only its mailbox learns whether it has an account."""
    forgotten.request_password_reset(
        email=body.email,
        client_address=client_address(request),
        absolute=partial(mail.absolute, request),
    )
    return Status(202, None)


@router.post(
    "/password-reset/confirm",
    operation_id="reset_password",
    summary="Set a password with what came by mail",
    response={204: None, (400, 404, 409, 413, 422, 429, 503): None},
)
def reset_password(request: HttpRequest, body: NewPasswordIn) -> Any:
    """Ends all sessions and tokens of the person. Also for links that an operator issued."""
    reset_links.set_password_with_link(
        token=body.token,
        new_password=body.new_password,
        client_address=client_address(request),
    )
    return Status(204, None)


@own_router.post(
    "/email",
    operation_id="request_email_change",
    summary="Move to another e-mail address",
    response={202: None, (400, 401, 403, 413, 422, 429, 503): None},
)
def request_email_change(request: ApiRequest, body: NewEmailIn) -> Any:
    """Mails a link to the new address. Needs a login of the last 15 minutes (403
    `confirmation_needed`). Whether somebody else has the address is not said here."""
    change.request_email_change(
        actor=request.auth,
        user=selectors.get_own_membership(actor=request.auth).user,
        email=body.email,
        client_address=client_address(request),
        absolute=partial(mail.absolute, request),
    )
    return Status(202, None)


@own_router.post(
    "/email/confirm",
    operation_id="confirm_email_change",
    summary="Move to the new address with what came by mail",
    response={204: None, (400, 401, 403, 404, 409, 413, 422, 429, 503): None},
)
def confirm_email_change(request: ApiRequest, body: ConfirmEmailIn) -> Any:
    """Works for whoever asked for the link. Logins go on."""
    change.confirm_email_change(
        user=selectors.get_own_membership(actor=request.auth).user,
        token=body.token,
        client_address=client_address(request),
    )
    return Status(204, None)


@own_router.post(
    "/password",
    operation_id="change_password",
    summary="Change your password",
    response={204: None, (400, 401, 403, 409, 413, 422, 429, 503): None},
)
def change_password(request: ApiRequest, body: OwnPasswordIn) -> Any:
    """Ends all sessions and tokens, this one included: log in again afterwards."""
    services.change_password(
        user=selectors.get_own_membership(actor=request.auth).user,
        current_password=body.current_password,
        new_password=body.new_password,
        client_address=client_address(request),
    )
    return Status(204, None)
