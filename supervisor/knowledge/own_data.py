"""The articles that somebody wrote, for those who want to see it or to have it erased. They belong
to the organisation and stay, without the name of their author."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from accounts.entities import User
from accounts.errors import ChangedMeanwhile
from accounts.personal_data.entities import Erasure
from accounts.personal_data.keepers import Facts, Section
from storage.audit import entries_by
from storage.errors import StoreBusy
from storage.pauses import ATTEMPTS
from storage.transactions import Transaction
from supervisor.entities import Person
from supervisor.knowledge import repository
from supervisor.knowledge.entities import Article
from supervisor.knowledge.services import ADD


class ArticlesKeeper:
    """There is no list by author, so erasing reads all articles of the organisation, a hundred at a
    time."""

    name = "articles"

    def export(self, user: User) -> Iterator[Section]:
        yield Section("articles_you_wrote", _written_by(user))

    def erase(self, erasure: Erasure) -> Iterator[None]:
        for page in repository.every_article(erasure.org_id):
            for article in page:
                if article.author.user_id == erasure.user_id and article.author.name:
                    _take_name_out(article)
            yield


def _take_name_out(article: Article) -> None:
    current: Article | None = article
    for _ in range(ATTEMPTS):
        if current is None:
            return
        nameless = replace(current, author=Person(current.author.user_id, ""))
        transaction = Transaction()
        repository.replace_article(transaction, current, nameless)
        try:
            transaction.commit()
        except ChangedMeanwhile:
            current = repository.get_article(article.org_id, article.id)
        else:
            return
    raise StoreBusy("the article keeps changing")


def _written_by(user: User) -> Iterator[Facts]:
    """Oldest first: a query for each hundred things that they did, and a read of each article."""
    for entry in entries_by(user.user_id):
        kind, _hash, article_id = entry.subject.partition("#")
        if kind != "article" or entry.action != ADD:
            continue
        article = repository.get_article(user.org_id, article_id)
        if article is None or article.author.user_id != user.user_id:
            continue
        content = article.content
        yield {
            "id": article.id,
            "store_id": content.store_id or None,
            "title": content.title,
            "text": content.text,
            "tags": sorted(content.tags),
            "created_at": article.created_at,
        }
