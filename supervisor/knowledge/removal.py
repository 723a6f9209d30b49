"""The articles of an organisation that is destroyed, or of a store. While an organisation is only
deleted nobody reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from accounts.entities import Actor
from accounts.errors import ChangedMeanwhile
from accounts.removal.errors import Overtaken
from accounts.removal.followers import Piece
from storage.audit import audit_item
from storage.transactions import MAX_ACTIONS, Transaction
from supervisor.knowledge import repository
from supervisor.knowledge.entities import Article
from supervisor.removal_repository import RemovedStore
from supervisor.repository import Lost

AT_ONCE = 10
_MORE = "more"
_Bind = Callable[[Transaction], None]


class Articles:
    name = "articles"

    def delete(self, piece: Piece) -> str | None:  # noqa: ARG002  # the protocol's
        return None

    def restore(self, piece: Piece) -> str | None:  # noqa: ARG002
        return None

    def destroy(self, piece: Piece) -> str | None:
        """Always from the start: what was removed is not there any more."""
        pages = repository.every_article(piece.org_id)
        articles = next(filter(None, pages), [])[:AT_ONCE]
        try:
            _remove(articles, piece.actor, piece.bind)
        except ChangedMeanwhile:
            raise Overtaken from None
        return _MORE if articles else None


def remove_some_of_store(removed: RemovedStore, actor: Actor) -> bool:
    """See `supervisor.removal.RemoveSome`."""
    articles = repository.some_of_store(removed.org_id, removed.store_id, most=AT_ONCE)
    try:
        _remove(articles, actor)
    except ChangedMeanwhile:
        raise Lost from None
    return bool(articles)


def _remove(articles: Iterable[Article], actor: Actor, bind: _Bind | None = None) -> None:
    """As many in one transaction as it takes. Raises ChangedMeanwhile."""
    together = _bound(bind)
    checks = len(together)
    for article in articles:
        one = Transaction()
        repository.remove_article(one, article)
        one.put(
            audit_item(
                subject=article.audit_subject,
                actor_id=actor.user_id,
                actor_name=actor.name,
                action="supervisor.destroy_article",
            )
        )
        if len(together) + len(one) > MAX_ACTIONS:
            together.commit()
            together = _bound(bind)
        together.extend(one)
    if len(together) > checks:
        together.commit()


def _bound(bind: _Bind | None) -> Transaction:
    transaction = Transaction()
    if bind is not None:
        bind(transaction)
    return transaction
