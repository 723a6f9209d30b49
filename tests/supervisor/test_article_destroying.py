"""Articles that are removed for good, and what is left of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.test import Client

from accounts.entities import Actor, User
from accounts.errors import ConfirmationNeeded, PermissionDenied
from storage.audit import history
from supervisor.knowledge import selectors, services
from supervisor.knowledge.entities import Article
from supervisor.knowledge.errors import ArticleChanged, ArticleNotDeleted, ArticleNotFound
from tests.accounts.removal.interposing import before_write
from tests.catalog.api_client import Api
from tests.supervisor.invariants import raw_items
from tests.supervisor.test_articles import search, write
from tests.supervisor.test_pages import LogIn, text_of

ARTICLES = "/api/v1/organisation/articles"
PAGES = "/staff/articles/"
CALLER = "Romero"


@pytest.fixture
def owner(alice: User) -> Actor:
    return replace(alice.actor, confirmed_at=datetime.now(UTC))


@pytest.fixture
def deleted(owner: Actor) -> Article:
    """Its history says whose telephone number it told."""
    made = write(owner, "Refunds", f"Ask Mr {CALLER}.")
    said = {"text": f"Call Mr {CALLER}."}
    services.change_article(actor=owner, article_id=made.id, raw=said, version=1)
    return services.delete_article(actor=owner, article_id=made.id, version=2)


def destroy(actor: Actor, article: Article, version: int | None = None) -> None:
    services.destroy_article(
        actor=actor, article_id=article.id, version=version or article.version or 0
    )


def test_nothing_of_it_is_found_and_its_history_says_who_and_when(
    owner: Actor, deleted: Article
) -> None:
    kept = write(owner, "Refunds of vouchers")
    items = [item for item in raw_items("supervisor-knowledge") if deleted.id not in str(item)]
    destroy(owner, deleted)
    assert [*raw_items("supervisor-knowledge")] == items
    assert search(owner, "refunds") == [kept.content.title]
    left = history(deleted.audit_subject).items
    assert [entry.action.removeprefix("supervisor.") for entry in left] == [
        *("destroy_article", "delete_article", "change_article", "add_article")
    ]
    assert {entry.actor_name for entry in left} == {owner.name}
    assert [entry.changes for entry in left] == [{}] * 4
    assert CALLER not in str([*raw_items("audit")])
    with pytest.raises(ArticleNotFound):
        services.restore_article(actor=owner, article_id=deleted.id)


def test_only_what_is_deleted_goes_and_only_as_it_was_seen(owner: Actor, deleted: Article) -> None:
    with pytest.raises(ArticleNotDeleted):
        destroy(owner, write(owner, "Parking"))
    with pytest.raises(ArticleChanged):
        destroy(owner, deleted, version=2)
    restored = services.restore_article(actor=owner, article_id=deleted.id, version=3)
    with pytest.raises(ArticleChanged):
        destroy(owner, deleted)
    assert CALLER in str(selectors.article_history(owner, restored).items)


def test_whoever_restores_it_meanwhile_keeps_its_history(owner: Actor, deleted: Article) -> None:
    def restore() -> None:
        services.restore_article(actor=owner, article_id=deleted.id)

    with before_write(1, restore), pytest.raises((ArticleChanged, ArticleNotDeleted)):
        destroy(owner, deleted)
    found = selectors.find_article(owner, article_id=deleted.id)
    assert CALLER in str(selectors.article_history(owner, found).items)


def test_who_deletes_has_to_confirm(owner: Actor, ana: Actor, deleted: Article) -> None:
    with pytest.raises(ConfirmationNeeded):
        destroy(replace(owner, confirmed_at=None), deleted)
    with pytest.raises(ArticleNotFound):
        destroy(replace(ana, confirmed_at=owner.confirmed_at), deleted)
    bound = replace(owner, stores=frozenset({"STORE-1"}))
    with pytest.raises(PermissionDenied):
        destroy(bound, deleted)


def test_the_page_asks_once_more(alice: User, deleted: Article, log_in: LogIn) -> None:
    browser: Client = log_in(alice)
    address = f"{PAGES}{deleted.id}/destroy/"
    assert address in text_of(browser.get(f"{PAGES}{deleted.id}/"))
    assert "Remove “Refunds” for good?" in text_of(browser.get(address))
    assert browser.post(address, {"version": "2"}).status_code == 409
    gone = browser.post(address, {"version": "3"}, follow=True)
    assert "“Refunds” is removed for good." in text_of(gone)
    assert browser.get(address).status_code == 404


def test_programs_name_the_version_that_they_saw(alice: User, deleted: Article) -> None:
    api = Api(alice)
    address = f"{ARTICLES}/{deleted.id}/destroy"
    assert api.post({}, address).status_code == 428
    stale = api.post({}, address, If_Match=f'"{deleted.id}-2"')
    assert (stale.status_code, stale.json()["current"]["version"]) == (412, 3)
    assert api.post({}, address, If_Match=stale.headers["ETag"]).status_code == 204
    assert api.post({}, address, If_Match=stale.headers["ETag"]).status_code == 404
