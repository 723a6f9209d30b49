"""What is kept about oneself for programs: everything in one document, and erasing it."""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase
from ninja import Router, Status

from accounts.api_auth import BearerAuth
from accounts.conditional import ApiRequest
from accounts.personal_data.download import download
from accounts.personal_data.erasure import erase_own_account, work_on_while_waited_for
from accounts.personal_data.export import FORMAT, VERSION, export_own_data
from accounts.personal_data.schemas import ErasureIn

router = Router(tags=["People"], auth=BearerAuth(login_only=True))

_DOCUMENT = {
    "description": "Everything that is kept about you; parts and fields may be added.",
    "headers": {
        "Content-Disposition": {
            "description": "The name of the file.",
            "schema": {"type": "string"},
        }
    },
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["format", "version", "made_at", "account"],
                "properties": {
                    "format": {"const": FORMAT},
                    "version": {"const": VERSION},
                    "made_at": {"type": "string", "format": "date-time"},
                    "account": {"type": "object"},
                },
            }
        }
    },
}


@router.get(
    "",
    operation_id="export_own_data",
    summary="Everything that is kept about you",
    response={200: None, (401, 403, 503): None},
    openapi_extra={"responses": {200: _DOCUMENT}},
)
def export_own_data_as_file(request: ApiRequest) -> HttpResponseBase:
    """One document, without secrets: profile, sessions, API tokens, invitations that you sent, and
    the history. Leaves an entry there, and a mail says so. For 15 minutes after a login; then 403
    `confirmation_needed`."""
    return download(export_own_data(actor=request.auth))


@router.post(
    "/erase",
    operation_id="erase_own_account",
    summary="Erase your account",
    response={204: None, (400, 401, 403, 409, 413, 422, 503): None},
)
def erase_account(request: ApiRequest, payload: ErasureIn) -> Any:
    """For good: profile, sessions and tokens go, and in the history you have no name any more. The
    last owner of an organisation cannot go: 409 `only_owner`. For 15 minutes after a login; then
    403 `confirmation_needed`."""
    erasure = erase_own_account(actor=request.auth, email=payload.email)
    work_on_while_waited_for(erasure)
    return Status(204, None)
