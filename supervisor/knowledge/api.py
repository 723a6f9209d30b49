"""What an organisation knows, for programs: `/api/v1/organisation/articles`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
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
from storage.domain import ConflictWithCurrent
from supervisor.knowledge import selectors, services
from supervisor.knowledge.entities import Article, Origin
from supervisor.knowledge.errors import ArticleChanged, ArticleRefused
from supervisor.knowledge.schemas import (
    ArticleChange,
    ArticleIn,
    ArticleOut,
    ArticlePage,
    ArticlesQuery,
    RefusedArticle,
    StaleArticle,
)

router = Router(tags=["Articles"], auth=BearerAuth())

_WITH_ETAG = with_etag("article")
IdempotencyKeyHeader = Annotated[str | None, idempotency_header("article")]


@router.get(
    "",
    operation_id="list_articles",
    summary="Look for articles",
    response={200: ArticlePage, (400, 401, 403, 404, 422, 503): None},
)
def list_articles(request: ApiRequest, query: Query[ArticlesQuery]) -> ArticlePage:
    """Look here before you ask a supervisor: `q` takes the question as it is."""
    if query.q.strip():
        found = selectors.search_articles(
            request.auth, query.q, store_id=query.store, limit=query.limit
        )
        return ArticlePage(items=[ArticleOut.of(each) for each in found], next_cursor=None)
    page = selectors.list_articles(
        request.auth, store_id=query.store, limit=query.limit, cursor=query.cursor
    )
    items = [ArticleOut.of(each) for each in page.items]
    return ArticlePage(items=items, next_cursor=page.next_cursor)


@router.post(
    "",
    operation_id="create_article",
    summary="Write an article",
    response={
        201: ArticleOut,
        409: RefusedArticle,
        (400, 401, 403, 404, 413, 422, 503): None,
    },
    openapi_extra={"responses": {201: created("article", repeatable=True)}},
)
def create_article(
    request: ApiRequest,
    response: HttpResponse,
    payload: ArticleIn,
    idempotency_key: IdempotencyKeyHeader = None,
) -> Status[ArticleOut]:
    """Who is bound to some stores writes for one of those."""
    raw = payload.model_dump()
    said = payload.kept_from
    with _refusals_show_it():
        made = services.create_article(
            actor=request.auth,
            raw=raw,
            kept_from=None if said is None else Origin(said.store_id, said.request_id),
            idempotency=idempotency(request.auth, idempotency_key, raw, operation="create_article"),
        )
    article = made.article
    response.headers["Location"] = reverse("api:find_article", args=[article.id])
    response.headers["ETag"] = _etag_of(article)
    if not made.is_new:
        response.headers["Idempotent-Replayed"] = "true"
    return Status(201, ArticleOut.of(article))


@router.get(
    "/{article_id}",
    operation_id="find_article",
    url_name="find_article",
    summary="Read an article",
    response={200: ArticleOut, 304: None, (401, 403, 404, 422, 503): None},
    openapi_extra={"responses": {200: _WITH_ETAG, 304: _WITH_ETAG}},
)
def find_article(
    request: ApiRequest, response: HttpResponse, article_id: str, if_none_match: IfNoneMatch = None
) -> ArticleOut | Status[None]:
    """Deleted ones only for who may restore them."""
    article = selectors.find_article(request.auth, article_id=article_id)
    if has_already(response, _etag_of(article), if_none_match):
        return Status(304, None)
    return ArticleOut.of(article)


@router.patch(
    "/{article_id}",
    operation_id="change_article",
    summary="Correct an article",
    response={
        200: ArticleOut,
        409: RefusedArticle,
        412: StaleArticle,
        (400, 401, 403, 404, 413, 422, 428, 503): None,
    },
    openapi_extra={"responses": {200: _WITH_ETAG, 412: _WITH_ETAG}},
)
def change_article(
    request: ApiRequest,
    response: HttpResponse,
    article_id: str,
    payload: ArticleChange,
    if_match: IfMatch = None,
) -> ArticleOut:
    """Changes the fields that you send; what it said before stays in its history."""
    version = version_in(if_match, article_id)
    with _refusals_show_it():
        article = services.change_article(
            actor=request.auth, article_id=article_id, raw=payload.said(), version=version
        )
    response.headers["ETag"] = _etag_of(article)
    return ArticleOut.of(article)


@router.delete(
    "/{article_id}",
    operation_id="delete_article",
    summary="Delete an article",
    response={204: None, 412: StaleArticle, (401, 403, 404, 422, 428, 503): None},
    openapi_extra={"responses": {412: _WITH_ETAG}},
)
def delete_article(request: ApiRequest, article_id: str, if_match: IfMatch = None) -> Status[None]:
    """Nobody finds it then; it can be restored."""
    version = version_in(if_match, article_id)
    with _refusals_show_it():
        services.delete_article(actor=request.auth, article_id=article_id, version=version)
    return Status(204, None)


@router.post(
    "/{article_id}/restore",
    operation_id="restore_article",
    summary="Restore a deleted article",
    response={200: ArticleOut, (401, 403, 404, 409, 422, 503): None},
    openapi_extra={"responses": {200: _WITH_ETAG}},
)
def restore_article(request: ApiRequest, response: HttpResponse, article_id: str) -> ArticleOut:
    """What is not deleted stays as it is."""
    article = services.restore_article(actor=request.auth, article_id=article_id)
    response.headers["ETag"] = _etag_of(article)
    return ArticleOut.of(article)


@router.post(
    "/{article_id}/destroy",
    operation_id="destroy_article",
    summary="Remove a deleted article for good",
    response={
        204: None,
        409: RefusedArticle,
        412: StaleArticle,
        (401, 403, 404, 422, 428, 503): None,
    },
    openapi_extra={"responses": {412: _WITH_ETAG}},
)
def destroy_article(request: ApiRequest, article_id: str, if_match: IfMatch = None) -> Status[None]:
    """Its text goes from the history as well. Within 15 minutes of your login."""
    version = version_in(if_match, article_id)
    with _refusals_show_it():
        services.destroy_article(actor=request.auth, article_id=article_id, version=version)
    return Status(204, None)


def _etag_of(article: Article) -> str:
    return tag(article.id, article.version)


@contextmanager
def _refusals_show_it() -> Iterator[None]:
    try:
        with lost_race_is_412(ArticleChanged, _etag_of, ArticleOut.of):
            yield
    except ArticleRefused as refusal:
        raise ConflictWithCurrent(
            refusal.message,
            code=refusal.code,
            etag=_etag_of(refusal.current),
            current=ArticleOut.of(refusal.current).model_dump(mode="json"),
        ) from refusal
