"""What is stored about articles, one function for each question."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from accounts.errors import ChangedMeanwhile
from storage.transactions import Transaction
from supervisor.knowledge.entities import Article
from supervisor.knowledge.tables import (
    NEWEST,
    OF_REQUEST,
    OF_SCOPE,
    ArticleItem,
    WordItem,
    article_item,
    article_of,
    list_prefix,
    posting_of,
    scope_prefix,
    with_terms,
    word_area,
    word_items,
)
from supervisor.knowledge.terms import LOOKED_UP_OF_ONE, Posting

_PAGE_SIZE = 100
_LAST = "\uffff"


class Row(NamedTuple):
    """Of a list: which article, and `list_key`, its place there."""

    article_id: str
    store_id: str
    list_key: str


class Found(NamedTuple):
    """`last` is the place to go on after, None at the end."""

    rows: list[Row]
    last: Row | None
    capacity: float


class Postings(NamedTuple):
    """`last` is the place to go on after, None at the end."""

    postings: list[Posting]
    last: dict[str, Any] | None = None


class Kept(NamedTuple):
    """An article that was kept from the answer to a request."""

    article_id: str
    store_id: str
    title: str


def add_article(transaction: Transaction, article: Article) -> Article:
    """Returns what is stored after the commit."""
    stored = with_terms(article)
    transaction.put(article_item(stored), condition=ArticleItem.area.does_not_exist())
    for item in word_items(stored):
        transaction.put(item)
    return replace(stored, version=1)


def replace_article(transaction: Transaction, before: Article, after: Article) -> Article:
    """With the entries of words that differ from those that were stored `before`. The commit raises
    ChangedMeanwhile. Returns what is stored after it."""
    stored = with_terms(after)
    transaction.put(article_item(stored), on_failure=ChangedMeanwhile)
    old, new = ({item.primary_key(): item for item in word_items(one)} for one in (before, stored))
    for key, item in old.items():
        if key not in new:
            transaction.delete(item)
    for key, item in new.items():
        if key not in old or item.serialize() != old[key].serialize():
            transaction.put(item)
    return replace(stored, version=(before.version or 0) + 1)


def remove_article(transaction: Transaction, article: Article) -> None:
    """For good, with its words. The commit raises ChangedMeanwhile."""
    transaction.delete(article_item(article), on_failure=ChangedMeanwhile)
    for item in word_items(article):
        transaction.delete(item)


def get_article(org_id: str, article_id: str) -> Article | None:
    """One strongly consistent read; none of what cannot be an id."""
    if len(article_id) != len(Article.new_id()):
        return None
    item = ArticleItem.find(org_id, article_id, consistent=True)
    return None if item is None else article_of(item)


def find_articles(org_id: str, article_ids: Iterable[str]) -> dict[str, Article]:
    """By id; a request for each hundred."""
    items = ArticleItem.find_many([(org_id, each) for each in article_ids])
    return {item.entry: article_of(item) for item in items}


def list_rows(org_id: str, *, deleted: bool, most: int, after: Row | None = None) -> Found:
    """Newest first, one query of an index that holds nothing else."""
    prefix = list_prefix(deleted=deleted)
    found = ArticleItem.slice(
        org_id,
        ArticleItem.list_key.between(prefix, f"{prefix}{_LAST}"),
        index=NEWEST,
        page_size=most,
        start_key=None if after is None else _start_key(org_id, after),
        forward=False,
    )
    rows = [Row(item.entry, item.store_id or "", item.list_key) for item in found.items]
    return Found(rows, rows[-1] if rows and found.last_key else None, found.capacity)


def every_article(org_id: str) -> Iterator[list[Article]]:
    """Deleted ones included; two requests for each hundred."""
    start_key = None
    while True:
        found = ArticleItem.slice(org_id, index=NEWEST, page_size=_PAGE_SIZE, start_key=start_key)
        ids = [item.entry for item in found.items]
        yield list(find_articles(org_id, ids).values()) if ids else []
        if found.last_key is None:
            return
        start_key = found.last_key


def some_of_store(org_id: str, store_id: str, *, most: int) -> list[Article]:
    """Deleted ones included; as `every_article`, until there are some."""
    start_key = None
    while True:
        found = ArticleItem.slice(
            org_id, index=NEWEST, page_size=_PAGE_SIZE, start_key=start_key, consistent=True
        )
        ids = [item.entry for item in found.items if item.store_id == store_id]
        if ids:
            return list(find_articles(org_id, ids[:most]).values())
        if found.last_key is None:
            return []
        start_key = found.last_key


def articles_kept_from(org_id: str, request_id: str) -> list[Kept]:
    """Not those that are deleted by now. One strongly consistent query."""
    found = ArticleItem.slice(
        org_id,
        ArticleItem.request_id == request_id,
        index=OF_REQUEST,
        page_size=_PAGE_SIZE,
        consistent=True,
    )
    return [
        Kept(item.entry, item.store_id or "", item.title)
        for item in found.items
        if item.deleted_at is None
    ]


def postings_of(
    org_id: str, term: str, *, most: int = LOOKED_UP_OF_ONE, after: dict[str, Any] | None = None
) -> Postings:
    """The articles of all stores with that word, those with it in the title first and then the
    newest: one query."""
    found = WordItem.slice(word_area(org_id, term), page_size=most, start_key=after, forward=False)
    return Postings([posting_of(item) for item in found.items], found.last_key)


def postings_in(org_id: str, term: str, store_ids: Iterable[str]) -> list[Posting]:
    """The first LOOKED_UP_OF_ONE of each of these stores, in the order of `postings_of`; an empty
    id is the whole organisation. A query each."""
    items = [
        item
        for store_id in store_ids
        for item in WordItem.slice(
            word_area(org_id, term),
            WordItem.scope_key.between(scope_prefix(store_id), f"{scope_prefix(store_id)}{_LAST}"),
            index=OF_SCOPE,
            page_size=LOOKED_UP_OF_ONE,
            forward=False,
        ).items
    ]
    items.sort(key=lambda item: item.entry, reverse=True)
    return [posting_of(item) for item in items]


def _start_key(org_id: str, after: Row) -> dict[str, Any]:
    return {
        "area": {"S": org_id},
        "entry": {"S": after.article_id},
        "listKey": {"S": after.list_key},
    }
