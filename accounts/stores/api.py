"""The stores of one's organisation for programs: `/api/v1/organisation/stores`."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from django.http import HttpResponse
from django.urls import reverse
from ninja import Query, Router, Status

from accounts.api_auth import BearerAuth
from accounts.conditional import (
    ApiRequest,
    IfMatch,
    IfNoneMatch,
    created,
    has_already,
    idempotency,
    idempotency_header,
    lost_race_is_412,
    with_etag,
)
from accounts.etags import tag, version_in
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

router = Router(tags=["Stores"], auth=BearerAuth())

_WITH_ETAG = with_etag("store")
IdempotencyKeyHeader = Annotated[str | None, idempotency_header("store")]


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
    openapi_extra={"responses": {201: created("store", repeatable=True)}},
)
def create_store(
    request: ApiRequest,
    response: HttpResponse,
    payload: StoreIn,
    idempotency_key: IdempotencyKeyHeader = None,
) -> Status[StoreOut]:
    """A number is used once in an organisation; deleted stores keep theirs."""
    made = services.create_store(
        actor=request.auth,
        said=payload.said(),
        idempotency=idempotency(
            request.auth,
            idempotency_key,
            payload.model_dump(mode="json", exclude_unset=True),
            operation="create_store",
        ),
    )
    store = made.store
    response.headers["Location"] = reverse("api:find_store", args=[store.store_id])
    response.headers["ETag"] = _etag_of(store)
    if not made.is_new:
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
    if has_already(response, _etag_of(store), if_none_match):
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


_lost_race_is_412 = partial(lost_race_is_412, StoreChanged, _etag_of, StoreOut.of)
