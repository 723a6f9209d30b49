from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client

from accounts.entities import Actor, User
from accounts.stores.services import delete_store
from storage.meter import measure
from supervisor import services as requests
from supervisor.knowledge import selectors, services
from tests.accounts.fixtures import add_user
from tests.supervisor.test_articles import RETURNS, write
from tests.supervisor.test_pages import page_of, text_of
from tests.supervisor.test_services import ask

ARTICLES = "/staff/articles/"
LogIn = Callable[[User], Client]


@pytest.fixture
def browser(alice: User, log_in: LogIn) -> Client:
    return log_in(alice)


def form_of(page: str) -> dict[str, str]:
    """What the form of a page is filled with."""
    values = re.findall(r'name="(\w+)" value="([^"]*)"', page)
    texts = re.findall(r'<textarea name="(\w+)"[^>]*>\s*([^<]*)</textarea>', page)
    chosen = re.findall(r'name="(store_id)".*?value="([^"]*)" selected', page, re.DOTALL)
    return {name: unescape(value) for name, value in [*values, *texts, *chosen]}


def test_an_answer_is_kept_offered_and_used_again(
    browser: Client, steve: Actor, ana: Actor, harbour: str
) -> None:
    first = ask(steve, harbour, header="Return without receipt?", tags=["returns"])
    text = "Thirty days & a voucher."
    requests.answer(actor=ana, store_id=harbour, request_id=first.id, text=text)
    page = text_of(browser.get(page_of(first.id, harbour)))
    assert "Keep as an article" in page
    address = unescape(re.findall(rf'"({ARTICLES}new/[^"]*)"', page)[0])
    filled = form_of(text_of(browser.get(address)))
    assert filled["title"] == "Return without receipt?"
    assert (filled["text"], filled["tags"]) == (text, "returns")
    assert filled["store_id"] == harbour
    kept = browser.post(f"{ARTICLES}new/", filled)
    assert kept.status_code == 302
    (article,) = selectors.list_articles(ana).items
    assert kept.headers["Location"] == f"{ARTICLES}{article.id}/"
    assert article.content.store_id == harbour

    second = ask(steve, harbour, header="He has no receipt. Returns?")
    page = text_of(browser.get(page_of(second.id, harbour)))
    assert "that may answer it" in page
    assert "Thirty days &amp; a voucher.</textarea>" not in page
    use = re.findall(rf'"({page_of(second.id, harbour)}\?article=[^"#]*)#', page)[0]
    refused = browser.post(page_of(second.id, harbour, "answer"), {"answer": ""})
    assert refused.status_code == 422
    assert f'href="{use}#' in unescape(text_of(refused))
    used = text_of(browser.get(use))
    assert "Thirty days &amp; a voucher.</textarea>" in used
    gone = browser.get(page_of(second.id, harbour) + "?article=ARTICLE-of-nobody")
    assert "</textarea>" in text_of(gone)


def test_only_who_answers_is_offered_anything(
    log_in: LogIn, bob: User, steve: Actor, ana: Actor, harbour: str
) -> None:
    write(ana, "Return without receipt")
    asked = ask(steve, harbour, header="Return without receipt?")
    viewer = log_in(bob)
    with measure() as meter:
        page = text_of(viewer.get(page_of(asked.id, harbour)))
    assert "that may answer it" not in page
    few = len(meter.calls)
    requests.answer(actor=ana, store_id=harbour, request_id=asked.id, text="Yes.")
    with measure() as meter:
        page = text_of(viewer.get(page_of(asked.id, harbour)))
    assert "Keep as an article" not in page
    assert len(meter.calls) <= few


def test_articles_are_listed_and_searched(browser: Client, ana: Actor, harbour: str) -> None:
    assert "No articles yet" in text_of(browser.get(ARTICLES))
    write(ana, "Returns", tags=["receipts"])
    write(ana, "Parking", store_id=harbour)
    everything = text_of(browser.get(ARTICLES))
    assert everything.index("Parking") < everything.index("Returns")
    assert "Whole organisation" in everything
    found = text_of(browser.get(ARTICLES, {"q": "Recéipt", "store": harbour}))
    assert "Returns" in found
    assert "Parking" not in found
    assert "Nothing found" in text_of(browser.get(ARTICLES, {"q": "zygote"}))
    with measure() as meter:
        browser.get(ARTICLES)
    # Session, person; the list, its articles; the stores to choose from.
    assert [call.operation for call in meter.calls] == [
        *("GetItem", "BatchGetItem", "Query", "BatchGetItem", "Query", "Query")
    ]


def test_what_is_wrong_stands_beside_the_field_and_nothing_is_lost(browser: Client) -> None:
    answer = browser.post(f"{ARTICLES}new/", {"title": "A & B", "text": " ", "version": "0"})
    assert answer.status_code == 422
    assert "A &amp; B" in text_of(answer)
    assert 'aria-invalid="true"' in text_of(answer)


def test_who_corrects_an_old_version_sees_both(browser: Client, alice: User, ana: Actor) -> None:
    made = services.create_article(actor=ana, raw=RETURNS).article
    address = f"{ARTICLES}{made.id}/"
    mine = {**form_of(text_of(browser.get(address))), "text": "Mine, later."}
    raw = {"text": "Theirs, sooner."}
    services.change_article(actor=ana, article_id=made.id, raw=raw, version=1)
    race = browser.post(address, mine)
    assert race.status_code == 409
    page = text_of(race)
    assert "Theirs, sooner." in page
    again = form_of(page)
    assert (again["text"], again["version"]) == ("Mine, later.", "2")
    assert browser.post(address, again).status_code == 302
    history = text_of(browser.get(address))
    assert "<del>Theirs, sooner.</del>" in history
    assert "<ins>Mine, later.</ins>" in history
    assert f"<del>{RETURNS['text']}</del>" in history
    services.delete_article(actor=alice.actor, article_id=made.id, version=3)
    late = browser.post(address, again)
    assert late.status_code == 409


def test_a_correction_leaves_an_article_with_its_store_although_that_is_gone(
    browser: Client, alice: User, ana: Actor, harbour: str
) -> None:
    made = write(ana, "Parking", store_id=harbour)
    delete_store(actor=alice.actor, store_id=harbour, version=1)
    address = f"{ARTICLES}{made.id}/"
    form = form_of(text_of(browser.get(address)))
    assert browser.post(address, {**form, "text": "No."}).status_code == 302
    content = selectors.find_article(ana, article_id=made.id).content
    assert (content.text, content.store_id) == ("No.", harbour)
    assert "Harbour" in text_of(browser.get(ARTICLES))


def test_an_article_is_deleted_and_restored(browser: Client, ana: Actor) -> None:
    made = services.create_article(actor=ana, raw=RETURNS).article
    address = f"{ARTICLES}{made.id}/"
    assert browser.post(f"{address}delete/").status_code == 409
    assert browser.post(f"{address}delete/", {"version": "1"}).status_code == 302
    assert f"{RETURNS['title']}</a>" not in text_of(browser.get(ARTICLES))
    assert RETURNS["title"] in text_of(browser.get(ARTICLES, {"state": "deleted"}))
    page = text_of(browser.get(address))
    assert "Correct the article" not in page
    assert browser.post(f"{address}restore/", {"version": "2"}).status_code == 302
    assert "Correct the article" in text_of(browser.get(address))


def test_who_may_do_what(
    log_in: LogIn, alice: User, bob: User, charlie: User, ana: Actor, harbour: str
) -> None:
    made = write(ana, "Returns", store_id=harbour)
    address = f"{ARTICLES}{made.id}/"
    form = {"title": "No", "text": "No", "version": "1"}
    reader, outsider = log_in(bob), log_in(charlie)
    mia = log_in(add_user(email="mia@example.com", name="Mia", beside=alice, roles=("supervisor",)))
    assert "Correct the article" not in text_of(reader.get(address))
    assert "Correct the article" in text_of(mia.get(address))
    for client, read, write_, delete in (
        (reader, 200, 403, 403),
        (outsider, 404, 404, 404),
        (mia, 200, 422, 403),
        (Client(), 302, 302, 302),
    ):
        assert client.get(address).status_code == read
        assert client.post(address, {**form, "text": ""}).status_code == write_
        for step in ("delete", "restore"):
            assert client.post(f"{address}{step}/", form).status_code == delete
    assert reader.get(f"{ARTICLES}new/").status_code == 403
    assert reader.get(ARTICLES, {"state": "deleted"}).status_code == 403
    assert "Returns" not in text_of(outsider.get(ARTICLES))
    # Nor does the form show what somebody else's request says.
    asked = ask(ana, harbour)
    query = {"store": harbour, "request": asked.id}
    assert outsider.get(f"{ARTICLES}new/", query).status_code == 404
