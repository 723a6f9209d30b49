from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from accounts.entities import Actor, User
from accounts.errors import PermissionDenied
from accounts.stores import services as stores
from accounts.stores.errors import StoreNotFound
from storage.errors import InvalidCursor
from storage.meter import Meter, measure
from supervisor import keys
from supervisor.entities import Request
from supervisor.knowledge import selectors, services
from supervisor.knowledge.entities import Article
from supervisor.knowledge.errors import (
    ArticleChanged,
    ArticleDeleted,
    ArticleNotFound,
    InvalidArticle,
)
from supervisor.knowledge.tables import ArticleItem, WordItem, article_item, word_items
from tests.catalog.products import put_raw
from tests.supervisor.test_services import ask, at_once

RETURNS = {"title": "Returns without a receipt", "text": "Thirty days, for a voucher."}


def write(actor: Actor, title: str, text: str = "Yes.", **said: object) -> Article:
    return services.create_article(actor=actor, raw={"title": title, "text": text, **said}).article


def titles(articles: tuple[Article, ...]) -> list[str]:
    return [article.content.title for article in articles]


def search(actor: Actor, text: str, store_id: str = "") -> list[str]:
    return titles(selectors.search_articles(actor, text, store_id=store_id))


@pytest.fixture
def beach(alice: User) -> str:
    """Another store of Alice's Shop."""
    said = {"name": "Beach", "time_zone": "Europe/Madrid"}
    return stores.create_store(actor=alice.actor, said=said).store.store_id


def bound(actor: Actor, *store_ids: str) -> Actor:
    return replace(actor, stores=frozenset(store_ids))


def test_what_is_written_is_kept_and_found(ana: Actor, steve: Actor) -> None:
    made = services.create_article(
        actor=ana, raw={**RETURNS, "tags": ["Refunds", " refunds "]}
    ).article
    found = selectors.find_article(steve, article_id=made.id)
    assert found == made
    assert found.content.tags == {"refunds"}
    assert (found.author.name, found.version) == ("Ana", 1)
    for text in ("receipts", "VOUCHERS", "refund", "May he return it?", "Réceipt"):
        assert search(steve, text) == ["Returns without a receipt"], text
    assert search(steve, "zygote") == search(steve, "what can he do") == search(steve, "") == []


def test_what_is_wrong_is_said_of_every_field(ana: Actor) -> None:
    wrong = {"title": "x" * 121, "text": " ", "tags": ["x" * 31]}
    with pytest.raises(InvalidArticle) as refusal:
        services.create_article(actor=ana, raw=wrong)
    assert refusal.value.fields.keys() == wrong.keys()


def test_a_correction_keeps_both_texts(ana: Actor, steve: Actor) -> None:
    made = services.create_article(actor=ana, raw=RETURNS).article
    changed = services.change_article(
        actor=ana, article_id=made.id, raw={"text": "Fourteen days, in cash."}, version=1
    )
    assert (changed.version, changed.content.title) == (2, RETURNS["title"])
    assert search(steve, "voucher") == []
    assert search(steve, "cash") == [RETURNS["title"]]
    (last, first) = selectors.article_history(steve, changed).items
    assert last.changes == {"text": (RETURNS["text"], "Fourteen days, in cash.")}
    assert first.changes["title"] == (None, RETURNS["title"])
    same = services.change_article(actor=ana, article_id=made.id, raw={}, version=2)
    assert same.version == 2
    with pytest.raises(ArticleChanged) as race:
        services.change_article(actor=ana, article_id=made.id, raw={"text": "No."}, version=1)
    assert race.value.current == changed


def test_an_article_may_say_anything_else_in_one_transaction(ana: Actor, steve: Actor) -> None:
    """As many words as are kept, and none of them stays."""
    first, second = (
        " ".join(f"{stem}{number}x" for number in range(200)) for stem in ("old", "new")
    )
    made = write(ana, "old one", first)
    with measure() as meter:
        raw = {"title": "new two", "text": second}
        services.change_article(actor=ana, article_id=made.id, raw=raw, version=1)
    assert [call.operation for call in meter.calls] == ["GetItem", "TransactWriteItems"]
    assert search(steve, "old0x") == []
    assert search(steve, "new0x") == ["new two"]


def test_what_is_deleted_is_found_by_nobody_and_can_be_restored(
    alice: User, ana: Actor, steve: Actor
) -> None:
    made = services.create_article(actor=ana, raw=RETURNS).article
    with pytest.raises(PermissionDenied):
        services.delete_article(actor=ana, article_id=made.id, version=1)
    owner = alice.actor
    services.delete_article(actor=owner, article_id=made.id, version=1)
    assert search(steve, "receipt") == []
    assert selectors.list_articles(steve).items == ()
    assert titles(selectors.list_articles(owner, deleted=True).items) == [RETURNS["title"]]
    for reader in (steve, ana):
        with pytest.raises(ArticleNotFound):
            selectors.find_article(reader, article_id=made.id)
        with pytest.raises(PermissionDenied):
            selectors.list_articles(reader, deleted=True)
    with pytest.raises(ArticleDeleted):
        services.change_article(actor=owner, article_id=made.id, raw={"text": "No."}, version=2)
    restored = services.restore_article(actor=owner, article_id=made.id, version=2)
    assert (restored.version, restored.deleted_at) == (3, None)
    assert search(steve, "receipt") == [RETURNS["title"]]
    assert selectors.list_articles(owner, deleted=True).items == ()
    actions = [entry.action for entry in selectors.article_history(owner, restored).items]
    assert [action.removeprefix("supervisor.") for action in actions] == [
        *("restore_article", "delete_article", "add_article")
    ]


def test_those_of_a_store_are_for_who_reaches_it(
    alice: User, bob: User, charlie: User, ana: Actor, harbour: str, beach: str
) -> None:
    of_all = write(ana, "Refund everywhere")
    of_harbour = write(ana, "Refund at the harbour", store_id=harbour)
    of_beach = write(ana, "Refund at the beach", store_id=beach)
    there = bound(ana, harbour)
    expected = {"Refund everywhere", "Refund at the harbour"}
    for reader, store_id in ((there, ""), (there, harbour), (bob.actor, harbour)):
        assert set(search(reader, "refund", store_id)) == expected
        found = selectors.list_articles(reader, store_id=store_id).items
        assert set(titles(found)) == expected
    assert len(search(bob.actor, "refund")) == 3
    with pytest.raises(StoreNotFound):
        search(there, "refund", beach)
    with pytest.raises(ArticleNotFound):
        selectors.find_article(there, article_id=of_beach.id)
    with pytest.raises(ArticleNotFound):
        selectors.article_history(there, of_beach)
    # One's own stores can be written for; what holds everywhere can only be read.
    raw = {"text": "No."}
    assert services.change_article(actor=there, article_id=of_harbour.id, raw=raw, version=1)
    for refused, error in ((of_all, PermissionDenied), (of_beach, ArticleNotFound)):
        with pytest.raises(error):
            services.change_article(actor=there, article_id=refused.id, raw=raw, version=1)
    for store_id, refusal in (("", PermissionDenied), (beach, StoreNotFound)):
        with pytest.raises(refusal):
            write(there, "Refund", store_id=store_id)
        moved = {"store_id": store_id}
        with pytest.raises(refusal):
            services.change_article(actor=there, article_id=of_harbour.id, raw=moved, version=2)
    moved = {"store_id": beach}
    services.change_article(actor=ana, article_id=of_harbour.id, raw=moved, version=2)
    assert search(there, "refund") == ["Refund everywhere"]
    (last, *_rest) = selectors.article_history(ana, of_all).items
    assert last.action == "supervisor.add_article"
    # Another organisation knows nothing of all this.
    assert search(charlie.actor, "refund") == []
    assert selectors.list_articles(charlie.actor).items == ()
    with pytest.raises(ArticleNotFound):
        selectors.find_article(charlie.actor, article_id=of_all.id)
    with pytest.raises(ArticleNotFound):
        services.change_article(actor=charlie.actor, article_id=of_all.id, raw=raw, version=1)
    with pytest.raises(ArticleNotFound):
        services.delete_article(actor=charlie.actor, article_id=of_all.id, version=1)
    with pytest.raises(PermissionDenied):
        write(bob.actor, "Refund")


def test_a_cursor_of_the_history_opens_for_those_who_see_the_same(
    ana: Actor, harbour: str, beach: str
) -> None:
    article = write(ana, "Refund", store_id=beach)
    for number in range(selectors.HISTORY_PAGE):
        raw = {"text": f"Rule {number} of the beach", "store_id": harbour if number else beach}
        services.change_article(actor=ana, article_id=article.id, raw=raw, version=number + 1)
    article = selectors.find_article(ana, article_id=article.id)
    first = selectors.article_history(ana, article)
    older = selectors.article_history(ana, article, first.next_cursor)
    assert [entry.action for entry in older.items] == ["supervisor.add_article"]
    there = bound(ana, harbour)
    assert selectors.article_history(there, article).next_cursor is None
    with pytest.raises(InvalidCursor):
        selectors.article_history(there, article, first.next_cursor)
    at_both = bound(ana, harbour, beach)
    raw = {"text": "Rule 10 of the harbour"}
    for number in range(selectors.HISTORY_PAGE):
        raw = {"text": f"Rule {number} of the harbour"}
        version = selectors.HISTORY_PAGE + 1 + number
        services.change_article(actor=ana, article_id=article.id, raw=raw, version=version)
    own = selectors.article_history(there, article).next_cursor
    assert {
        "Rule" in str(entry.changes)
        for entry in selectors.article_history(there, article, own).items
    } == {True}
    with pytest.raises(InvalidCursor):
        selectors.article_history(at_both, article, own)


def test_of_many_corrections_of_one_version_one_wins(ana: Actor) -> None:
    made = services.create_article(actor=ana, raw=RETURNS).article

    def correct(number: int) -> Article:
        raw = {"text": f"Answer zygote{number}"}
        return services.change_article(actor=ana, article_id=made.id, raw=raw, version=1)

    answers = at_once(correct)
    winners = [one for one in answers if isinstance(one, Article)]
    assert len(winners) == 1
    assert all(isinstance(one, ArticleChanged) for one in answers if one not in winners), answers
    stored = selectors.find_article(ana, article_id=made.id)
    assert stored == winners[0]
    assert len(selectors.article_history(ana, stored).items) == 2
    findable = [number for number in range(64) if search(ana, f"zygote{number}")]
    assert [f"Answer zygote{number}" for number in findable] == [stored.content.text]


def test_a_request_is_offered_what_fits_it_best(
    ana: Actor, steve: Actor, harbour: str, beach: str
) -> None:
    write(ana, "Returning a mug", "Thirty days.")
    write(ana, "Broken things", "A mug that came broken is replaced.")
    write(ana, "Returns without receipt", "For a voucher.")
    write(ana, "Returns at the beach, without receipt", store_id=beach)
    write(ana, "Parking", "In the return yard.")
    asked = ask(steve, harbour, header="¿Return without a receipt?", body="It is a mug.")
    assert titles(selectors.offered(ana, asked)) == [
        *("Returns without receipt", "Returning a mug"),
    ]
    for number in range(8):
        write(ana, f"Receipt {number}")
    assert len(selectors.offered(ana, asked)) == selectors.MOST_OFFERED
    blind = replace(ana, permissions=frozenset({"supervisor.view_request"}))
    assert selectors.offered(blind, asked) == ()


def test_pages_are_whole_and_newest_first(ana: Actor, harbour: str, beach: str) -> None:
    for number in range(7):
        write(ana, str(number), store_id=harbour if number % 2 else beach)
    assert pages(ana) == [["6", "5"], ["4", "3"], ["2", "1"], ["0"]]
    assert pages(bound(ana, harbour)) == [["5", "3"], ["1"]]
    assert pages(ana, store_id=beach) == [["6", "4"], ["2", "0"]]


def pages(actor: Actor, **wanted: Any) -> list[list[str]]:
    found, cursor = [], None
    while True:
        page = selectors.list_articles(actor, limit=2, cursor=cursor, **wanted)
        found.append(titles(page.items))
        cursor = page.next_cursor
        if cursor is None:
            return [each for each in found if each]


def fill(article: Article, size: int) -> None:
    """So many older ones like it, in lists and under each of its words."""
    raw = {"version": {"N": "1"}, **article_item(article).serialize()}
    own_stamp = keys.stamp(article.created_at)

    def like(raw: dict[str, Any], *names: str) -> Iterator[dict[str, Any]]:
        for number in range(size):
            other, stamp = f"ARTICLE-{number:036d}", f"{number:013d}"
            texts = {name: raw[name]["S"].replace(article.id, other) for name in names}
            changed = {name: {"S": text.replace(own_stamp, stamp)} for name, text in texts.items()}
            yield {**raw, **changed}

    put_raw(ArticleItem, like(raw, "entry", "listKey"))
    for item in word_items(article):
        put_raw(WordItem, like(item.serialize(), "entry", "articleId", "scopeKey"))


def spent(actor: Actor, asked: Request, harbour: str) -> list[tuple[list[str], float]]:
    def one(act: Any) -> tuple[list[str], float]:
        meter: Meter
        with measure() as meter:
            assert act()
        return [call.operation for call in meter.calls], meter.capacity

    return [
        one(lambda: selectors.list_articles(actor).items),
        one(lambda: selectors.list_articles(actor, store_id=harbour).items),
        one(lambda: selectors.search_articles(actor, "Refund")),
        one(lambda: selectors.offered(actor, asked)),
    ]


def test_calls_and_capacity_are_the_same_at_a_hundred_and_at_three_thousand(
    ana: Actor, steve: Actor, harbour: str
) -> None:
    asked = ask(steve, harbour, header="Refund?", body="")
    article = write(ana, "Refund", "Refund!")
    fill(article, 100)
    few = spent(ana, asked, harbour)
    assert [calls for calls, _capacity in few] == [
        ["Query", "BatchGetItem"],
        ["GetItem", "Query", "BatchGetItem"],
        ["Query", "BatchGetItem"],
        # The word, and because very many have it, the organisation's and the store's by themselves.
        ["Query", "Query", "Query", "BatchGetItem"],
    ]
    fill(article, 3_000)
    assert spent(ana, asked, harbour) == few
    assert max(capacity for _calls, capacity in few) <= 20


def test_a_question_of_many_words_is_six_queries(ana: Actor, steve: Actor, harbour: str) -> None:
    header = "Alpha bravo charlie delta foxtrot golf"
    write(ana, header)
    asked = ask(steve, harbour, header=header, body="hotel india juliet kilo " * 40)
    with measure() as meter:
        assert selectors.offered(ana, asked)
    assert [call.operation for call in meter.calls] == ["Query"] * 6 + ["BatchGetItem"]
