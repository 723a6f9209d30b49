from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client

from accounts.entities import Actor, User
from storage.meter import measure
from storage.transactions import Transaction
from supervisor import repository, selectors, services
from supervisor.entities import Code, now_in_milliseconds
from tests.accounts.fixtures import add_user
from tests.supervisor.test_services import ask, overdue

QUEUE = "/staff/requests/"
LogIn = Callable[[User], Client]


def page_of(request_id: str, store_id: str, step: str = "") -> str:
    return f"{QUEUE}{store_id}/{request_id}/{step and step + '/'}"


def text_of(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined,no-any-return]


@pytest.fixture
def browser(alice: User, log_in: LogIn) -> Client:
    return log_in(alice)


def test_staff_ask_and_the_owner_answers(browser: Client, steve: Actor, harbour: str) -> None:
    form = {
        "store": harbour,
        "header": "May he return it?",
        "body": "Bought in March.",
        "priority": "6",
        "phone_number": "+34 600 123 456",
        "tags": "returns, sizes",
    }
    answer = browser.post(f"{QUEUE}new/", form)
    (waiting,) = selectors.list_pending(steve, store_id=harbour).items
    assert answer.headers["Location"] == page_of(waiting.id, harbour)
    assert waiting.tags == {"returns", "sizes"}
    page = text_of(browser.get(QUEUE))
    assert "May he return it?" in page
    assert "Take it on" in page
    assert browser.post(page_of(waiting.id, harbour, "claim")).status_code == 302
    assert "You are on it" in text_of(browser.get(QUEUE))
    assert "+34600123456" in text_of(browser.get(page_of(waiting.id, harbour)))
    browser.post(page_of(waiting.id, harbour, "answer"), {"answer": "Yes."})
    assert "Nobody is waiting" in text_of(browser.get(QUEUE))
    assert "Answered" in text_of(browser.get(f"{QUEUE}history/"))
    (answered,) = selectors.list_history(steve, store_id=harbour).items
    corrected = {"answer": "No.", "correct": "1", "version": answered.version}
    browser.post(page_of(waiting.id, harbour, "answer"), corrected)
    page = text_of(browser.get(page_of(waiting.id, harbour)))
    assert ">Yes.</del>" in page
    assert "Answer corrected" in page


def test_what_is_wrong_stands_beside_the_field_and_nothing_is_lost(
    browser: Client, harbour: str
) -> None:
    form = {"store": harbour, "header": "A & B", "priority": "3", "phone_number": "call me"}
    answer = browser.post(f"{QUEUE}new/", form)
    assert answer.status_code == 422
    assert "Enter a telephone number" in text_of(answer)
    assert "A &amp; B" in text_of(answer)


def test_who_comes_late_sees_what_happened_and_keeps_the_text(
    browser: Client, ana: Actor, harbour: str
) -> None:
    made = ask(ana, harbour)
    services.claim(actor=ana, store_id=harbour, request_id=made.id)
    late = browser.post(page_of(made.id, harbour, "claim"))
    assert late.status_code == 409
    assert "Ana is on it" in text_of(late)
    services.answer(actor=ana, store_id=harbour, request_id=made.id, text="Yes.")
    late = browser.post(page_of(made.id, harbour, "answer"), {"answer": "My long answer"})
    assert late.status_code == 409
    assert "This request is answered already." in text_of(late)
    assert "My long answer" in text_of(late)
    empty = browser.post(page_of(made.id, harbour, "note"), {"note": " "})
    assert empty.status_code == 422


def test_the_queue_is_asked_for_cheaply_while_nothing_happens(
    browser: Client, steve: Actor, harbour: str
) -> None:
    made = ask(steve, harbour)
    page = browser.get(QUEUE, HTTP_HX_REQUEST="true")
    assert "<html" not in text_of(page)
    tag = json.loads(unescape(re.findall(r"hx-headers='(.+?)'", text_of(page))[0]))["If-None-Match"]
    for address in (QUEUE, f"{QUEUE}?store={harbour}"):
        with measure() as meter:
            same = browser.get(address, HTTP_HX_REQUEST="true", HTTP_IF_NONE_MATCH=tag)
        assert (same.status_code, same.content) == (304, b"")
        assert len(meter.calls) <= 4
        assert meter.calls[-1].operation == "Query"
    services.claim(actor=steve_may_answer(steve), store_id=harbour, request_id=made.id)
    again = browser.get(QUEUE, HTTP_HX_REQUEST="true", HTTP_IF_NONE_MATCH=tag)
    assert again.status_code == 200


def steve_may_answer(steve: Actor) -> Actor:
    return replace(steve, permissions=frozenset({services.VIEW, services.ANSWER}))


def test_a_timed_out_request_can_be_reopened(browser: Client, steve: Actor, harbour: str) -> None:
    late = overdue(ask(steve, harbour))
    page = text_of(browser.get(page_of(late.id, harbour)))
    assert "Timed out" in page
    assert "Send the answer" not in page
    browser.post(page_of(late.id, harbour, "reopen"))
    found = selectors.find_request(steve, store_id=harbour, request_id=late.id)
    assert found.code is Code.PENDING_RESPONSE


def test_a_row_says_how_much_time_is_left(browser: Client, steve: Actor, harbour: str) -> None:
    ask(steve, harbour, header="In time", priority=9, tags=["till"], reference="Order 4711")
    asked = ask(steve, harbour, priority=0)
    transaction, now = Transaction(), now_in_milliseconds()
    since, until = now - timedelta(hours=2), now + timedelta(minutes=5)
    late = replace(asked, asked_at=since, deadline=until)
    repository.replace_request(transaction, asked, late)
    transaction.commit()
    page = text_of(browser.get(QUEUE))
    row, hurry = re.findall(r'<li class="app-panel app-queue__row.*?</li>', page, re.DOTALL)
    assert re.search(r'data-app-near="[^"]+" hidden>Nearly due', row)
    assert re.search(r"due in <time [^>]+>10 minutes</time>", row)
    for said in ("app-queue__row--at_once", "Order 4711", "till", "Steve", "Harbour"):
        assert said in row
    assert re.search(r'data-app-near="[^"]+">Nearly due', hurry)
    assert re.search(r"due in <time [^>]+>5 minutes</time>", hurry)


def test_who_answers_and_sells_nothing_begins_at_the_queue(
    log_in: LogIn, alice: User, bob: User
) -> None:
    mia = add_user(email="mia@example.com", name="Mia", beside=alice, roles=("supervisor",))
    begins = {user.name: log_in(user).get("/staff/").headers["Location"] for user in (mia, alice)}
    assert begins == {"Mia": QUEUE, "Alice": "/staff/products/"}
    assert "Response times" not in text_of(log_in(bob).get(QUEUE))
    settings = text_of(log_in(mia).get(f"{QUEUE}notices/"))
    assert 'aria-current="true">Settings</a>' in settings
    assert "Callers" not in settings


def test_others_find_nothing(
    log_in: LogIn, bob: User, charlie: User, steve: Actor, harbour: str
) -> None:
    made = ask(steve, harbour)
    outsider = log_in(charlie)
    assert outsider.get(page_of(made.id, harbour)).status_code == 404
    assert outsider.post(page_of(made.id, harbour, "claim")).status_code == 404
    assert "May he return it?" not in text_of(outsider.get(QUEUE))
    viewer = log_in(bob)
    page = text_of(viewer.get(page_of(made.id, harbour)))
    assert "••••" in page
    assert "600123" not in page
    assert "Take it on" not in page
    assert viewer.post(page_of(made.id, harbour, "claim")).status_code == 403
    assert viewer.get(f"{QUEUE}new/").status_code == 403
    assert viewer.post(page_of(made.id, harbour, "explode")).status_code == 404
    for path in (page_of("x" * 1500, harbour), page_of(made.id, "STORE-" + "x" * 3000)):
        assert viewer.get(path).status_code == 404
    assert viewer.get(QUEUE, {"store": "STORE-" + "x" * 1500}).status_code == 404


def test_a_form_that_is_sent_twice_asks_once(browser: Client, steve: Actor, harbour: str) -> None:
    page = text_of(browser.get(f"{QUEUE}new/"))
    (token,) = re.findall(r'name="token" value="([^"]+)"', page)
    form = {"token": token, "store": harbour, "header": "May he return it?", "priority": "3"}
    first, again = (browser.post(f"{QUEUE}new/", form).headers["Location"] for _ in range(2))
    assert first == again
    other = browser.post(f"{QUEUE}new/", {**form, "header": "May she?"}).headers["Location"]
    assert other != first
    assert len(selectors.list_pending(steve, store_id=harbour).items) == 2
