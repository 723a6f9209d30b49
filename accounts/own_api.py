"""Oneself for programs: who one is, the profile, and the sessions one has in browsers."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from ninja import Router, Status

from accounts import own_sessions, selectors
from accounts.api_auth import BearerAuth
from accounts.api_tokens.api import router as tokens_router
from accounts.conditional import ApiRequest, IfMatch, precondition_failed, with_etag
from accounts.entities import Membership, User
from accounts.errors import ProfileChanged
from accounts.etags import tag, version_in
from accounts.personal_data.api import router as personal_data_router
from accounts.profile import change_profile
from accounts.schemas import (
    OwnSessionOut,
    OwnSessionsOut,
    PersonOut,
    ProfileChange,
    StaleProfile,
)
from accounts.second_factor.api import router as second_factor_router
from storage.domain import Invalid

router = Router(tags=["People"], auth=BearerAuth(login_only=True))

_WITH_ETAG = with_etag("person")


@router.get(
    "",
    operation_id="get_own_account",
    summary="Whom the token speaks for",
    auth=BearerAuth(),
    response={200: PersonOut, (401, 403, 503): None},
    openapi_extra={"responses": {200: _WITH_ETAG}},
)
def get_own_account(request: ApiRequest, response: HttpResponse) -> Any:
    membership = selectors.get_own_membership(actor=request.auth)
    response.headers["ETag"] = _etag(membership.user)
    return PersonOut.of(membership)


@router.patch(
    "",
    operation_id="change_own_profile",
    summary="Change name, language, time zone or theme",
    response={
        200: PersonOut,
        412: StaleProfile,
        (400, 401, 403, 413, 422, 428, 503): None,
    },
    openapi_extra={"responses": {200: _WITH_ETAG, 412: _WITH_ETAG}},
)
def change_own_profile(
    request: ApiRequest,
    response: HttpResponse,
    payload: ProfileChange,
    if_match: IfMatch = None,
) -> Any:
    """Changes the fields that you send; null makes one empty, except the name."""
    version = version_in(if_match, request.auth.user_id)
    membership = selectors.get_own_membership(actor=request.auth)
    try:
        user = change_profile(user=membership.user, version=version, said=payload.said())
    except ProfileChanged as lost:
        current = Membership(lost.current, membership.organisation)
        raise precondition_failed(lost, _etag(lost.current), PersonOut.of(current)) from lost
    except Invalid as error:
        # The field has another name here than on the page.
        fields = {
            "first_name" if name == "name" else name: texts for name, texts in error.fields.items()
        }
        raise Invalid(error.message, code=error.code, fields=fields) from error
    response.headers["ETag"] = _etag(user)
    return PersonOut.of(Membership(user, membership.organisation))


@router.get(
    "/sessions",
    operation_id="list_own_sessions",
    summary="List where you are logged in",
    response={200: OwnSessionsOut, (401, 403, 503): None},
)
def list_own_sessions(request: ApiRequest) -> Any:
    """Newest first, the latest hundred: browsers, and programs that have a refresh token."""
    user = selectors.get_own_membership(actor=request.auth).user
    found = own_sessions.list_own_sessions(user=user)
    return OwnSessionsOut(items=[OwnSessionOut.of(session) for session in found])


@router.delete(
    "/sessions/{session_id}",
    operation_id="end_own_session",
    summary="End a session",
    response={204: None, (401, 403, 404, 503): None},
)
def end_own_session(request: ApiRequest, session_id: str) -> Any:
    """Whoever uses it has to log in again."""
    user = selectors.get_own_membership(actor=request.auth).user
    own_sessions.end_session(user=user, session_id=session_id)
    return Status(204, None)


router.add_router("/second-factor", second_factor_router)
router.add_router("/data", personal_data_router)
router.add_router("/tokens", tokens_router)


def _etag(user: User) -> str:
    return tag(user.user_id, user.version)
