"""For programs: what one wants to be told by e-mail."""

from __future__ import annotations

from django.http import HttpResponse
from ninja import Router, Status

from accounts.api_auth import BearerAuth
from accounts.conditional import (
    ApiRequest,
    IfMatch,
    IfNoneMatch,
    has_already,
    lost_race_is_412,
    with_etag,
)
from accounts.etags import tag, version_in
from supervisor.entities import Urgency
from supervisor.errors import NoticesChanged
from supervisor.notice_entities import Notices
from supervisor.notice_schemas import NoticesIn, NoticesOut, StaleNotices
from supervisor.notices import change_notices as change
from supervisor.notices import find_notices

router = Router(tags=["Requests"], auth=BearerAuth())

_WITH_ETAG = with_etag("settings")


@router.get(
    "",
    operation_id="get_notices",
    summary="Read what you are told by e-mail",
    response={200: NoticesOut, 304: None, (401, 403, 422, 503): None},
    openapi_extra={"responses": {200: _WITH_ETAG, 304: _WITH_ETAG}},
)
def get_notices(
    request: ApiRequest, response: HttpResponse, if_none_match: IfNoneMatch = None
) -> NoticesOut | Status[None]:
    """Your own."""
    found = find_notices(request.auth)
    if has_already(response, _etag_of(found), if_none_match):
        return Status(304, None)
    return NoticesOut.of(found)


@router.put(
    "",
    operation_id="change_notices",
    summary="Say what you are told by e-mail",
    response={
        200: NoticesOut,
        412: StaleNotices,
        (400, 401, 403, 404, 413, 422, 428, 503): None,
    },
    openapi_extra={"responses": {200: _WITH_ETAG, 412: _WITH_ETAG}},
)
def change_notices(
    request: ApiRequest, response: HttpResponse, payload: NoticesIn, if_match: IfMatch = None
) -> NoticesOut:
    """It holds from the next mail on."""
    version = version_in(if_match, request.auth.user_id)
    with lost_race_is_412(NoticesChanged, _etag_of, NoticesOut.of):
        changed = change(
            actor=request.auth,
            version=version,
            on_duty=payload.on_duty,
            urgency=Urgency(payload.urgency),
            near_deadline=payload.near_deadline,
            stores=payload.store_ids,
        )
    response.headers["ETag"] = _etag_of(changed)
    return NoticesOut.of(changed)


def _etag_of(found: Notices) -> str:
    return tag(found.user_id, found.version or 0)
