"""What the page of a request offers whoever answers it."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.entities import Actor
from storage.domain import Forbidden
from supervisor.entities import Request, Step
from supervisor.knowledge import selectors, services
from supervisor.knowledge.entities import Article
from supervisor.knowledge.errors import ArticleNotFound
from supervisor.knowledge.repository import Kept


@dataclass(frozen=True, slots=True)
class Offer:
    """`used` is the one that was chosen as the answer; `may_keep` whether the answer that was
    given can be kept as an article, `kept` that it was."""

    articles: tuple[Article, ...] = ()
    used: Article | None = None
    may_keep: bool = False
    kept: Kept | None = None

    @property
    def text(self) -> str:
        return self.used.content.text if self.used else ""


def offer_for(actor: Actor, request: Request, *, used: str = "", may_answer: bool) -> Offer:
    """As many calls as `selectors.offered` for what waits and may be answered, and one more where
    what is `used` is not among the articles offered; one for who could keep the answer; none
    otherwise."""
    if request.answer is not None:
        may_keep = services.may_write(actor, selectors.CHANGE, request.store_id)
        kept = selectors.kept_article(actor, request.id) if may_keep else None
        return Offer(may_keep=may_keep and kept is None, kept=kept)
    if not may_answer or not request.allows(Step.ANSWER):
        return Offer()
    articles = selectors.offered(actor, request)
    chosen = next((article for article in articles if article.id == used), None)
    if used and chosen is None:
        chosen = _found(actor, used)
    return Offer(articles, chosen)


def _found(actor: Actor, article_id: str) -> Article | None:
    try:
        found = selectors.find_article(actor, article_id=article_id)
    except (ArticleNotFound, Forbidden):
        return None
    return None if found.deleted_at else found
