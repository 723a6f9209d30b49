"""The catalogue for programs: `/api/v1/products`. The rules are those of the pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Query, Router, Status

from accounts.api_auth import BearerAuth, visitor
from accounts.conditional import (
    ApiRequest,
    IfMatch,
    IfNoneMatch,
    created,
    has_already,
    idempotency,
    idempotency_header,
    precondition_failed,
    with_etag,
)
from accounts.etags import tag, version_in
from catalog import selectors, services
from catalog.entities import Product
from catalog.errors import ProductChanged, ProductNotFound
from catalog.schemas import (
    BrandPage,
    CategoryOut,
    CategoryQuery,
    ListQuery,
    ProductChange,
    ProductIn,
    ProductOut,
    ProductPage,
    StaleProduct,
)
from catalog.search import Criteria
from storage.domain import Unauthenticated

router = Router(tags=["Products"])
EVERYBODY = [BearerAuth(), visitor]
LOGGED_IN = BearerAuth()

_WITH_ETAG = with_etag("product")
IdempotencyKeyHeader = Annotated[str | None, idempotency_header("product")]


@router.get(
    "",
    auth=EVERYBODY,
    operation_id="list_products",
    summary="List or search products",
    response={200: ProductPage, (400, 401, 403, 404, 422, 503): None},
)
def list_products(request: ApiRequest, query: Query[ListQuery]) -> ProductPage:
    """Public products; with `mine=true` those of your organisation, drafts too."""
    criteria = query.criteria()
    if not query.mine:
        return ProductPage.of(
            selectors.list_public_products(
                criteria, sort=query.sort, limit=query.limit, cursor=query.cursor
            )
        )
    if request.auth.is_anonymous:
        raise Unauthenticated
    return ProductPage.of(
        selectors.list_own_products(
            request.auth,
            text=criteria.text,
            category=criteria.category,
            brand=criteria.brand,
            statuses=query.statuses(),
            sort=query.sort,
            limit=query.limit,
            cursor=query.cursor,
        )
    )


@router.post(
    "",
    auth=LOGGED_IN,
    operation_id="create_product",
    summary="Create a product",
    response={201: ProductOut, (400, 401, 403, 404, 409, 413, 422, 503): None},
    openapi_extra={"responses": {201: created("product", repeatable=True)}},
)
def create_product(
    request: ApiRequest,
    response: HttpResponse,
    payload: ProductIn,
    idempotency_key: IdempotencyKeyHeader = None,
) -> Status[ProductOut]:
    """A draft unless `status` says otherwise."""
    raw = payload.said()
    made = services.create_product(
        actor=request.auth,
        raw=raw,
        idempotency=idempotency(request.auth, idempotency_key, raw, operation="create_product"),
    )
    response.headers["Location"] = reverse("api:find_product", args=[made.product.id])
    response.headers["ETag"] = _etag_of(made.product)
    if not made.is_new:
        response.headers["Idempotent-Replayed"] = "true"
    return Status(201, ProductOut.of(made.product))


@router.get(
    "/brands",
    operation_id="list_brands",
    summary="List brands",
    response={200: BrandPage, (400, 422, 503): None},
)
def list_brands(request: HttpRequest, cursor: str | None = None) -> BrandPage:  # noqa: ARG001
    """Brands that have public products, by name."""
    return BrandPage.of(selectors.list_brands(cursor))


@router.get(
    "/categories",
    operation_id="list_categories",
    summary="Walk the category tree",
    response={200: CategoryOut, (404, 422, 503): None},
)
def list_categories(request: HttpRequest, query: Query[CategoryQuery]) -> CategoryOut:  # noqa: ARG001
    """A category and those right below it."""
    path = query.slugs()
    listing = selectors.list_public_products(Criteria(category=path), limit=1)
    return CategoryOut.of(path, listing.heading)


@router.get(
    "/by-sku/{path:sku}",
    auth=EVERYBODY,
    operation_id="find_product_by_sku",
    summary="Find a product by its SKU",
    response={200: ProductOut, 304: None, (401, 404, 422, 503): None},
    openapi_extra={"responses": {200: _WITH_ETAG, 304: _WITH_ETAG}},
)
def find_product_by_sku(
    request: ApiRequest,
    response: HttpResponse,
    sku: str,
    organisation: str = "",
    if_none_match: IfNoneMatch = None,
) -> ProductOut | Status[None]:
    """SKUs are unique in an organisation: name it with `organisation`, else yours is first."""
    product = selectors.find_product_by_sku(sku, request.auth, organisation)
    return _shown(product, request, response, if_none_match)


@router.get(
    "/{product_id}",
    auth=EVERYBODY,
    operation_id="find_product",
    summary="Read a product",
    response={200: ProductOut, 304: None, (401, 404, 422, 503): None},
    openapi_extra={"responses": {200: _WITH_ETAG, 304: _WITH_ETAG}},
)
def find_product(
    request: ApiRequest,
    response: HttpResponse,
    product_id: str,
    if_none_match: IfNoneMatch = None,
) -> ProductOut | Status[None]:
    """A public product, or any one of your organisation."""
    product = selectors.find_product(product_id, request.auth)
    return _shown(product, request, response, if_none_match)


@router.put(
    "/{product_id}",
    auth=LOGGED_IN,
    operation_id="replace_product",
    summary="Replace a product",
    response={
        200: ProductOut,
        412: StaleProduct,
        (400, 401, 403, 404, 409, 413, 422, 428, 503): None,
    },
    openapi_extra={"responses": {200: _WITH_ETAG, 412: _WITH_ETAG}},
)
def replace_product(
    request: ApiRequest,
    response: HttpResponse,
    product_id: str,
    payload: ProductIn,
    if_match: IfMatch = None,
) -> ProductOut:
    """Says everything anew; what you leave out gets its default."""
    version = version_in(if_match, product_id)
    with _lost_race_is_412():
        product = services.replace_product(
            actor=request.auth, product_id=product_id, raw=payload.said(), version=version
        )
    response.headers["ETag"] = _etag_of(product)
    return ProductOut.of(product)


@router.patch(
    "/{product_id}",
    auth=LOGGED_IN,
    operation_id="change_product",
    summary="Change a product",
    response={
        200: ProductOut,
        412: StaleProduct,
        (400, 401, 403, 404, 409, 413, 422, 428, 503): None,
    },
    openapi_extra={"responses": {200: _WITH_ETAG, 412: _WITH_ETAG}},
)
def change_product(
    request: ApiRequest,
    response: HttpResponse,
    product_id: str,
    payload: ProductChange,
    if_match: IfMatch = None,
) -> ProductOut:
    """Changes the fields that you send; null goes back to the default."""
    version = version_in(if_match, product_id)
    with _lost_race_is_412():
        product = services.change_product(
            actor=request.auth, product_id=product_id, raw=payload.said(), version=version
        )
    response.headers["ETag"] = _etag_of(product)
    return ProductOut.of(product)


@router.delete(
    "/{product_id}",
    auth=LOGGED_IN,
    operation_id="delete_product",
    summary="Delete a product",
    response={204: None, 412: StaleProduct, (401, 403, 404, 422, 428, 503): None},
    openapi_extra={"responses": {412: _WITH_ETAG}},
)
def delete_product(request: ApiRequest, product_id: str, if_match: IfMatch = None) -> Status[None]:
    """For good. Its history stays."""
    version = version_in(if_match, product_id)
    with _lost_race_is_412():
        services.delete_product(actor=request.auth, product_id=product_id, version=version)
    return Status(204, None)


def _shown(
    product: Product, request: ApiRequest, response: HttpResponse, if_none_match: str | None
) -> ProductOut | Status[None]:
    public = request.auth.is_anonymous
    if has_already(response, _etag_of(product), if_none_match, public=public):
        return Status(304, None)
    return ProductOut.of(product)


def _etag_of(product: Product) -> str:
    return tag(product.id, product.version)


@contextmanager
def _lost_race_is_412() -> Iterator[None]:
    """The client said which version it saw, so losing a race is a failed precondition."""
    try:
        yield
    except ProductChanged as lost:
        if lost.current is None:
            raise ProductNotFound from lost
        current = ProductOut.of(lost.current)
        raise precondition_failed(lost, _etag_of(lost.current), current) from lost
