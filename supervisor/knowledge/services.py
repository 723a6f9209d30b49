"""Changing articles: each change is one transaction with its entry of the history.

Who is bound to some stores writes for those, and only reads what is for the whole organisation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from accounts.entities import Actor
from accounts.errors import ChangedMeanwhile, PermissionDenied
from accounts.repository import require_organisation
from accounts.stores.naming import find_store
from storage.audit import Changes, audit_item, redact_subject
from storage.idempotency import AlreadyDone, IdempotencyKey
from storage.transactions import Transaction
from supervisor.entities import Person, now_in_milliseconds
from supervisor.knowledge import repository, selectors
from supervisor.knowledge.entities import Article, Content, Origin
from supervisor.knowledge.errors import (
    AlreadyKept,
    ArticleChanged,
    ArticleDeleted,
    ArticleNotDeleted,
    InvalidArticle,
)
from supervisor.knowledge.rules import parse_content
from supervisor.knowledge.selectors import CHANGE, DELETE
from supervisor.selectors import find_request
from supervisor.stores_in_use import require_in_use

ADD = "supervisor.add_article"
_RESTORE = "supervisor.restore_article"
_DESTROY = "supervisor.destroy_article"


@dataclass(frozen=True, slots=True)
class Created:
    """`is_new` is False when an earlier request with the same key had written it already."""

    article: Article
    is_new: bool = True


def may_write(actor: Actor, code: str, store_id: str = "") -> bool:
    """For a store, or without one for the whole organisation."""
    return actor.may(code, actor.org_id, store_id) and (bool(store_id) or actor.stores is None)


def create_article(
    *,
    actor: Actor,
    raw: Mapping[str, Any],
    kept_from: Origin | None = None,
    idempotency: IdempotencyKey | None = None,
) -> Created:
    """`raw` as in `rules.parse_content`; `kept_from` is the request whose answer is kept.

    Raises PermissionDenied, InvalidArticle, StoreNotFound; RequestNotFound, AlreadyKept; KeyReused
    when the key came with another body, ArticleNotFound when what it made is gone.
    """
    actor.require(CHANGE, actor.org_id)
    if idempotency and (remembered := idempotency.recall()):
        return _earlier(actor, remembered)
    content = parse_content(raw)
    _require_store(actor, CHANGE, content.store_id)
    if kept_from is not None:
        _require_answer(actor, kept_from)
    now = now_in_milliseconds()
    author = Person(actor.user_id, actor.name)
    article = Article(
        Article.new_id(), actor.org_id, content, author, now, now, kept_from=kept_from
    )
    transaction = Transaction()
    if idempotency:
        idempotency.remember(transaction, {"article_id": article.id})
    require_organisation(transaction, actor.org_id)
    stored = repository.add_article(transaction, article)
    _note(transaction, actor, article, ADD, _differences(None, content))
    try:
        transaction.commit()
    except AlreadyDone:
        assert idempotency is not None
        return _earlier(actor, idempotency.recall() or {})
    return Created(stored)


def change_article(
    *, actor: Actor, article_id: str, raw: Mapping[str, Any], version: int
) -> Article:
    """Changes what `raw` has; `version` is the one that the actor saw. Nothing is written where
    nothing differs.

    Raises ArticleNotFound, PermissionDenied, ArticleDeleted, ArticleChanged, InvalidArticle,
    StoreNotFound.
    """
    stored = _to_change(actor, CHANGE, article_id, version)
    if stored.deleted_at is not None:
        raise ArticleDeleted(stored)
    content = parse_content(raw, stored.content)
    if content.store_id != stored.content.store_id:
        _require_store(actor, CHANGE, content.store_id)
    if content == stored.content:
        return stored
    changes = _differences(stored.content, content)
    return _replace(actor, stored, replace(stored, content=content), CHANGE, changes)


def delete_article(*, actor: Actor, article_id: str, version: int) -> Article:
    """Nobody finds it then, and it can be restored. What is deleted already stays as it is.

    Raises ArticleNotFound, PermissionDenied, ArticleChanged.
    """
    stored = _to_change(actor, DELETE, article_id, version)
    if stored.deleted_at is not None:
        return stored
    deleted = replace(stored, deleted_at=now_in_milliseconds())
    return _replace(actor, stored, deleted, DELETE, {})


def restore_article(*, actor: Actor, article_id: str, version: int | None = None) -> Article:
    """Without `version` whatever is stored now. Raises as `delete_article`."""
    stored = _to_change(actor, DELETE, article_id, version)
    if stored.deleted_at is None:
        return stored
    return _replace(actor, stored, replace(stored, deleted_at=None), _RESTORE, {})


def destroy_article(*, actor: Actor, article_id: str, version: int) -> None:
    """For good: nobody finds it, or what its history said, any more. Who did what when stays.

    The history comes after the article, which somebody else may restore until then. Raises
    ArticleNotFound, PermissionDenied, ConfirmationNeeded, ArticleNotDeleted, ArticleChanged.
    """
    stored = to_destroy(actor, article_id, version)
    transaction = Transaction()
    repository.remove_article(transaction, stored)
    _note(transaction, actor, stored, _DESTROY, {})
    _commit(transaction, actor, stored)
    for _rewritten in redact_subject(stored.audit_subject, lambda _entry: {}):
        pass


def to_destroy(actor: Actor, article_id: str, version: int | None = None) -> Article:
    """Raises as `destroy_article`."""
    stored = _to_change(actor, DELETE, article_id, version)
    actor.require_confirmation()
    if stored.deleted_at is None:
        raise ArticleNotDeleted(stored)
    return stored


def require_may_change(actor: Actor, article: Article) -> None:
    """Raises PermissionDenied."""
    _require_may_write(actor, CHANGE, article.content.store_id)


def _to_change(actor: Actor, code: str, article_id: str, version: int | None) -> Article:
    stored = selectors.find_article(actor, article_id=article_id)
    _require_may_write(actor, code, stored.content.store_id)
    if version is not None and stored.version != version:
        raise ArticleChanged(stored)
    return stored


def _require_store(actor: Actor, code: str, store_id: str) -> None:
    """In use, and one that the actor writes for."""
    if store_id:
        require_in_use(find_store(actor, store_id=store_id), field="store_id")
    _require_may_write(actor, code, store_id)


def _require_answer(actor: Actor, kept_from: Origin) -> None:
    """That there is one, which nobody has kept."""
    store_id, request_id = kept_from.store_id, kept_from.request_id
    request = find_request(actor, store_id=store_id, request_id=request_id)
    if request.answer is None:
        raise InvalidArticle(fields={"kept_from": [_("This request is not answered.")]})
    kept = selectors.kept_article(actor, request_id)
    if kept is not None:
        raise AlreadyKept(selectors.find_article(actor, article_id=kept.article_id))


def _require_may_write(actor: Actor, code: str, store_id: str) -> None:
    actor.require(code, actor.org_id, store_id)
    if not may_write(actor, code, store_id):
        raise PermissionDenied


def _replace(
    actor: Actor, before: Article, after: Article, action: str, changes: Changes
) -> Article:
    changed = replace(after, updated_at=now_in_milliseconds())
    transaction = Transaction()
    stored = repository.replace_article(transaction, before, changed)
    _note(transaction, actor, before, action, changes)
    _commit(transaction, actor, before)
    return stored


def _commit(transaction: Transaction, actor: Actor, before: Article) -> None:
    try:
        transaction.commit()
    except ChangedMeanwhile as lost:
        current = selectors.find_article(actor, article_id=before.id)
        raise ArticleChanged(current) from lost


def _earlier(actor: Actor, remembered: Mapping[str, Any]) -> Created:
    article = selectors.find_article(actor, article_id=remembered.get("article_id", ""))
    return Created(article, is_new=False)


def _differences(before: Content | None, after: Content) -> Changes:
    """Stores by their ids: two may have the same name."""
    pairs: dict[str, tuple[Any, Any]] = {
        "title": (before and before.title, after.title),
        "text": (before and before.text, after.text),
        "tags": (before and sorted(before.tags), sorted(after.tags)),
        "store": (before and before.store_id, after.store_id),
    }
    return {name: pair for name, pair in pairs.items() if (pair[0] or None) != (pair[1] or None)}


def _note(
    transaction: Transaction, actor: Actor, article: Article, action: str, changes: Changes
) -> None:
    transaction.put(
        audit_item(
            subject=article.audit_subject,
            actor_id=actor.user_id,
            actor_name=actor.name,
            action=action,
            changes=changes,
        )
    )
