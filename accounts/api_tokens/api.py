"""API tokens for programs: one's own, and everybody's of the organisation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpResponse
from ninja import Query, Router, Status

from accounts import selectors as people
from accounts.api_auth import BearerAuth
from accounts.api_tokens import selectors, services
from accounts.api_tokens.errors import InvalidExpiry
from accounts.api_tokens.schemas import (
    ApiTokenIn,
    ApiTokenOut,
    ApiTokensOut,
    MadeApiTokenOut,
    TokensPage,
    TokensQuery,
)
from accounts.conditional import ApiRequest
from storage.domain import Invalid

router = Router(tags=["API tokens"], auth=BearerAuth(login_only=True))
organisation_router = Router(tags=["API tokens"], auth=BearerAuth())


@router.get(
    "",
    operation_id="list_own_tokens",
    summary="List your API tokens",
    response={200: ApiTokensOut, (401, 403, 503): None},
)
def list_own_tokens(request: ApiRequest) -> Any:
    """Newest first, expired ones included; you can have 50."""
    tokens = selectors.list_own_tokens(actor=request.auth)
    return ApiTokensOut(items=[ApiTokenOut.of(token) for token in tokens])


@router.post(
    "",
    operation_id="make_token",
    summary="Make an API token",
    response={201: MadeApiTokenOut, (400, 401, 403, 404, 409, 413, 422, 503): None},
)
def make_token(request: ApiRequest, response: HttpResponse, payload: ApiTokenIn) -> Any:
    """Within 15 minutes of a login. It does no more than its scopes say and you may yourself, and
    nothing for which you would have to confirm who you are."""
    owner = people.get_own_membership(actor=request.auth).user
    try:
        token, text = services.make_token(
            actor=request.auth,
            owner=owner,
            name=payload.name,
            scopes=payload.scopes,
            expires_at=datetime.now(UTC) + timedelta(days=payload.expires_in_days),
        )
    except InvalidExpiry as error:
        # The field has another name here than on the page.
        fields = {"expires_in_days": error.fields["expires_at"]}
        raise Invalid(error.message, code=error.code, fields=fields) from error
    response.headers["Cache-Control"] = "no-store"
    return Status(201, MadeApiTokenOut.of_text(token, text))


@router.delete(
    "/{token_id}",
    operation_id="revoke_own_token",
    summary="Revoke one of your API tokens",
    response={204: None, (401, 403, 404, 503): None},
)
def revoke_own_token(request: ApiRequest, token_id: str) -> Any:
    """It is refused from its next request on."""
    services.revoke_own_token(actor=request.auth, token_id=token_id)
    return Status(204, None)


@organisation_router.get(
    "",
    operation_id="list_tokens",
    summary="List everybody's API tokens",
    response={200: TokensPage, (400, 401, 403, 422, 503): None},
)
def list_tokens(request: ApiRequest, query: Query[TokensQuery]) -> Any:
    """For those who may see them. In an order that stays the same, which is not that of time."""
    return TokensPage.of(
        selectors.list_tokens(request.auth, limit=query.limit, cursor=query.cursor)
    )


@organisation_router.delete(
    "/{token_id}",
    operation_id="revoke_token",
    summary="Revoke anybody's API token",
    response={204: None, (401, 403, 404, 503): None},
)
def revoke_token(request: ApiRequest, token_id: str) -> Any:
    """For those who may revoke them. It is refused from its next request on."""
    services.revoke_token(actor=request.auth, token_id=token_id)
    return Status(204, None)
