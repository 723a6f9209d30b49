"""The table of articles and of the words that they are found by.

An article is `ORG-…` / `ARTICLE-…`. Each of its words is an entry of its own, in the partition of
that word: `word#ORG-…#<word>` / `<1 in the title, 0 in the text>#<time>#ARTICLE-…`. Read backwards,
those with the word in the title come first, and of these the newest. `scope-index` has the same
order within each store, and within what is for the whole organisation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pynamodb.attributes import (
    UnicodeAttribute,
    UnicodeSetAttribute,
    UTCDateTimeAttribute,
    VersionAttribute,
)
from pynamodb.indexes import IncludeProjection, LocalSecondaryIndex

from storage.table import Table
from supervisor import keys
from supervisor.entities import Person
from supervisor.knowledge.entities import NO_TERMS, Article, Content, Origin, Terms
from supervisor.knowledge.terms import Posting, terms_of

NEWEST = "newest-index"
OF_SCOPE = "scope-index"
OF_REQUEST = "request-index"
_EVERYWHERE = "*"


class NewestIndex(LocalSecondaryIndex["ArticleItem"]):
    """The lists of an organisation, those of deleted articles apart. Only articles have a
    `listKey`; what a list shows is read from the table."""

    class Meta:
        index_name = NEWEST
        projection = IncludeProjection(["storeId"])

    area = UnicodeAttribute(hash_key=True)
    list_key = UnicodeAttribute(range_key=True, attr_name="listKey")


class ScopeIndex(LocalSecondaryIndex["WordItem"]):
    """Only words have a `scopeKey`."""

    class Meta:
        index_name = OF_SCOPE
        projection = IncludeProjection(["articleId", "storeId", "titleWords", "textWords"])

    area = UnicodeAttribute(hash_key=True)
    scope_key = UnicodeAttribute(range_key=True, attr_name="scopeKey")


class RequestIndex(LocalSecondaryIndex["ArticleItem"]):
    """Only what was kept from the answer to a request has a `requestId`."""

    class Meta:
        index_name = OF_REQUEST
        projection = IncludeProjection(["storeId", "title", "deletedAt"])

    area = UnicodeAttribute(hash_key=True)
    request_id = UnicodeAttribute(range_key=True, attr_name="requestId")


class ArticleItem(Table):
    class Meta:
        logical_name = "supervisor-knowledge"

    area = UnicodeAttribute(hash_key=True)
    entry = UnicodeAttribute(range_key=True)
    list_key = UnicodeAttribute(attr_name="listKey")
    store_id = UnicodeAttribute(null=True, attr_name="storeId")
    title = UnicodeAttribute()
    text = UnicodeAttribute()
    tags = UnicodeSetAttribute(null=True)
    author = UnicodeAttribute()
    author_name = UnicodeAttribute(null=True, attr_name="authorName")
    created_at = UTCDateTimeAttribute(attr_name="createdAt")
    updated_at = UTCDateTimeAttribute(attr_name="updatedAt")
    deleted_at = UTCDateTimeAttribute(null=True, attr_name="deletedAt")
    request_id = UnicodeAttribute(null=True, attr_name="requestId")
    request_store = UnicodeAttribute(null=True, attr_name="requestStore")
    title_words = UnicodeAttribute(null=True, attr_name="titleWords")
    text_words = UnicodeAttribute(null=True, attr_name="textWords")
    version = VersionAttribute()

    newest = NewestIndex()
    of_scope = ScopeIndex()
    of_request = RequestIndex()


class WordItem(Table):
    """All words of the article stand in each of its entries, so that one entry tells how well the
    article fits."""

    class Meta:
        logical_name = "supervisor-knowledge"
        secondary = True
        prefix = "word#"

    area = UnicodeAttribute(hash_key=True)
    entry = UnicodeAttribute(range_key=True)
    article_id = UnicodeAttribute(attr_name="articleId")
    store_id = UnicodeAttribute(null=True, attr_name="storeId")
    scope_key = UnicodeAttribute(attr_name="scopeKey")
    title_words = UnicodeAttribute(null=True, attr_name="titleWords")
    text_words = UnicodeAttribute(null=True, attr_name="textWords")

    of_scope = ScopeIndex()


def with_terms(article: Article) -> Article:
    """As it is to be stored: found by the words that it has, or by none where it is deleted."""
    terms = NO_TERMS if article.deleted_at is not None else terms_of(article.content)
    return replace(article, terms=terms)


def article_item(article: Article) -> ArticleItem:
    content, kept_from = article.content, article.kept_from
    version: dict[str, Any] = {} if article.version is None else {"version": article.version}
    return ArticleItem(
        article.org_id,
        article.id,
        list_key=list_key(article),
        store_id=content.store_id or None,
        title=content.title,
        text=content.text,
        tags=set(content.tags) or None,
        author=article.author.user_id,
        author_name=article.author.name or None,
        created_at=article.created_at,
        updated_at=article.updated_at,
        deleted_at=article.deleted_at,
        request_id=kept_from.request_id if kept_from else None,
        request_store=kept_from.store_id if kept_from else None,
        title_words=_written(article.terms.title),
        text_words=_written(article.terms.text),
        **version,
    )


def article_of(item: ArticleItem) -> Article:
    return Article(
        id=item.entry,
        org_id=item.area,
        content=Content(item.title, item.text, frozenset(item.tags or ()), item.store_id or ""),
        author=Person(item.author, item.author_name or ""),
        created_at=item.created_at,
        updated_at=item.updated_at,
        deleted_at=item.deleted_at,
        kept_from=None
        if item.request_id is None
        else Origin(item.request_store or "", item.request_id),
        terms=_terms_of(item),
        version=item.version,
    )


def word_items(article: Article) -> Iterator[WordItem]:
    """Of its terms as they are stored."""
    terms = article.terms
    for term in sorted(terms.all):
        place = "1" if term in terms.title else "0"
        entry = f"{place}#{keys.stamp(article.created_at)}#{article.id}"
        yield WordItem(
            word_area(article.org_id, term),
            entry,
            article_id=article.id,
            store_id=article.content.store_id or None,
            scope_key=f"{scope_prefix(article.content.store_id)}{entry}",
            title_words=_written(terms.title),
            text_words=_written(terms.text),
        )


def posting_of(item: WordItem) -> Posting:
    return Posting(item.article_id, item.store_id or "", _terms_of(item))


def word_area(org_id: str, term: str) -> str:
    return f"{WordItem.Meta.prefix}{org_id}#{term}"


def scope_prefix(store_id: str) -> str:
    """Without a store that of what is for the whole organisation."""
    return f"{store_id or _EVERYWHERE}#"


def list_key(article: Article) -> str:
    is_deleted = article.deleted_at is not None
    return f"{list_prefix(deleted=is_deleted)}{keys.stamp(article.created_at)}#{article.id}"


def list_prefix(*, deleted: bool) -> str:
    return "deleted#" if deleted else "kept#"


def _written(terms: frozenset[str]) -> str | None:
    return " ".join(sorted(terms)) or None


def _terms_of(item: ArticleItem | WordItem) -> Terms:
    title, text = (
        frozenset((words or "").split()) for words in (item.title_words, item.text_words)
    )
    return Terms(title, text)
