"""Who gets what, and which values are taken, from programs and from the pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from django.test import Client

from accounts.entities import Actor, User
from accounts.stores import services as stores
from supervisor import selectors, services
from supervisor.knowledge import selectors as knowledge
from supervisor.knowledge import services as articles
from tests.accounts.fixtures import add_user
from tests.supervisor.test_api import QUESTION as SENT
from tests.supervisor.test_api import Api
from tests.supervisor.test_services import ask

WRONG_WAY = "since=2026-12-01T00:00:00Z&until=2026-01-01T00:00:00Z"


@pytest.fixture
def bot(alice: User, harbour: str) -> Api:
    user = add_user(email="bot@example.com", name="Bot", beside=alice, roles=("staff",))
    return Api(user, harbour)


def test_notes_are_for_those_who_may_answer(bot: Api, ana: Actor, harbour: str) -> None:
    made = bot.post("", SENT).json()["id"]
    services.note(actor=ana, store_id=harbour, request_id=made, text="Be careful with him.")
    services.claim(actor=ana, store_id=harbour, request_id=made)
    events = bot.get(f"/{made}/timeline").json()["items"]
    assert [(one["what"], one["note"]) for one in events] == [("claim", ""), ("ask", "")]
    shown = selectors.find_request(ana, store_id=harbour, request_id=made)
    assert len(selectors.timeline(ana, shown).items) == 3


def test_the_page_of_who_asked_has_no_notes(
    alice: User, ana: Actor, harbour: str, log_in: Callable[[User], Client]
) -> None:
    staff = add_user(email="staff@example.com", name="Sam", beside=alice, roles=("staff",))
    made = ask(staff.actor, harbour)
    services.note(actor=ana, store_id=harbour, request_id=made.id, text="Be careful with him.")
    page = f"/staff/requests/{harbour}/{made.id}/"
    assert b"Be careful" not in log_in(staff).get(page).content
    assert b"Be careful" in log_in(alice).get(page).content


@pytest.mark.parametrize(
    ("query", "status"),
    [
        (WRONG_WAY, 422),
        ("since=9999-01-01T00:00:00Z", 200),
        ("until=0001-01-01T00:00:00Z", 200),
        ("since=2300-01-01T00:00:00Z&until=2400-01-01T00:00:00Z", 200),
    ],
)
def test_times_at_which_nothing_was_asked_find_nothing(bot: Api, query: str, status: int) -> None:
    bot.post("", SENT)
    address = f"/api/v1/organisation/requests/pending?{query}"
    for answer in (bot.get(f"/pending?{query}"), bot._client.get(address, headers=bot._headers)):
        assert answer.status_code == status, answer.content
        assert not answer.json().get("items")


def test_days_the_wrong_way_round_are_refused_beside_the_field(
    alice: User, log_in: Callable[[User], Client]
) -> None:
    client = log_in(alice)
    page = client.get("/staff/requests/?since=2026-12-01&until=2026-01-01")
    assert page.status_code == 422
    assert b"The end is before the beginning." in page.content
    assert client.get("/staff/requests/?since=2099-12-31").status_code == 200


def test_the_etag_tells_whether_the_number_is_masked(
    bot: Api, alice: User, bob: User, harbour: str
) -> None:
    made = bot.post("", SENT).json()["id"]
    mia = add_user(email="mia@example.com", name="Mia", beside=alice, roles=("supervisor",))
    viewer = Api(bob, harbour)
    masked = viewer.get(f"/{made}")
    assert masked.json()["phone_number"] == "••••••••••56"
    known = {"If-None-Match": masked.headers["ETag"]}
    for who_sees_it in (Api(mia, harbour), bot):
        shown = who_sees_it.get(f"/{made}", **known)
        assert (shown.status_code, shown.json()["phone_number"]) == (200, "+34600123456")
    assert viewer.get(f"/{made}", **known).status_code == 304


@pytest.mark.parametrize("wrong", [{"priority": True}, {"priority": "3"}, {"priority": 3.0}])
def test_numbers_are_numbers(bot: Api, wrong: dict[str, object]) -> None:
    assert bot.post("", {**SENT, **wrong}).status_code == 422


def test_tags_are_lines_and_deadlines_texts(bot: Api) -> None:
    tags = ["\x00Returns", "a\u202eb"]
    deadline = "2026-01-01T00:00:00Z"
    assert bot.post("", {**SENT, "tags": tags}).json()["tags"] == ["ab", "returns"]
    late = bot.post("", {**SENT, "deadline": deadline})
    assert "thirty days" in late.content.decode()


def test_the_tag_of_the_queue_tells_whether_there_are_more(
    alice: User, ana: Actor, harbour: str, log_in: Callable[[User], Client]
) -> None:
    for number in range(selectors.PAGE):
        ask(ana, harbour, header=str(number), priority=9)
    client = log_in(alice)
    address = f"/staff/requests/?store={harbour}"
    page = client.get(address).content.decode()
    assert 'data-app-count="25"' in page
    tag = re.search(r"If-None-Match.*?([0-9a-f]{24})", page)
    assert tag is not None
    known = {"If-None-Match": f'"{tag[1]}"'}
    assert client.get(address, headers=known).status_code == 304
    ask(ana, harbour, header="One more", priority=0)
    fuller = client.get(address, headers=known)
    assert fuller.status_code == 200
    assert b'data-app-count="25+"' in fuller.content


def test_what_an_article_said_elsewhere_is_not_for_who_is_bound_to_a_store(
    alice: User, ana: Actor, harbour: str
) -> None:
    said = {"name": "Quay", "time_zone": "UTC"}
    quay = stores.create_store(actor=alice.actor, said=said).store.store_id
    written = {"title": "Safe", "text": "Code 1234", "store_id": harbour}
    article = articles.create_article(actor=alice.actor, raw=written).article
    for version, raw in enumerate([{"text": "Code 9", "store_id": quay}, {"text": "Code 10"}], 1):
        articles.change_article(actor=alice.actor, article_id=article.id, raw=raw, version=version)
    bound = replace(ana, stores=frozenset({quay}))
    here = knowledge.find_article(bound, article_id=article.id)
    shown = knowledge.article_history(bound, here)
    assert [one.changes for one in shown.items] == [{"text": ("Code 9", "Code 10")}]
    assert shown.next_cursor is None
    assert len(knowledge.article_history(ana, here).items) == 3
