"""Why something about an article is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from storage.domain import Conflict, Invalid, LostRace, NotFound

if TYPE_CHECKING:
    from supervisor.knowledge.entities import Article


class ArticleNotFound(NotFound):
    """Also for articles of other organisations, and of stores that one does not reach."""

    code = "article_not_found"
    message = _("There is no such article.")


class InvalidArticle(Invalid):
    """`fields` says what is wrong with each."""

    code = "invalid_article"
    message = _("Please correct the marked fields.")


class ArticleRefused(Conflict):
    """`current` is the article as it is now."""

    def __init__(self, current: Article) -> None:
        super().__init__()
        self.current = current


class ArticleDeleted(ArticleRefused):
    code = "article_deleted"
    message = _("This article is deleted. Restore it first.")


class ArticleNotDeleted(ArticleRefused):
    code = "article_not_deleted"
    message = _("Only a deleted article can be removed for good. Delete it first.")


class AlreadyKept(ArticleRefused):
    code = "already_kept"
    message = _("This answer is kept as an article already.")


class ArticleChanged(LostRace):
    code = "article_changed"
    message = _("Somebody else changed this article in the meantime.")
