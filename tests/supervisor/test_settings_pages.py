from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.test import Client

from accounts.entities import User
from accounts.stores import services as stores
from storage.meter import measure
from storage.transactions import Transaction
from supervisor import canned_answers, response_times
from supervisor.entities import Urgency
from supervisor.tables import request_item
from tests.accounts.fixtures import add_user
from tests.accounts.stores.shops import HOURS
from tests.supervisor.test_canned_answers import add, fill
from tests.supervisor.test_filters import write
from tests.supervisor.test_pages import QUEUE, LogIn, page_of, text_of
from tests.supervisor.test_services import ask

SETTINGS = f"{QUEUE}settings/"
ANSWERS = f"{QUEUE}answers/"
TIMES = {"at_once": "5", "soon": "20", "today": "90", "whenever": "600", "version": "0"}


@pytest.fixture
def browser(alice: User, log_in: LogIn) -> Client:
    return log_in(alice)


def box(answer: object) -> str:
    """What is in the answer box."""
    found = re.search(r'<textarea name="answer".*?>(.*?)</textarea>', text_of(answer), re.DOTALL)
    assert found is not None
    return unescape(found[1]).strip()


def test_response_times_are_said_on_a_page(browser: Client, alice: User, harbour: str) -> None:
    with measure() as meter:
        page = text_of(browser.get(SETTINGS))
    assert [call.operation for call in meter.calls] == [
        *("GetItem", "BatchGetItem", "Query", "Query", "GetItem", "GetItem")
    ]
    assert 'value="480"' in page
    assert "here the time goes on day and night" in page
    address = f"{SETTINGS}?store={harbour}"
    answer = browser.post(address, {**TIMES, "only_opening_hours": "on"})
    assert (answer.status_code, answer.headers["Location"]) == (302, address)
    _, times = response_times.find_response_times(alice.actor, store_id=harbour)
    assert times.only_opening_hours
    assert times.minutes[Urgency.SOON] == 20
    assert f'action="{address}"' in page
    assert browser.post(SETTINGS, {**TIMES, "version": "1"}).status_code == 404
    wrong = browser.post(address, {**TIMES, "version": "1", "soon": "0"})
    assert wrong.status_code == 422
    race = browser.post(address, {**TIMES, "soon": "7"})
    assert race.status_code == 409
    assert "Somebody else changed these response times" in text_of(race)
    assert '<dd class="app-text">20</dd>' in text_of(race)
    assert 'value="7"' in text_of(race)
    again = browser.post(address, {**TIMES, "soon": "7", "version": "1"})
    assert again.status_code == 302


def test_a_store_that_says_when_it_is_open_counts_that(browser: Client, alice: User) -> None:
    said = {"name": "High Street", "time_zone": "Europe/Madrid", "opening_hours": HOURS}
    store = stores.create_store(actor=alice.actor, said=said).store
    page = text_of(browser.get(f"{SETTINGS}?store={store.store_id}"))
    assert "here the time goes on day and night" not in page


def test_canned_answers_have_their_pages(browser: Client, alice: User) -> None:
    assert "No canned answers yet" in text_of(browser.get(ANSWERS))
    empty = browser.post(f"{ANSWERS}new/", {"title": "A & B", "text": " "})
    assert empty.status_code == 422
    assert "A &amp; B" in text_of(empty)
    browser.post(f"{ANSWERS}new/", {"title": "Returns", "text": "Within thirty days."})
    ((answer_id, _title),) = canned_answers.list_titles(alice.actor)
    address = f"{ANSWERS}{answer_id}/"
    assert address in text_of(browser.get(ANSWERS))
    form = {"title": "Returns", "text": "Never.", "version": "1"}
    assert browser.post(address, form).status_code == 302
    race = browser.post(address, {**form, "text": "Always."})
    assert race.status_code == 409
    assert "Never." in text_of(race)
    assert "Always." in text_of(race)
    assert "Delete the answer “Returns”?" in text_of(browser.get(f"{address}delete/"))
    late = browser.post(f"{address}delete/", {"version": "1"})
    assert late.headers["Location"] == f"{address}delete/"
    assert browser.post(f"{address}delete/", {"version": "2"}).status_code == 302
    assert browser.get(address).status_code == 404


def test_one_answer_more_than_the_most_is_refused(browser: Client, alice: User) -> None:
    fill(alice, 200)
    assert "Make an answer" not in text_of(browser.get(ANSWERS))
    answer = browser.post(f"{ANSWERS}new/", {"title": "T", "text": "My long text"})
    assert answer.status_code == 409
    assert "There are 200 canned answers" in text_of(answer)
    assert "My long text" in text_of(answer)


def test_a_canned_answer_fills_the_box(browser: Client, alice: User, harbour: str) -> None:
    made = ask(alice.actor, harbour)
    plain = browser.get(page_of(made.id, harbour))
    assert "Put it into the answer" not in text_of(plain)
    canned = add(alice, text="Within <thirty> days.")
    address = page_of(made.id, harbour)
    assert box(browser.get(address)) == ""
    assert box(browser.get(f"{address}?canned={canned.id}")) == "Within <thirty> days."
    canned_answers.delete_canned_answer(actor=alice.actor, answer_id=canned.id, version=1)
    gone = browser.get(f"{address}?canned={canned.id}")
    assert box(gone) == ""
    assert "There is no such canned answer." in text_of(gone)


def test_a_request_is_put_into_other_hands(browser: Client, alice: User, harbour: str) -> None:
    mia = add_user(email="mia@example.com", name="Mia", beside=alice, roles=("supervisor",))
    made = ask(alice.actor, harbour)
    address = page_of(made.id, harbour, "assign")
    assert address in text_of(browser.get(page_of(made.id, harbour)))
    page = text_of(browser.get(address))
    assert f'<option value="{mia.user_id}">Mia</option>' in page
    assert browser.post(address, {"user_id": "USER-nobody"}).status_code == 422
    answer = browser.post(address, {"user_id": mia.user_id}, follow=True)
    assert "Mia is on it." in text_of(answer)
    assert "Assigned" in text_of(answer)
    assert '<p class="app-text" dir="auto">Mia</p>' in text_of(answer)
    browser.post(page_of(made.id, harbour, "cancel"))
    late = browser.post(address, {"user_id": mia.user_id})
    assert late.status_code == 409
    assert "This request was closed without an answer." in text_of(late)


def test_the_queue_is_searched_and_its_links_remember(
    browser: Client, alice: User, harbour: str
) -> None:
    made = [
        ask(alice.actor, harbour, header=f"Mug {number}", priority=7, tags=["mugs"])
        for number in range(27)
    ]
    ask(alice.actor, harbour, header="Hat", priority=2)
    day = made[0].asked_at.date()
    query = f"urgency=soon&q=MUG&tag=Mugs&since={day}&until={day + timedelta(days=1)}"
    for begin in (f"{QUEUE}?", f"{QUEUE}?store={harbour}&"):
        page = text_of(browser.get(begin + query))
        assert page.count("data-app-request=") == 25
        assert ">Hat<" not in page
        assert f'hx-get="{(begin + query).replace("&", "&amp;")}"' in page
        assert 'hx-trigger="every 60s"' in page
        (after,) = re.findall(r'href="([^"]+)" rel="next"', page)
        rest = text_of(browser.get(unescape(after)))
        assert rest.count("data-app-request=") == 2
        assert 'value="MUG"' in rest
        without_tag = (begin + query.replace("&tag=Mugs", "")).replace("&", "&amp;")
        assert f'<a class="app-chip" href="{without_tag}">' in page
    early = {"until": str(day - timedelta(days=1))}
    assert "Nothing that waits is like this." in text_of(browser.get(QUEUE, early))
    wrong = browser.get(QUEUE, {"since": "yesterday"})
    assert wrong.status_code == 422
    assert "app-field__errors" in text_of(wrong)
    assert "data-app-request=" not in text_of(wrong), "nothing fits what nobody understands"
    assert browser.get(QUEUE, {"until": "9999-12-31"}).status_code == 422


def test_looking_that_stopped_early_says_so(browser: Client, alice: User, harbour: str) -> None:
    write(alice.actor, harbour, 600)
    page = text_of(browser.get(QUEUE, {"q": "mug"}))
    assert "There are very many" in page
    assert "Go on looking" in page
    assert "Nothing that waits is like this." not in page


def test_days_are_those_of_whoever_looks(browser: Client, alice: User, harbour: str) -> None:
    made = ask(alice.actor, harbour)
    # Half past midnight in Auckland is the day before in UTC.
    asked_at = datetime(2026, 6, 8, 12, 30, tzinfo=UTC)
    transaction = Transaction()
    transaction.put(request_item(replace(made, asked_at=asked_at, version=None)))
    transaction.commit()
    browser.post(
        "/accounts/profile/", {"name": "Alice", "time_zone": "Pacific/Auckland", "version": 1}
    )
    for since, until, is_there in (
        ("2026-06-09", "2026-06-09", True),
        ("2026-06-08", "2026-06-08", False),
        ("2026-06-10", "2026-06-10", False),
    ):
        page = text_of(browser.get(QUEUE, {"since": since, "until": until}))
        assert (made.question.header in page) is is_there, since


def test_others_neither_see_nor_change(
    log_in: LogIn, alice: User, bob: User, charlie: User, harbour: str
) -> None:
    mia = add_user(email="mia@example.com", name="Mia", beside=alice, roles=("supervisor",))
    canned = add(alice)
    made = ask(alice.actor, harbour)
    viewer, outsider, supervisor = log_in(bob), log_in(charlie), log_in(mia)
    for path in (SETTINGS, ANSWERS, f"{ANSWERS}{canned.id}/", page_of(made.id, harbour, "assign")):
        assert viewer.get(path).status_code == 403, path
    for path in (
        f"{SETTINGS}?store={harbour}",
        f"{ANSWERS}{canned.id}/",
        f"{ANSWERS}{canned.id}/delete/",
        page_of(made.id, harbour, "assign"),
    ):
        assert outsider.get(path).status_code == 404, path
        assert outsider.post(path, TIMES).status_code == 404, path
    assert "Returns" not in text_of(outsider.get(ANSWERS))
    page = text_of(supervisor.get(ANSWERS))
    assert "Returns" in page
    assert "Make an answer" not in page
    assert f'href="{ANSWERS}{canned.id}/"' in page
    read = supervisor.get(f"{ANSWERS}{canned.id}/")
    assert (read.status_code, "Within thirty days." in text_of(read)) == (200, True)
    assert "<textarea" not in text_of(read)
    form = {"title": "Returns", "text": "Never.", "version": "1"}
    assert supervisor.post(f"{ANSWERS}{canned.id}/", form).status_code == 403
    for path in (SETTINGS, f"{ANSWERS}new/", f"{ANSWERS}{canned.id}/delete/"):
        assert supervisor.get(path).status_code == 403, path
