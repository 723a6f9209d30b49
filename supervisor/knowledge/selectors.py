"""Who may read which articles, and which articles answer a question."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile

from accounts.entities import Actor
from accounts.stores.naming import find_store
from storage.audit import AuditEntry, history
from storage.cursors import open_sealed, seal
from storage.pages import Page
from supervisor.entities import Request
from supervisor.knowledge import repository
from supervisor.knowledge.entities import Article
from supervisor.knowledge.errors import ArticleNotFound
from supervisor.knowledge.repository import Kept, Row
from supervisor.knowledge.terms import (
    LOOKED_UP_OF_ONE,
    Posting,
    Query,
    fits,
    query_of,
    ranked,
)

VIEW = "supervisor.view_article"
CHANGE = "supervisor.change_article"
DELETE = "supervisor.delete_article"
PAGE = 25
LARGEST_PAGE = 100
HISTORY_PAGE = 10
MOST_OFFERED = 5
# Where few of very many are wanted, a page reads this far and then says where to go on.
_FAR = 250
_ROUNDS = 3
# So many stores, the whole organisation as one of them, are worth a query each.
_FEW_SCOPES = 3
_Scope = frozenset[str] | None
"""Of which stores; an empty id is the whole organisation. None for all."""


def find_article(actor: Actor, *, article_id: str) -> Article:
    """One strongly consistent read. Deleted ones are there for who may restore them.

    Raises ArticleNotFound, also for what the actor does not reach; PermissionDenied.
    """
    found = repository.get_article(actor.org_id, article_id)
    if found is None or not _reaches(actor, found.content.store_id):
        raise ArticleNotFound
    actor.require(VIEW, found.org_id, found.content.store_id)
    if found.deleted_at is not None and not actor.may(DELETE, found.org_id):
        raise ArticleNotFound
    return found


def list_articles(
    actor: Actor,
    *,
    store_id: str = "",
    deleted: bool = False,
    limit: int = PAGE,
    cursor: str | None = None,
) -> Page[Article]:
    """Newest first: of the organisation and all stores that the actor reaches, or of the
    organisation and one store. One query and one request for what the page shows; up to three
    queries where most is of other stores, and then a page may be short although `next_cursor`
    leads on.

    Raises PermissionDenied, StoreNotFound, InvalidCursor.
    """
    scope = _scope(actor, store_id)
    if deleted:
        actor.require(DELETE, actor.org_id)
    purpose = f"articles:{actor.org_id}:{store_id}:{deleted}:{sorted(actor.stores or ())}"
    start = Row(*open_sealed(cursor, purpose=purpose)["after"]) if cursor else None
    rows: list[Row] = []
    capacity = 0.0
    for most in (limit + 1, *[_FAR] * (_ROUNDS - 1)):
        found = repository.list_rows(actor.org_id, deleted=deleted, most=most, after=start)
        capacity += found.capacity
        rows += [row for row in found.rows if scope is None or row.store_id in scope]
        start = found.last
        if start is None or len(rows) > limit:
            break
    if len(rows) > limit:
        start = rows[limit - 1]
    shown = [row.article_id for row in rows[:limit]]
    following = seal({"after": list(start)}, purpose=purpose) if start else None
    return Page(_read(actor, shown, deleted=deleted), following, capacity)


def search_articles(
    actor: Actor, text: str, *, store_id: str = "", limit: int = PAGE
) -> tuple[Article, ...]:
    """Those that match best come first; one request, and for each of at most six words one query,
    or up to four where more than forty articles have it and some of them are of other stores.

    Of a word that very many articles have, the first forty of each store are looked at: those with
    it in the title, then the newest. Raises PermissionDenied, StoreNotFound.
    """
    scope = _scope(actor, store_id)
    found = [each.article_id for each in _matches(actor, query_of(text), scope)]
    return _read(actor, found[:limit])


def offered(actor: Actor, request: Request) -> tuple[Article, ...]:
    """The articles that may answer a request, best first; none to who may not read any."""
    if not actor.may(VIEW, request.org_id, request.store_id):
        return ()
    query = query_of(request.question.header, request.question.body)
    best = _matches(actor, query, frozenset({"", request.store_id}))
    fitting = [posting.article_id for posting in best if fits(query, posting)]
    return _read(actor, fitting[:MOST_OFFERED])


def kept_article(actor: Actor, request_id: str) -> Kept | None:
    """The first article that was kept from the answer to that request, of those that the actor
    reaches: one query."""
    kept = repository.articles_kept_from(actor.org_id, request_id)
    return next((one for one in kept if _reaches(actor, one.store_id)), None)


def article_history(actor: Actor, article: Article, cursor: str | None = None) -> Page[AuditEntry]:
    """What became of an article, newest first: one query. Who is bound to some stores sees what
    happened since it was moved between stores, for what it said before was for others; a cursor
    opens for those alone who see the same.

    Raises ArticleNotFound for somebody else's; PermissionDenied, InvalidCursor.
    """
    if article.org_id != actor.org_id or not _reaches(actor, article.content.store_id):
        raise ArticleNotFound
    actor.require(VIEW, article.org_id, article.content.store_id)
    reader = "" if actor.stores is None else f"{article.content.store_id}:{sorted(actor.stores)}"
    found = history(article.audit_subject, limit=HISTORY_PAGE, cursor=cursor, reader=reader)
    if actor.stores is None or not any(map(_moved, found.items)):
        return found
    since = takewhile(lambda entry: not _moved(entry), found.items)
    return Page(tuple(since), None, found.capacity)


def _scope(actor: Actor, store_id: str) -> _Scope:
    actor.require(VIEW, actor.org_id)
    if not store_id:
        return None if actor.stores is None else frozenset({"", *actor.stores})
    find_store(actor, store_id=store_id)
    return frozenset({"", store_id})


def _matches(actor: Actor, query: Query, scope: _Scope) -> list[Posting]:
    found = {term: _postings(actor.org_id, term, scope) for term in query.looked_up}
    return ranked(query, found)


def _postings(org_id: str, term: str, scope: _Scope) -> list[Posting]:
    """However many other stores have that word: those of few stores are looked up by themselves;
    for who is bound to more, it is read on."""
    found = repository.postings_of(org_id, term)
    if scope is None:
        return found.postings
    if found.last is not None and len(scope) <= _FEW_SCOPES:
        return repository.postings_in(org_id, term, sorted(scope))
    postings = [posting for posting in found.postings if posting.store_id in scope]
    for _round in range(_ROUNDS - 1):
        if found.last is None or len(postings) >= LOOKED_UP_OF_ONE:
            break
        found = repository.postings_of(org_id, term, most=_FAR, after=found.last)
        postings += [posting for posting in found.postings if posting.store_id in scope]
    return postings


def _read(
    actor: Actor, article_ids: Iterable[str], *, deleted: bool = False
) -> tuple[Article, ...]:
    """In that order, without those that somebody deleted, restored or moved just now."""
    ids = list(article_ids)
    stored = repository.find_articles(actor.org_id, ids) if ids else {}
    found = (stored[each] for each in ids if each in stored)
    return tuple(
        article
        for article in found
        if (article.deleted_at is not None) == deleted and _reaches(actor, article.content.store_id)
    )


def _moved(entry: AuditEntry) -> bool:
    return entry.action == CHANGE and "store" in entry.changes


def _reaches(actor: Actor, store_id: str) -> bool:
    return not store_id or actor.reaches(store_id)
