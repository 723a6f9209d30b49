"""The stores of one's organisation for programs: `/api/v1/organisation/stores`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Header, Query, Router, Status

from accounts.api_auth import BearerAuth
from accounts.entities import Actor
from accounts.etags import matches, tag, version_in
from accounts.stores import selectors, services
from accounts.stores.entities import Store
from accounts.stores.errors import StoreChanged
from accounts.stores.schemas import (
    StaleStore,
    StoreChange,
    StoreIn,
    StoreOut,
    StorePage,
    StoresQuery,
)
from storage.domain import PreconditionFailed
from storage.idempotency import IdempotencyKey

router = Router(tags=["Stores"], auth=BearerAuth())

_ETAG = {"ETag": {"description": "This version of the store.", "schema": {"type": "string"}}}
_WITH_ETAG = {"headers": _ETAG}
_CREATED = {
    "headers": {
        **_ETAG,
        "Location": {"description": "The new store.", "schema": {"type": "string"}},
        "Idempotent-Replayed": {
            "description": "`true` when an earlier request with this key had made the store.",
            "schema": {"type": "string", "enum": ["true"]},
        },
    }
}
IfNoneMatch = Annotated[
    str | None,
    Header(alias="If-None-Match", description="The ETag you have; 304 while it is current."),
]
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        description="The ETag of the version that you saw. Required; 428 without it.",
    ),
]
IdempotencyKeyHeader = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[!-~]{1,255}$",
        description="1 to 255 visible characters of your choice. Repeating the request with the "
        "same key within 24 hours gives the same store instead of another one.",
    ),
]


class ApiRequest(HttpRequest):
    auth: Actor


@router.get(
    "",
    operation_id="list_stores",
    summary="List the stores of your organisation",
    response={200: StorePage, (400, 401, 403, 404, 422, 503): None},
)
def list_stores(request: ApiRequest, query: Query[StoresQuery]) -> StorePage:
    """By name; those that you are bound to, where you are."""
    return StorePage.of(
        selectors.list_stores(
            request.auth, state=query.state, limit=query.limit, cursor=query.cursor
        )
    )


@router.post(
    "",
    operation_id="create_store",
    summary="Open a store",
    response={201: StoreOut, (400, 401, 403, 404, 409, 413, 422, 503): None},
    openapi_extra={"responses": {201: _CREATED}},
)
def create_store(
    request: ApiRequest,
    response: HttpResponse,
    payload: StoreIn,
    idempotency_key: IdempotencyKeyHeader = None,
) -> Status[StoreOut]:
    """A number is used once in an organisation; deleted stores keep theirs."""
    created = services.create_store(
        actor=request.auth,
        said=payload.said(),
        idempotency=_idempotency(request.auth, idempotency_key, payload),
    )
    store = created.store
    response.headers["Location"] = reverse("api:find_store", args=[store.store_id])
    response.headers["ETag"] = _etag_of(store)
    if not created.is_new:
        response.headers["Idempotent-Replayed"] = "true"
    return Status(201, StoreOut.of(store))


@router.get(
    "/{store_id}",
    operation_id="find_store",
    summary="Read a store",
    response={200: StoreOut, 304: None, (401, 403, 404, 422, 503): None},
    openapi_extra={"responses": {200: _WITH_ETAG, 304: _WITH_ETAG}},
)
def find_store(
    request: ApiRequest, response: HttpResponse, store_id: str, if_none_match: IfNoneMatch = None
) -> StoreOut | Status[None]:
    """Deleted ones, too."""
    store = selectors.find_store(request.auth, store_id=store_id)
    etag = _etag_of(store)
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "private, no-cache"
    if matches(if_none_match, etag):
        return Status(304, None)
    return StoreOut.of(store)


@router.patch(
    "/{store_id}",
    operation_id="change_store",
    summary="Change a store",
    response={
        200: StoreOut,
        412: StaleStore,
        (400, 401, 403, 404, 409, 413, 422, 428, 503): None,
    },
    openapi_extra={"responses": {200: _WITH_ETAG, 412: _WITH_ETAG}},
)
def change_store(
    request: ApiRequest,
    response: HttpResponse,
    store_id: str,
    payload: StoreChange,
    if_match: IfMatch = None,
) -> StoreOut:
    """Changes the fields that you send. What is deleted has to be restored first."""
    version = version_in(if_match, store_id)
    with _lost_race_is_412():
        store = services.change_store(
            actor=request.auth, store_id=store_id, said=payload.said(), version=version
        )
    response.headers["ETag"] = _etag_of(store)
    return StoreOut.of(store)


@router.delete(
    "/{store_id}",
    operation_id="delete_store",
    summary="Delete a store",
    response={204: None, 412: StaleStore, (401, 403, 404, 422, 428, 503): None},
    openapi_extra={"responses": {412: _WITH_ETAG}},
)
def delete_store(request: ApiRequest, store_id: str, if_match: IfMatch = None) -> Status[None]:
    """It can be restored, and keeps its number."""
    version = version_in(if_match, store_id)
    with _lost_race_is_412():
        services.delete_store(actor=request.auth, store_id=store_id, version=version)
    return Status(204, None)


@router.post(
    "/{store_id}/restore",
    operation_id="restore_store",
    summary="Restore a deleted store",
    response={200: StoreOut, (401, 403, 404, 409, 422, 503): None},
    openapi_extra={"responses": {200: _WITH_ETAG}},
)
def restore_store(request: ApiRequest, response: HttpResponse, store_id: str) -> StoreOut:
    """What is not deleted stays as it is."""
    store = services.restore_store(actor=request.auth, store_id=store_id)
    response.headers["ETag"] = _etag_of(store)
    return StoreOut.of(store)


def _etag_of(store: Store) -> str:
    return tag(store.store_id, store.version)


def _idempotency(actor: Actor, key: str | None, payload: StoreIn) -> IdempotencyKey | None:
    """The same content in another order or layout is the same request."""
    if key is None:
        return None
    raw: dict[str, Any] = payload.model_dump(mode="json", exclude_unset=True)
    body = orjson.dumps(raw, option=orjson.OPT_SORT_KEYS)
    return IdempotencyKey.for_body(scope=f"create_store:{actor.user_id}", key=key, body=body)


@contextmanager
def _lost_race_is_412() -> Iterator[None]:
    """The client said which version it saw, so losing a race is a failed precondition."""
    try:
        yield
    except StoreChanged as lost:
        raise PreconditionFailed(
            lost.message,
            code=lost.code,
            etag=_etag_of(lost.current),
            current=StoreOut.of(lost.current).model_dump(mode="json"),
        ) from lost
