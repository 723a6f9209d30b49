"""The words that articles are found by: that they lead to what they should, and to nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from accounts.entities import Actor, User
from accounts.stores import services as stores
from storage.meter import measure
from storage.typed import PlainItem, plain_item
from supervisor.knowledge import repository, selectors, services, terms
from supervisor.knowledge.entities import NO_TERMS, Article
from supervisor.knowledge.tables import word_items
from supervisor.knowledge.terms import terms_of
from tests.supervisor.invariants import raw_items
from tests.supervisor.test_articles import bound, fill, search, titles, write
from tests.supervisor.test_services import ask

HOURS = "Opening hours"


@pytest.fixture
def beach(alice: User) -> str:
    """Another store of Alice's Shop."""
    return store_of(alice, "Beach")


def store_of(owner: User, name: str) -> str:
    said = {"name": name, "time_zone": "Europe/Madrid"}
    return stores.create_store(actor=owner.actor, said=said).store.store_id


def place_of(item: PlainItem) -> tuple[str, str]:
    return item["area"], item["entry"]


def change(actor: Actor, article: Article, **said: object) -> Article:
    return services.change_article(
        actor=actor, article_id=article.id, raw=said, version=article.version or 0
    )


def test_however_much_other_stores_know_ones_own_is_found(
    alice: User, ana: Actor, steve: Actor, harbour: str, beach: str
) -> None:
    own = write(ana, "When we are there", f"{HOURS}: nine to five.", store_id=harbour)
    of_all = write(ana, "On holidays", f"No {HOURS}.")
    # All of them come before these two.
    fill(write(ana, HOURS, store_id=beach), 200)
    asked = ask(steve, harbour, header=f"{HOURS}?", body="")
    expected = {own.content.title, of_all.content.title}
    with measure() as meter:
        assert set(titles(selectors.offered(ana, asked))) == expected
    # Each of two words: among all, of the organisation, of the store.
    assert [call.operation for call in meter.calls] == ["Query"] * 6 + ["BatchGetItem"]
    assert set(search(ana, HOURS, harbour)) == expected
    assert set(search(bound(ana, harbour), HOURS)) == expected
    # Of more stores than are worth a query each it is read on.
    many = [store_of(alice, f"Shop {number}") for number in range(3)]
    assert set(search(bound(ana, harbour, *many), HOURS)) == expected


def test_a_moved_article_is_offered_where_it_is_now(
    ana: Actor, steve: Actor, harbour: str, beach: str
) -> None:
    made = write(ana, HOURS, store_id=harbour)
    fill(write(ana, HOURS, store_id=beach), 50)
    asked = ask(steve, harbour, header=f"{HOURS}?", body="")
    assert [one.id for one in selectors.offered(ana, asked)] == [made.id]
    change(ana, made, store_id=beach)
    assert selectors.offered(ana, asked) == ()


def test_words_of_an_earlier_rule_go_with_the_next_change(
    alice: User, ana: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed, deleted = write(ana, "Parking lots"), write(ana, "Parking bicycles")
    more = terms._OF_EVERY_QUESTION | {"parking"}
    monkeypatch.setattr(terms, "_OF_EVERY_QUESTION", more)
    assert len(repository.postings_of(ana.org_id, "parking").postings) == 2
    change(ana, changed, text="No.")
    services.delete_article(actor=alice.actor, article_id=deleted.id, version=1)
    assert repository.postings_of(ana.org_id, "parking").postings == []
    assert search(ana, "lots") == [changed.content.title]


def test_after_every_step_the_words_are_those_of_the_articles(
    alice: User, ana: Actor, harbour: str, beach: str
) -> None:
    owner = replace(alice.actor, confirmed_at=datetime.now(UTC))

    def assert_words() -> None:
        articles = [one for page in repository.every_article(ana.org_id) for one in page]
        for one in articles:
            is_deleted = one.deleted_at is not None
            assert one.terms == (NO_TERMS if is_deleted else terms_of(one.content))
        wanted = [plain_item(item.serialize()) for one in articles for item in word_items(one)]
        for index in (None, "scope-index"):
            raw = raw_items("supervisor-knowledge", index)
            found = [item for item in raw if item["area"].startswith("word#")]
            assert sorted(found, key=place_of) == sorted(wanted, key=place_of)

    one = write(ana, "Returns of mugs", "Thirty days, for a voucher.", tags=["Refunds"])
    other = write(ana, "Returns of cups", "Thirty days.", store_id=harbour)
    assert_words()
    one = change(ana, one, text="Fourteen days.", tags=["mugs"])
    assert_words()
    other = change(ana, other, store_id=beach)
    assert_words()
    other = change(ana, other, store_id="", title="Cups that came back")
    assert_words()
    one = services.delete_article(actor=owner, article_id=one.id, version=one.version or 0)
    assert_words()
    one = services.restore_article(actor=owner, article_id=one.id)
    assert_words()
    one = services.delete_article(actor=owner, article_id=one.id, version=one.version or 0)
    services.destroy_article(actor=owner, article_id=one.id, version=one.version or 0)
    assert_words()
