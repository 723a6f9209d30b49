"""Articles and the stores that they are for: moved from one to the other, and left behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from accounts.entities import Actor, User
from accounts.stores import services as stores
from supervisor.knowledge import repository, selectors, services
from supervisor.knowledge.entities import Article
from supervisor.knowledge.removal import AT_ONCE
from supervisor.removal import finish_removed_stores
from supervisor.removal_repository import removed_stores
from tests.accounts.removal.interposing import before_write
from tests.supervisor.invariants import raw_items
from tests.supervisor.test_article_pages import ARTICLES, form_of
from tests.supervisor.test_articles import bound, search, write
from tests.supervisor.test_pages import text_of
from tests.supervisor.test_removal import destroy_store, die

SECRET = "The code of the first safe is 1234."
LogIn = Callable[[User], Client]


@pytest.fixture
def namesake(alice: User) -> str:
    """Another Harbour."""
    said = {"name": "Harbour", "time_zone": "Europe/Madrid", "number": "2"}
    return stores.create_store(actor=alice.actor, said=said).store.store_id


def move(actor: Actor, article: Article, store_id: str, **said: object) -> Article:
    raw = {"store_id": store_id, **said}
    return services.change_article(
        actor=actor, article_id=article.id, raw=raw, version=article.version or 0
    )


def history_of(actor: Actor, article: Article) -> str:
    return str([entry.changes for entry in selectors.article_history(actor, article).items])


def test_what_it_said_for_a_namesake_stays_there(
    alice: User, ana: Actor, harbour: str, namesake: str
) -> None:
    made = write(ana, "Safe", SECRET, store_id=harbour)
    moved = move(ana, made, namesake, text="Ask the manager.")
    assert SECRET not in history_of(bound(ana, namesake), moved)
    assert SECRET in history_of(ana, moved)
    # Nor does it follow from a store that is gone.
    other = move(ana, write(ana, "Vault", SECRET, store_id=harbour), harbour, text="Nothing.")
    destroy_store(alice, harbour)
    everywhere = move(ana, other, "")
    assert SECRET not in history_of(bound(ana, namesake), everywhere)


def test_the_history_names_stores_so_that_they_can_be_told_apart(
    alice: User, ana: Actor, harbour: str, namesake: str, log_in: LogIn
) -> None:
    made = move(ana, write(ana, "Safe", store_id=harbour), namesake)
    page = text_of(log_in(alice).get(f"{ARTICLES}{made.id}/"))
    assert "<del>Harbour</del>" in page
    assert "<ins>Harbour (2)</ins>" in page


def test_the_articles_of_a_destroyed_store_go_with_it(
    alice: User, ana: Actor, harbour: str, namesake: str, settings: Any
) -> None:
    settings.REMOVAL_SETTLES_SECONDS = 0
    others = [write(ana, "Refund"), write(ana, "Refund", store_id=namesake)]
    gone = [write(ana, f"Refund {number}", store_id=harbour) for number in range(AT_ONCE + 2)]
    services.delete_article(actor=alice.actor, article_id=gone[0].id, version=1)
    destroy_store(alice, harbour)
    finish_removed_stores(pieces=1)
    assert len(list(removed_stores(alice.org_id))) == 1
    with before_write(1, die), pytest.raises(InterruptedError):
        finish_removed_stores()
    finish_removed_stores()
    assert not list(removed_stores(alice.org_id))
    (left,) = repository.every_article(alice.org_id)
    assert {one.id for one in left} == {one.id for one in others}
    raw = str([*raw_items("supervisor-knowledge")])
    assert not any(one.id in raw for one in gone)
    assert search(ana, "Refund") == ["Refund", "Refund"]


def test_until_then_it_is_said_that_the_store_is_gone(
    alice: User, ana: Actor, harbour: str, log_in: LogIn
) -> None:
    made = write(ana, "Till code", store_id=harbour)
    destroy_store(alice, harbour)
    browser = log_in(alice)
    for address in (ARTICLES, f"{ARTICLES}{made.id}/"):
        page = text_of(browser.get(address))
        assert "<span>A store that was removed</span>" in page
    filled = form_of(page)
    assert filled["store_id"] == harbour
    # Saved in time it can be kept for everybody.
    saved = browser.post(f"{ARTICLES}{made.id}/", {**filled, "store_id": ""}, follow=True)
    assert "<span>Whole organisation</span>" in text_of(saved)
    finish_removed_stores()
    assert selectors.find_article(replace(ana), article_id=made.id)
