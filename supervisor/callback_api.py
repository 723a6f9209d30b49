"""For programs: calls to askers and the secret that signs them, and forgetting callers."""

from __future__ import annotations

from functools import partial

from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Path, Router, Status

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
from storage.domain import NotFound
from supervisor import callers, delivery_log, retention, selectors
from supervisor.callback_schemas import (
    DeliveryPage,
    ForgottenOut,
    NumberIn,
    RetentionIn,
    RetentionOut,
    SecretOut,
    StaleRetention,
)
from supervisor.callbacks import signing_secrets
from supervisor.retention import RetentionChanged
from supervisor.retention_repository import Retention

router = Router(tags=["Requests"], auth=BearerAuth())
of_request = Router(tags=["Requests"], auth=BearerAuth())

_WITH_ETAG = with_etag("settings")
# Said in so many words, because it stands in the address that the router is put under.
StoreId = Path[str]


@router.get(
    "/callback-secret",
    operation_id="get_callback_secret",
    summary="Read the secret that signs calls",
    response={200: SecretOut, (401, 403, 404, 409, 503): None},
)
def get_callback_secret(request: ApiRequest, response: HttpResponse) -> SecretOut:
    """404 before it is made, by the first call or by POST; 409 where it cannot be read. Within 15
    minutes of your login."""
    response.headers["Cache-Control"] = "no-store"
    found = signing_secrets.find_secret(request.auth)
    if found is None:
        raise NotFound(_("There is no secret yet."), code="callback_secret_not_found")
    return SecretOut.of(found)


@router.post(
    "/callback-secret",
    operation_id="replace_callback_secret",
    summary="Make or replace the secret that signs calls",
    response={200: SecretOut, (400, 401, 403, 413, 503): None},
)
def replace_callback_secret(request: ApiRequest, response: HttpResponse) -> SecretOut:
    """For a day calls are signed with the one before as well, if there is one. Within 15 minutes of
    your login."""
    response.headers["Cache-Control"] = "no-store"
    return SecretOut.of(signing_secrets.replace_secret(actor=request.auth))


@router.get(
    "/retention",
    operation_id="get_retention",
    summary="Read how long callers are kept",
    response={200: RetentionOut, 304: None, (401, 403, 422, 503): None},
    openapi_extra={"responses": {200: _WITH_ETAG, 304: _WITH_ETAG}},
)
def get_retention(
    request: ApiRequest, response: HttpResponse, if_none_match: IfNoneMatch = None
) -> RetentionOut | Status[None]:
    found = retention.find_retention(request.auth)
    if has_already(response, _etag_of(found), if_none_match):
        return Status(304, None)
    return RetentionOut.of(found)


@router.put(
    "/retention",
    operation_id="change_retention",
    summary="Say how long callers are kept",
    response={
        200: RetentionOut,
        412: StaleRetention,
        (400, 401, 403, 404, 413, 422, 428, 503): None,
    },
    openapi_extra={"responses": {200: _WITH_ETAG, 412: _WITH_ETAG}},
)
def change_retention(
    request: ApiRequest, response: HttpResponse, payload: RetentionIn, if_match: IfMatch = None
) -> RetentionOut:
    """Names and telephone numbers of callers go so many days after a request was closed, those of
    requests closed earlier included."""
    version = version_in(if_match, request.auth.org_id)
    with _lost_race_is_412():
        changed = retention.change_retention(actor=request.auth, days=payload.days, version=version)
    response.headers["ETag"] = _etag_of(changed)
    return RetentionOut.of(changed)


@router.post(
    "/forget-number",
    operation_id="forget_number",
    summary="Remove a caller from all requests",
    response={200: ForgottenOut, (400, 401, 403, 413, 422, 503): None},
)
def forget_number(request: ApiRequest, payload: NumberIn) -> ForgottenOut:
    """From all requests that name the number, whatever their state, a hundred at a time: repeat it
    until it is complete. Within 15 minutes of your login."""
    done = callers.forget_number(actor=request.auth, number=payload.number, is_piece=True)
    return ForgottenOut.of(done)


@of_request.get(
    "/{request_id}/deliveries",
    operation_id="list_deliveries",
    summary="List the calls to the asker",
    response={200: DeliveryPage, (400, 401, 403, 404, 422, 503): None},
)
def list_deliveries(
    request: ApiRequest, store_id: StoreId, request_id: str, cursor: str | None = None
) -> DeliveryPage:
    """Newest first, for thirty days."""
    found = selectors.find_request(request.auth, store_id=store_id, request_id=request_id)
    return DeliveryPage.of(delivery_log.list_deliveries(request.auth, found, cursor))


def _etag_of(found: Retention) -> str:
    return tag(found.org_id, found.version or 0)


_lost_race_is_412 = partial(lost_race_is_412, RetentionChanged, _etag_of, RetentionOut.of)
