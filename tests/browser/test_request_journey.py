"""Two supervisors at one request, which one of them asked."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from accounts.entities import User
from tests.browser.conftest import PHONE, OpenPage
from tests.browser.test_queue_journey import QUEUE, LogIn, check, harbour, mia

__all__ = ["harbour", "mia"]
MINE = "A long answer of mine."
NEWS = "[data-app-news]"


def test_who_is_slower_learns_of_it_and_loses_nothing(
    open_page: OpenPage, log_in: LogIn, alice: User, mia: User, harbour: str, settings: Any
) -> None:
    settings.QUEUE_POLL_SECONDS = 1
    hers, his = open_page(width=PHONE), open_page()
    log_in(hers, alice)
    log_in(his, mia)
    hers.goto(f"{QUEUE}new/")
    question = hers.get_by_label("Question in a few words")
    question.fill("W" * 90)
    expect(hers.get_by_text("10 characters too many")).to_be_visible()
    hers.get_by_role("button", name="Ask").click()
    expect(question).to_be_focused()
    expect(question).to_have_value("W" * 90)
    question.fill("May he return it?")
    hers.goto(f"{QUEUE}new/")
    expect(hers.get_by_text("This is what you had begun to ask.")).to_be_visible()
    expect(question).to_have_value("May he return it?")
    hers.get_by_label("Telephone number").fill("+34 600 123 456")
    hers.get_by_role("button", name="Ask").click()
    expect(hers.get_by_role("link", name="+34600123456")).to_be_visible()
    address = hers.url
    his.goto(address)
    hers.locator("summary", has_text="Add something").click()
    hers.get_by_label("What supervisors should know as well").fill("Order 4712")
    hers.get_by_role("button", name="Add", exact=True).click()
    expect(his.locator(NEWS)).to_contain_text("has added something", timeout=15_000)
    his.get_by_role("link", name="Show it").click()
    expect(his.get_by_text("Order 4712").first).to_be_visible()
    hers.goto(address)
    place = hers.locator("#id_answer").bounding_box()
    assert place is not None
    assert place["y"] < 700, "on the first screen of a phone"
    hers.get_by_label("Answer", exact=True).fill(MINE)
    his.get_by_label("Answer", exact=True).fill("Yes.")
    his.get_by_role("button", name="Send the answer").click()
    expect(hers.locator(NEWS)).to_contain_text("Mia has answered it", timeout=15_000)
    expect(hers.get_by_label("Answer", exact=True)).to_have_value(MINE)
    hers.get_by_role("button", name="Send the answer").click()
    expect(hers.get_by_text("What you wrote was not sent")).to_be_visible()
    assert hers.url == address, "a reload sends nothing again"
    check(hers)
    hers.goto(QUEUE)
    hers.goto(address)
    expect(hers.locator("#unsent-text")).to_have_text(MINE)
    hers.get_by_role("button", name="Use it to correct the answer").click()
    expect(hers.get_by_role("textbox", name="Answer")).to_have_value(MINE)
    hers.get_by_role("button", name="Correct the answer", exact=True).click()
    expect(hers.get_by_text("The answer is corrected.")).to_be_visible()
    expect(hers.get_by_text("What you wrote was not sent")).to_be_hidden()
    drafts = "Object.keys(sessionStorage).filter(key => key.startsWith('draft-'))"
    assert hers.evaluate(drafts) == []
