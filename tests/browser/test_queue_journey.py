"""Two supervisors and one queue."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.entities import User
from accounts.stores import services as stores
from storage.transactions import Transaction
from supervisor import repository, services
from tests.accounts.fixtures import add_user
from tests.browser.conftest import (
    PHONE,
    OpenPage,
    accessibility_findings,
    overflow,
)
from tests.browser.test_every_page import LOOKS

LogIn = Callable[[Page, User], None]
QUEUE = "/staff/requests/"
PHONE_HEIGHT = 844


@pytest.fixture
def harbour(alice: User) -> str:
    made = stores.create_store(
        actor=alice.actor, said={"name": "Harbour", "time_zone": "Europe/Madrid"}
    )
    return made.store.store_id


@pytest.fixture
def mia(alice: User) -> User:
    """A supervisor in Alice's Shop."""
    return add_user(email="mia@example.com", name="Mia", beside=alice, roles=("supervisor",))


def ask(alice: User, store_id: str, header: str, priority: int = 3) -> None:
    raw = {"header": header, "body": "He has waited for an hour. " * 12, "priority": priority}
    services.ask(actor=alice.actor, store_id=store_id, raw={**raw, "phone_number": "+34600123456"})


def asked_before(alice: User, store_id: str, header: str) -> None:
    """As if it moved up from the next page of the queue."""
    asked = services.ask(actor=alice.actor, store_id=store_id, raw={"header": header}).request
    transaction = Transaction()
    earlier = replace(asked, asked_at=asked.asked_at - timedelta(minutes=5))
    repository.replace_request(transaction, asked, earlier)
    transaction.commit()


def check(page: Page) -> None:
    for width, theme in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        assert overflow(page) <= 0, page.url
        assert accessibility_findings(page) == [], (page.url, theme)


def test_one_takes_it_on_and_the_other_sees_it(
    open_page: OpenPage,
    log_in: LogIn,
    alice: User,
    mia: User,
    harbour: str,
    settings: Any,
) -> None:
    settings.QUEUE_POLL_SECONDS = 1
    ask(alice, harbour, "May he return it?")
    hers, his = open_page(width=PHONE), open_page()
    log_in(hers, alice)
    log_in(his, mia)
    for page in (hers, his):
        page.goto(QUEUE)
        expect(page).to_have_title(re.compile(r"^\(1\) "))
    check(his)
    first = hers.locator("#queue h2").first.bounding_box()
    assert first is not None
    assert first["y"] < PHONE_HEIGHT / 2, "what stands above the list takes its place"
    his.keyboard.press("?")
    dialog = his.get_by_role("dialog", name="Keyboard")
    expect(dialog).to_be_visible()
    assert accessibility_findings(his) == []
    his.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    his.keyboard.press("j")
    ask(alice, harbour, "A leak in the cellar", priority=9)
    expect(his.locator("#queue h2").first).to_have_text("A leak in the cellar", timeout=15_000)
    expect(his).to_have_title(re.compile(r"^\(2\) "))
    expect(his.locator("[data-app-arrivals]")).to_contain_text("A leak in the cellar")
    expect(his.get_by_role("link", name="May he return it?")).to_be_focused()
    his.keyboard.press("k")
    his.keyboard.press("c")
    expect(his.get_by_text("You are on it")).to_be_visible()
    check(his)
    hers.goto(QUEUE)
    expect(hers.get_by_text("Mia is on it")).to_be_visible()
    hers.get_by_role("link", name="A leak in the cellar").click()
    expect(hers.get_by_role("button", name="Send the answer")).to_have_count(0)
    check(hers)
    his.get_by_label("Answer", exact=True).fill("Call the plumber at once.")
    his.reload()
    expect(his.get_by_label("Answer", exact=True)).to_have_value("Call the plumber at once.")
    his.locator("summary", has_text="Note for colleagues").click()
    his.get_by_label("Note for colleagues").fill("Whose pipe is it?")
    his.get_by_role("button", name="Note", exact=True).click()
    expect(his.get_by_text("Noted.").first).to_be_visible()
    expect(his.get_by_label("Answer", exact=True)).to_have_value("Call the plumber at once.")
    drafts = "Object.keys(sessionStorage).filter(key => key.startsWith('draft-'))"
    assert len(his.evaluate(drafts)) == 1
    his.get_by_role("button", name="Send the answer").click()
    expect(his.get_by_text("Answered.").first).to_be_visible()
    assert his.evaluate(drafts) == []
    his.evaluate("sessionStorage.setItem('draft-USER-ana-answer-1', 'Private')")
    his.reload()
    assert his.evaluate(drafts) == [], "whoever had the tab before"
    his.goto(f"{QUEUE}history/")
    expect(his.get_by_role("link", name="A leak in the cellar")).to_be_visible()
    his.locator("summary", has_text="Filter").click()
    his.get_by_label("Words of the question").fill("cellar")
    his.get_by_role("button", name="Show").click()
    expect(his).to_have_url(re.compile(r"/history/\?q=cellar$"))
    expect(his.get_by_role("link", name="A leak in the cellar")).to_be_visible()
    expect(his.get_by_role("link", name="Without Words of the question: cellar")).to_be_visible()
    check(his)
    his.goto(f"{QUEUE}new/")
    check(his)


def test_a_canned_answer_goes_where_the_cursor_is(
    open_page: OpenPage, log_in: LogIn, alice: User, mia: User, harbour: str
) -> None:
    ask(alice, harbour, "May he return it?")
    page = open_page(width=PHONE)
    log_in(page, alice)
    page.goto(f"{QUEUE}answers/new/")
    page.get_by_label("Title").fill("Returns")
    page.get_by_label("Answer", exact=True).fill("within thirty days")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The answer “Returns” was made.")).to_be_visible()
    page.goto(QUEUE)
    page.get_by_role("link", name="May he return it?").click()
    box = page.get_by_label("Answer", exact=True)
    box.fill("Yes, . Bye.")
    box.evaluate("box => box.setSelectionRange(5, 5)")
    page.locator("summary", has_text="Canned answers").click()
    page.get_by_label("Canned answers", exact=True).select_option(label="Returns")
    page.get_by_role("button", name="Put it into the answer").click()
    expect(box).to_have_value("Yes, within thirty days. Bye.")
    page.reload()
    expect(box).to_have_value("Yes, within thirty days. Bye.")
    page.get_by_role("link", name="Assign to a colleague").click()
    page.get_by_label("Colleague").select_option(label="Mia")
    page.get_by_role("button", name="Assign").click()
    expect(page.get_by_role("button", name="Send the answer")).to_have_count(0)
    plain = open_page(width=PHONE, javascript=False)
    log_in(plain, mia)
    plain.goto(QUEUE)
    plain.get_by_role("link", name="May he return it?").click()
    plain.get_by_label("Answer", exact=True).fill("Yes,")
    plain.locator("summary", has_text="Canned answers").click()
    plain.get_by_label("Canned answers", exact=True).select_option(label="Returns")
    plain.get_by_role("button", name="Put it into the answer").click()
    expect(plain.get_by_label("Answer", exact=True)).to_have_value("Yes,\nwithin thirty days")
    plain.goto(f"{QUEUE}answers/")
    plain.get_by_role("link", name="Returns").click()
    expect(plain.get_by_text("within thirty days")).to_be_visible()


def test_a_tone_is_played_for_new_ones_if_wanted(
    open_page: OpenPage, log_in: LogIn, alice: User, harbour: str, settings: Any
) -> None:
    settings.QUEUE_POLL_SECONDS = 1
    page = open_page(width=PHONE)
    log_in(page, alice)
    page.add_init_script(
        "let tones = 0; const start = OscillatorNode.prototype.start;"
        "OscillatorNode.prototype.start = function () {"
        " document.documentElement.dataset.tones = ++tones; start.call(this); };"
    )
    page.goto(QUEUE)
    sound = page.locator("[data-app-sound]")
    expect(sound).to_have_attribute("aria-checked", "false")
    sound.click()
    expect(sound).to_have_attribute("aria-checked", "true")
    expect(page.locator("html")).to_have_attribute("data-tones", "1")
    duty = page.get_by_role("switch", name="On duty")
    expect(duty).not_to_be_checked()
    duty.click()
    expect(page.get_by_text("You are on duty now.")).to_be_visible()
    expect(duty).to_be_checked()
    expect(sound).to_have_attribute("aria-checked", "true")
    page.locator("h1").click()
    ask(alice, harbour, "May he return it?")
    expect(page.locator("html")).to_have_attribute("data-tones", "1", timeout=15_000)
    asked_before(alice, harbour, "The one before")
    expect(page.locator("#queue h2")).to_have_count(2, timeout=15_000)
    expect(page.locator("html")).to_have_attribute("data-tones", "1")
    sound.click()
    expect(sound).to_have_attribute("aria-checked", "false")
    ask(alice, harbour, "And this one?")
    expect(page.locator("#queue h2")).to_have_count(3, timeout=15_000)
    expect(page.locator("html")).to_have_attribute("data-tones", "1")
