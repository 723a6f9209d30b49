"""The page of one request, and what whoever asked can add to it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client

from accounts.entities import Actor, User
from accounts.errors import PermissionDenied
from storage.meter import measure
from supervisor import canned_answers, notices, selectors, services, transitions
from supervisor.entities import LEASE, MOST_ADDITIONS, Request
from supervisor.errors import StepRefused
from supervisor.request_presentation import said_news, tag_of
from tests.accounts.fixtures import add_user
from tests.supervisor.test_api import Api
from tests.supervisor.test_pages import page_of, text_of
from tests.supervisor.test_services import ask
from tests.supervisor.test_transitions import ANA, ASKED, NOW

LogIn = Callable[[User], Client]


@pytest.fixture
def sam(alice: User) -> User:
    return add_user(email="sam@example.com", name="Sam", beside=alice, roles=("staff",))


def keys(request: Request) -> dict[str, Any]:
    return {"store_id": request.store_id, "request_id": request.id}


def tag_in(page: str) -> str:
    tag: str = json.loads(unescape(re.findall(r"hx-headers='(.+?)'", page)[0]))["If-None-Match"]
    return tag


def poll(browser: Client, address: str, tag: str) -> Any:
    return browser.get(address, headers={"HX-Request": "true", "If-None-Match": tag})


def test_who_asked_adds_to_the_question_while_it_waits(
    alice: User, sam: User, ana: Actor, harbour: str, log_in: LogIn
) -> None:
    made = ask(sam.actor, harbour)
    address = page_of(made.id, harbour)
    asker, owner = log_in(sam), log_in(alice)
    wrong = asker.post(f"{address}add/", {"addition": "x" * 1001})
    assert wrong.status_code == 422
    assert "too long" in text_of(wrong)
    assert asker.post(f"{address}add/", {"addition": "Order\n4712"}).status_code == 302
    added = selectors.find_request(ana, **keys(made))
    assert (added.deadline, added.question) == (made.deadline, made.question)
    assert [one.text for one in added.additions] == ["Order\n4712"]
    assert added.version == (made.version or 0) + 1, "so that whoever looks learns of it"
    for page in (text_of(owner.get(address)), text_of(asker.get(address))):
        assert page.index("Order\n4712") < page.index("Nobody is on it yet.")
        assert "Added by Sam" in page
    assert "What supervisors should know as well" not in text_of(owner.get(address))
    services.answer(actor=ana, **keys(made), text="Yes.")
    late = asker.post(f"{address}add/", {"addition": "Or 4713?"})
    assert late.status_code == 409
    assert "Or 4713?" in text_of(late)


def test_programs_add_to_their_own_questions_only(
    alice: User, charlie: User, sam: User, ana: Actor, harbour: str
) -> None:
    made = ask(sam.actor, harbour)
    path, said = f"/{made.id}/additions", {"addition": "Order 4712"}
    asker = Api(sam, harbour)
    before = asker.get(f"/{made.id}").headers["ETag"]
    assert asker.post(path, {"addition": " "}).status_code == 422
    assert asker.post(path, said).status_code == 200
    assert asker.get(f"/{made.id}").headers["ETag"] != before
    assert [one["text"] for one in asker.get(f"/{made.id}").json()["additions"]] == ["Order 4712"]
    events = asker.get(f"/{made.id}/timeline").json()["items"]
    assert [(one["what"], one["addition"]) for one in events] == [
        ("add", "Order 4712"),
        ("ask", ""),
    ]
    for _ in range(MOST_ADDITIONS - 1):
        assert asker.post(path, said).status_code == 200
    too_many = asker.post(path, said)
    assert (too_many.status_code, too_many.json()["code"]) == (409, "too_many_additions")
    refused = Api(alice, harbour).post(path, said)
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    assert Api(charlie, harbour).post(path, said).status_code == 404
    with pytest.raises(PermissionDenied):
        services.add(actor=ana, **keys(made), text="More")
    services.cancel(actor=sam.actor, **keys(made))
    late = asker.post(path, said)
    assert (late.status_code, late.json()["code"]) == (409, "step_refused")


def test_it_says_until_when_somebody_is_on_it_and_how_to_call(
    alice: User, bob: User, ana: Actor, harbour: str, log_in: LogIn
) -> None:
    made = ask(ana, harbour)
    address, browser = page_of(made.id, harbour), log_in(alice)
    browser.post(f"{address}claim/")
    page = text_of(browser.get(address))
    for shown in ("You are on it", "15 minutes</time> left", "Prolong it", "Give it back"):
        assert shown in page
    assert 'href="tel:+34600123456"' in page
    first = selectors.find_request(ana, **keys(made)).handling
    browser.post(f"{address}claim/")
    again = selectors.find_request(ana, **keys(made)).handling
    assert first is not None
    assert again is not None
    assert again.until > first.until
    assert "tel:" not in text_of(log_in(bob).get(address))
    supervisor = add_user(email="mia@example.com", name="Mia", beside=alice, roles=("supervisor",))
    page = text_of(log_in(supervisor).get(address))
    assert "anybody can take it on" in page
    assert "Close it without an answer" not in page, "while somebody is on it"


def test_news_costs_one_read_and_nothing_while_there_is_none(
    alice: User, sam: User, ana: Actor, harbour: str, log_in: LogIn
) -> None:
    made = ask(sam.actor, harbour)
    address, browser = page_of(made.id, harbour), log_in(alice)
    tag = tag_in(text_of(browser.get(address)))
    services.note(actor=ana, **keys(made), text="A note is no news")
    with measure() as meter:
        same = poll(browser, address, tag)
    assert (same.status_code, same.content) == (304, b"")
    assert [call.operation for call in meter.calls] == ["GetItem", "BatchGetItem", "Query"]
    steps: list[tuple[Callable[[], object], str]] = [
        (lambda: services.add(actor=sam.actor, **keys(made), text="4712"), "Sam has added"),
        (lambda: services.claim(actor=ana, **keys(made)), "Ana is on it now."),
        (lambda: services.answer(actor=ana, **keys(made), text="Yes."), "Ana has answered it"),
    ]
    for act, said in steps:
        act()
        news = text_of(poll(browser, address, tag))
        assert said in news
        assert "<textarea" not in news
        tag = tag_in(news) if "hx-get" in news else ""
    assert tag == "", "it is not asked for any more"


def test_what_the_clock_has_changed_is_said_as_well() -> None:
    claimed = replace(transitions.claim(ASKED, ANA, NOW), deadline=NOW + timedelta(days=1))
    known = tag_of(claimed)
    later = claimed.as_of(NOW + LEASE)
    assert tag_of(later) != known
    assert said_news(later, known, None) == "Nobody is on it any more."
    late = claimed.as_of(NOW + timedelta(days=2))
    assert said_news(late, known, None) == "It has timed out."


def test_a_late_answer_is_kept_and_does_not_replace_the_other(
    alice: User, ana: Actor, harbour: str, log_in: LogIn
) -> None:
    made = ask(ana, harbour)
    services.claim(actor=ana, **keys(made))
    browser, address = log_in(alice), page_of(made.id, harbour, "answer")
    early = browser.post(address, {"answer": "My long answer"})
    assert early.status_code == 409
    for shown in ("Ana is on it.", "What you wrote was not sent", "My long answer"):
        assert shown in text_of(early)
    services.answer(actor=ana, **keys(made), text="Yes.")
    late = browser.post(address, {"answer": "My long answer"})
    assert late.status_code == 409
    page = text_of(late)
    assert "What you wrote was not sent" in page
    assert "My long answer" in page
    (box,) = re.findall(r'<textarea name="answer".*?>\s*(.*?)</textarea>', page, re.DOTALL)
    assert box == "Yes."


def test_a_correction_is_of_the_answer_that_was_seen(
    alice: User, ana: Actor, harbour: str, log_in: LogIn
) -> None:
    made = ask(ana, harbour)
    seen = services.answer(actor=ana, **keys(made), text="Yes.").version
    services.correct(actor=ana, store_id=harbour, request_id=made.id, text="No.")
    browser, address = log_in(alice), page_of(made.id, harbour, "answer")
    mine = {"answer": "Perhaps.", "correct": "1"}
    late = browser.post(address, {**mine, "version": seen})
    assert late.status_code == 409
    assert "What you wrote was not sent" in text_of(late)
    (version,) = re.findall(r'name="version" value="(\d+)"', text_of(late))
    assert browser.post(address, {**mine, "version": version}).status_code == 302


def test_what_nobody_answered_can_be_asked_again(
    alice: User, bob: User, ana: Actor, harbour: str, log_in: LogIn
) -> None:
    made = ask(alice.actor, harbour, priority=5)
    services.cancel(actor=alice.actor, **keys(made))
    browser = log_in(alice)
    (again,) = re.findall(r'href="(.*?again=.*?)"', text_of(browser.get(page_of(made.id, harbour))))
    form = text_of(browser.get(unescape(again)))
    for said in ("May he return it?", "Mr Romero", "+34600123456", 'value="3" selected'):
        assert said in form
    others = ask(ana, harbour)
    address = f"/staff/requests/new/?store={harbour}&again={others.id}"
    assert "Mr Romero" not in text_of(browser.get(address))


def test_everything_that_is_wrong_with_a_question_is_said_at_once(
    alice: User, harbour: str, log_in: LogIn
) -> None:
    browser = log_in(alice)
    form = {
        "store": harbour,
        "header": "W" * 81,
        "body": "x" * 5001,
        "priority": "6",
        "phone_number": "call me",
        "tags": "t" * 31,
    }
    answer = browser.post("/staff/requests/new/", form)
    assert answer.status_code == 422
    wrong = re.findall(r'id="id_(\w+)_error"', text_of(answer))
    assert wrong == ["header", "body", "phone_number", "tags"]
    for kept in ("W" * 81, "x" * 5001, "call me", "t" * 31, harbour):
        assert kept in text_of(answer)
    assert "maxlength" not in text_of(answer).partition("<main")[2]


def test_nobody_is_assigned_by_chance_and_who_is_on_duty_comes_first(
    alice: User, ana: Actor, harbour: str, log_in: LogIn
) -> None:
    mia = add_user(email="mia@example.com", name="Mia", beside=alice, roles=("supervisor",))
    notices.set_duty(actor=mia.actor, on_duty=True)
    made = ask(ana, harbour)
    address, browser = page_of(made.id, harbour, "assign"), log_in(alice)
    page = text_of(browser.get(address))
    assert page.index("Choose somebody") < page.index('label="On duty"') < page.index("(you)")
    assert browser.post(address, {"user_id": ""}).status_code == 422
    assert browser.post(address, {"user_id": mia.user_id}).status_code == 302
    assert "Mia, on it now" in text_of(browser.get(address))


def test_the_next_one_is_the_most_urgent_that_nobody_else_is_on(
    alice: User, sam: User, ana: Actor, harbour: str, log_in: LogIn
) -> None:
    soon, now, taken = (ask(ana, harbour, priority=priority) for priority in (6, 9, 8))
    services.claim(actor=ana, **keys(taken))
    browser = log_in(alice)

    def leads_to(after: str) -> str:
        return str(browser.get("/staff/requests/next/", {"after": after}).headers["Location"])

    assert leads_to("") == page_of(now.id, harbour)
    assert leads_to(now.id) == page_of(soon.id, harbour)
    assert leads_to(soon.id) == page_of(now.id, harbour), "round about"
    for request in (soon, now):
        services.answer(actor=ana, **keys(request), text="Yes.")
    assert leads_to(now.id) == "/staff/requests/"
    assert log_in(sam).get("/staff/requests/next/").status_code == 403


def test_others_close_a_question_only_while_nobody_is_on_it(
    steve: Actor, ana: Actor, harbour: str
) -> None:
    made = ask(steve, harbour)
    services.claim(actor=ana, **keys(made))
    luis = replace(ana, user_id="USER-luis", name="Luis")
    with pytest.raises(StepRefused, match="Ana is on it"):
        services.cancel(actor=luis, **keys(made))
    assert services.cancel(actor=steve, **keys(made)).handling is None


def test_a_priority_is_changed_by_who_has_seen_the_one_that_holds(
    alice: User, ana: Actor, harbour: str, log_in: LogIn
) -> None:
    made = ask(ana, harbour, priority=7)
    browser, address = log_in(alice), page_of(made.id, harbour, "priority")
    offered = text_of(browser.get(page_of(made.id, harbour)))
    assert '<option value="7" selected' in offered
    (seen,) = re.findall(r'name="version" value="(\d+)"', offered)
    assert browser.post(address, {"priority": "7", "version": seen}).status_code == 302
    services.prioritise(actor=ana, **keys(made), priority=3)
    late = browser.post(address, {"priority": "9", "version": seen})
    assert late.status_code == 409
    page = text_of(late)
    assert "Somebody else changed this request in the meantime." in page
    assert '<option value="9" selected' in page
    (now,) = re.findall(r'name="version" value="(\d+)"', page)
    assert browser.post(address, {"priority": "9", "version": now}).status_code == 302
    assert browser.post(address, {"priority": "12"}).status_code == 422


def test_a_refused_answer_never_becomes_a_correction_of_what_nobody_saw(
    alice: User, ana: Actor, harbour: str, log_in: LogIn
) -> None:
    made = ask(alice.actor, harbour)
    browser, address = log_in(alice), page_of(made.id, harbour)
    services.answer(actor=ana, **keys(made), text="One.")
    for refused in (" ", "x" * 5001):
        page = browser.post(f"{address}answer/", {"answer": refused})
        assert page.status_code == 409
        assert "Somebody was faster." in text_of(page)
        (version,) = set(re.findall(r'name="version" value="(\d+)"', text_of(page)))
    services.correct(actor=ana, **keys(made), text="Two.")
    for sent in ({}, {"version": version}):
        mine = {"answer": "Mine.", "correct": "1", **sent}
        assert browser.post(f"{address}answer/", mine).status_code in (409, 422)
    found = selectors.find_request(ana, **keys(made))
    assert found.answer
    assert found.answer.text == "Two."


def test_what_was_typed_is_shown_where_the_page_has_no_box_for_it_any_more(
    alice: User, ana: Actor, harbour: str, log_in: LogIn
) -> None:
    made = ask(alice.actor, harbour)
    canned = canned_answers.add_canned_answer(actor=alice.actor, title="Returns", text="Yes.")
    browser, address = log_in(alice), page_of(made.id, harbour)
    fill = {"fill": "1", "canned": canned.id}
    assert "What I typed" in text_of(
        browser.post(f"{address}answer/", {"answer": "What I typed", **fill})
    )
    services.claim(actor=ana, **keys(made))
    long = f"What I typed{'.' * 5000}"
    for sent in ({"answer": "What I typed", **fill}, {"answer": long}):
        page = browser.post(f"{address}answer/", sent)
        assert page.status_code == 409
        assert "What I typed" in text_of(page)
    services.answer(actor=ana, **keys(made), text="Yes.")
    for sent in ({"answer": "What I typed", **fill}, {"answer": "What I typed", "correct": "1"}):
        page = browser.post(f"{address}answer/", sent)
        assert page.status_code == 409
        assert "Hidden field" not in text_of(page)
        assert "What I typed" in text_of(page)


def test_what_was_added_stays_in_sight_whatever_happens_after_it(
    alice: User, sam: User, ana: Actor, harbour: str, log_in: LogIn
) -> None:
    made = ask(sam.actor, harbour)
    services.add(actor=sam.actor, **keys(made), text="Order 4712")
    for number in range(selectors.TIMELINE_PAGE + 1):
        services.note(actor=ana, **keys(made), text=f"{number}")
    for user in (alice, sam):
        assert "Order 4712" in text_of(log_in(user).get(page_of(made.id, harbour)))


def test_the_next_one_is_found_below_those_that_others_are_on(
    alice: User, ana: Actor, harbour: str, log_in: LogIn
) -> None:
    browser = log_in(alice)
    for number in range(selectors.PAGE):
        busy = ask(alice.actor, harbour, priority=9, header=f"{number}")
        services.claim(actor=ana, **keys(busy))
    free = ask(alice.actor, harbour, priority=0)
    assert browser.get("/staff/requests/next/").headers["Location"] == page_of(free.id, harbour)
    services.claim(actor=ana, **keys(free))
    assert "Nothing else waits for you." in text_of(
        browser.get("/staff/requests/next/", follow=True)
    )
