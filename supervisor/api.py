"""The queue for programs: `/api/v1/stores/{store_id}/requests`."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpResponse
from django.urls import reverse
from ninja import Path, Query, Router, Status

from accounts.api_auth import BearerAuth
from accounts.conditional import (
    ApiRequest,
    IfNoneMatch,
    created,
    has_already,
    idempotency,
    idempotency_header,
    with_etag,
)
from accounts.etags import matches
from storage.pages import Page
from supervisor import selectors, services, waiting
from supervisor.entities import Code, Summary
from supervisor.request_tags import etag_of, etag_of_list
from supervisor.schemas import (
    ClosedQuery,
    ListQuery,
    PendingQuery,
    RequestIn,
    RequestOut,
    RequestPage,
    TimelinePage,
)

router = Router(tags=["Requests"], auth=BearerAuth())
everywhere = Router(tags=["Requests"], auth=BearerAuth())

_WITH_ETAG = with_etag("request")
_LIST = with_etag("list")
# Said in so many words, because it stands in the address that the router is put under.
StoreId = Path[str]
Wait = Annotated[
    int, Query(ge=0, le=waiting.LONGEST_SECONDS, description="Seconds to wait for news.")
]
IdempotencyKeyHeader = Annotated[str | None, idempotency_header("question")]


@router.post(
    "",
    operation_id="ask_supervisors",
    summary="Ask the supervisors of a store",
    response={201: RequestOut, (400, 401, 403, 404, 409, 413, 422, 503): None},
    openapi_extra={"responses": {201: created("question", repeatable=True)}},
)
def ask_supervisors(
    request: ApiRequest,
    response: HttpResponse,
    store_id: StoreId,
    payload: RequestIn,
    idempotency_key: IdempotencyKeyHeader = None,
) -> Status[RequestOut]:
    """The answer will be in the request: look again at its Location."""
    actor = request.auth
    key = idempotency(
        actor,
        idempotency_key,
        payload.model_dump(mode="json"),
        operation=f"requests:{actor.org_id}:{store_id}",
    )
    asked = services.ask(
        actor=actor,
        store_id=store_id,
        raw=payload.said(),
        deadline=payload.deadline,
        callback_url=payload.callback_url,
        idempotency=key,
    )
    made = asked.request
    response.headers["Location"] = reverse("api:find_request", args=[store_id, made.id])
    response.headers["ETag"] = etag_of(actor, made)
    if not asked.is_new:
        response.headers["Idempotent-Replayed"] = "true"
    return Status(201, RequestOut.of(actor, made))


@router.get(
    "/pending",
    operation_id="list_pending_requests",
    summary="List what waits in a store",
    response={200: RequestPage, 304: None, (400, 401, 403, 404, 422, 503): None},
    openapi_extra={"responses": {200: _LIST, 304: _LIST}},
)
def list_pending_requests(
    request: ApiRequest,
    response: HttpResponse,
    store_id: StoreId,
    query: Query[PendingQuery],
    if_none_match: IfNoneMatch = None,
) -> RequestPage | Status[None]:
    """Most urgent first, then oldest first. Send the ETag you have to ask cheaply whether something
    happened."""
    page = selectors.list_pending(
        request.auth,
        store_id=store_id,
        wanted=query.wanted(),
        limit=query.limit,
        cursor=query.cursor,
    )
    return _shown(response, page, if_none_match)


@router.get(
    "/history",
    operation_id="list_closed_requests",
    summary="List what was answered, timed out or cancelled in a store",
    response={200: RequestPage, 304: None, (400, 401, 403, 404, 422, 503): None},
    openapi_extra={"responses": {200: _LIST, 304: _LIST}},
)
def list_closed_requests(
    request: ApiRequest,
    response: HttpResponse,
    store_id: StoreId,
    query: Query[ClosedQuery],
    if_none_match: IfNoneMatch = None,
) -> RequestPage | Status[None]:
    """Newest first."""
    page = selectors.list_history(
        request.auth,
        store_id=store_id,
        wanted=query.wanted(),
        limit=query.limit,
        cursor=query.cursor,
    )
    return _shown(response, page, if_none_match)


@everywhere.get(
    "/pending",
    operation_id="list_pending_requests_everywhere",
    summary="List what waits in all your stores",
    response={200: RequestPage, 304: None, (400, 401, 403, 422, 503): None},
    openapi_extra={"responses": {200: _LIST, 304: _LIST}},
)
def list_pending_requests_everywhere(
    request: ApiRequest,
    response: HttpResponse,
    query: Query[PendingQuery],
    if_none_match: IfNoneMatch = None,
) -> RequestPage | Status[None]:
    """Most urgent first, then oldest first. A request may take a moment to appear here."""
    page = selectors.list_pending_of_organisation(
        request.auth, wanted=query.wanted(), limit=query.limit, cursor=query.cursor
    )
    return _shown(response, page, if_none_match)


@everywhere.get(
    "/mine",
    operation_id="list_own_requests",
    summary="List what you asked",
    response={200: RequestPage, 304: None, (400, 401, 403, 422, 503): None},
    openapi_extra={"responses": {200: _LIST, 304: _LIST}},
)
def list_own_requests(
    request: ApiRequest,
    response: HttpResponse,
    query: Query[ListQuery],
    if_none_match: IfNoneMatch = None,
) -> RequestPage | Status[None]:
    """Newest first, in whatever state, in all your stores. A request may take a moment to appear
    here."""
    page = selectors.list_own(request.auth, limit=query.limit, cursor=query.cursor)
    return _shown(response, page, if_none_match)


@router.get(
    "/{request_id}",
    operation_id="find_request",
    url_name="find_request",
    summary="Read a request",
    response={200: RequestOut, 304: None, (401, 403, 404, 422, 503): None},
    openapi_extra={"responses": {200: _WITH_ETAG, 304: _WITH_ETAG}},
)
def find_request(
    request: ApiRequest,
    response: HttpResponse,
    store_id: StoreId,
    request_id: str,
    wait: Wait = 0,
    if_none_match: IfNoneMatch = None,
) -> RequestOut | Status[None]:
    """Send the ETag you have to ask cheaply whether something happened.

    With `wait` the answer comes as soon as something happens, or after so many seconds. A server
    may answer sooner; then pause for a second yourself.
    """
    found = selectors.find_request(request.auth, store_id=store_id, request_id=request_id)
    if wait and (if_none_match or found.code is Code.PENDING_RESPONSE):
        known = if_none_match or etag_of(request.auth, found)
        found = waiting.wait_for_news(
            found,
            lambda: selectors.find_request(request.auth, store_id=store_id, request_id=request_id),
            lambda now: not matches(known, etag_of(request.auth, now)),
            wait,
            who=request.auth.user_id,
        )
    if has_already(response, etag_of(request.auth, found), if_none_match):
        return Status(304, None)
    return RequestOut.of(request.auth, found)


@router.get(
    "/{request_id}/timeline",
    operation_id="list_request_events",
    summary="List what happened to a request",
    response={200: TimelinePage, (400, 401, 403, 404, 422, 503): None},
)
def list_request_events(
    request: ApiRequest, store_id: StoreId, request_id: str, cursor: str | None = None
) -> TimelinePage:
    """Newest first."""
    found = selectors.find_request(request.auth, store_id=store_id, request_id=request_id)
    return TimelinePage.of(selectors.timeline(request.auth, found, cursor))


def _shown(
    response: HttpResponse, page: Page[Summary], if_none_match: str | None
) -> RequestPage | Status[None]:
    if has_already(response, etag_of_list(page), if_none_match):
        return Status(304, None)
    return RequestPage.of(page)
