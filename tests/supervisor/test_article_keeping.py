"""Answers that are kept as articles: once each."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client

from accounts.entities import Actor, User
from storage.meter import measure
from supervisor import services as requests
from supervisor.entities import Request
from supervisor.knowledge import selectors, services
from supervisor.knowledge.entities import Origin
from supervisor.knowledge.errors import AlreadyKept, InvalidArticle
from tests.accounts.people.company import member, store_of
from tests.catalog.api_client import Api
from tests.supervisor.test_article_api import ARTICLES as ADDRESS
from tests.supervisor.test_article_pages import ARTICLES, form_of
from tests.supervisor.test_articles import write
from tests.supervisor.test_pages import page_of, text_of
from tests.supervisor.test_services import ask

LogIn = Callable[[User], Client]
ANSWER = "Thirty days, for a voucher."
RAW = {"title": "Returns", "text": ANSWER}


@pytest.fixture
def browser(alice: User, log_in: LogIn) -> Client:
    return log_in(alice)


@pytest.fixture
def answered(steve: Actor, ana: Actor, harbour: str) -> Request:
    made = ask(steve, harbour, header="Without receipt?", body="He bought it in May.")
    return requests.answer(actor=ana, store_id=harbour, request_id=made.id, text=ANSWER)


def origin_of(request: Request) -> Origin:
    return Origin(request.store_id, request.id)


def address_of_form(browser: Client, request: Request) -> str:
    page = text_of(browser.get(page_of(request.id, request.store_id)))
    return unescape(re.findall(rf'"({ARTICLES}new/[^"]*)"', page)[0])


def test_what_was_kept_is_linked_and_not_offered_again(
    browser: Client, alice: User, ana: Actor, answered: Request
) -> None:
    address = address_of_form(browser, answered)
    form = text_of(browser.get(address))
    assert answered.question.body in form, "beside the form, to be looked at"
    filled = form_of(form)
    assert filled["text"] == ANSWER
    kept = browser.post(f"{ARTICLES}new/", filled)
    again = browser.post(f"{ARTICLES}new/", filled)
    assert (kept.status_code, again.headers["Location"]) == (302, kept.headers["Location"])
    (article,) = selectors.list_articles(ana).items
    assert article.kept_from == origin_of(answered)
    with measure() as meter:
        page = text_of(browser.get(page_of(answered.id, answered.store_id)))
    assert "Keep as an article" not in page
    assert f'<a href="{ARTICLES}{article.id}/">Kept as an article: Without receipt?</a>' in page
    assert sum(call.table.endswith("supervisor-knowledge") for call in meter.calls) == 1
    assert page_of(answered.id, answered.store_id) in text_of(
        browser.get(f"{ARTICLES}{article.id}/")
    )
    # An old tab.
    assert browser.get(address).headers["Location"] == f"{ARTICLES}{article.id}/"
    late = browser.post(f"{ARTICLES}new/", {**filled, "text": "Mine", "token": "other"})
    assert late.status_code == 409
    assert f'<a href="{ARTICLES}{article.id}/">Without receipt?</a>' in text_of(late)
    assert form_of(text_of(late))["text"] == "Mine"
    services.delete_article(actor=alice.actor, article_id=article.id, version=1)
    assert address_of_form(browser, answered) == address


def test_only_an_answer_is_kept_and_only_once(
    ana: Actor, steve: Actor, harbour: str, answered: Request
) -> None:
    waits = ask(steve, harbour)
    with pytest.raises(InvalidArticle) as refusal:
        services.create_article(actor=ana, raw=RAW, kept_from=origin_of(waits))
    assert [*refusal.value.fields] == ["kept_from"]
    kept = services.create_article(actor=ana, raw=RAW, kept_from=origin_of(answered)).article
    with pytest.raises(AlreadyKept) as race:
        services.create_article(actor=ana, raw=RAW, kept_from=origin_of(answered))
    assert race.value.current == kept
    changed = services.change_article(actor=ana, article_id=kept.id, raw={"text": "No."}, version=1)
    assert changed.kept_from == origin_of(answered)


def test_programs_see_what_is_in_the_way(alice: User, answered: Request) -> None:
    api = Api(alice)
    said: dict[str, Any] = {
        **RAW,
        "kept_from": {"store_id": answered.store_id, "request_id": answered.id},
    }
    kept = api.post(said, ADDRESS)
    assert (kept.status_code, kept.json()["kept_from"]) == (201, said["kept_from"])
    again = api.post(said, ADDRESS)
    assert (again.status_code, again.json()["code"]) == (409, "already_kept")
    assert again.json()["current"] == kept.json()
    assert again.headers["ETag"] == kept.headers["ETag"]
    made = write(alice.actor, "Parking")
    services.delete_article(actor=alice.actor, article_id=made.id, version=1)
    refused = api.patch(f"{ADDRESS}/{made.id}", {"text": "No."}, If_Match=f'"{made.id}-2"')
    assert (refused.status_code, refused.json()["code"]) == (409, "article_deleted")
    assert refused.json()["current"]["deleted_at"]
    nobodys = {**said, "kept_from": {"store_id": answered.store_id, "request_id": "a" * 16}}
    assert api.post(nobodys, ADDRESS).status_code == 404


def test_the_question_is_linked_for_who_reaches_its_store(
    alice: User, ana: Actor, answered: Request, log_in: LogIn
) -> None:
    kept = services.create_article(actor=ana, raw=RAW, kept_from=origin_of(answered)).article
    other = store_of(alice, "Quay")
    inside = member(alice, "Ida", "staff", stores=[answered.store_id])
    outside = member(alice, "Otto", "staff", stores=[other])
    link = page_of(answered.id, answered.store_id)
    assert link in text_of(log_in(inside).get(f"{ARTICLES}{kept.id}/"))
    page = text_of(log_in(outside).get(f"{ARTICLES}{kept.id}/"))
    assert RAW["title"] in page
    assert link not in page
