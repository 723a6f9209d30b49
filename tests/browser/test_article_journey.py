"""An answer is kept, and answers the next one who asks the same."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from accounts.entities import User
from tests.accounts.fixtures import add_user
from tests.browser.conftest import PHONE, OpenPage
from tests.browser.test_queue_journey import QUEUE, ask, check, harbour

__all__ = ["harbour"]
LogIn = Callable[[Page, User], None]
ANSWER = "Within thirty days, for a voucher."


def test_an_answer_is_kept_offered_and_used_again(
    open_page: OpenPage, log_in: LogIn, alice: User, harbour: str
) -> None:
    mia = add_user(email="mia@example.com", name="Mia", beside=alice, roles=("supervisor",))
    page = open_page(width=PHONE)
    log_in(page, mia)
    ask(alice, harbour, "May he return it without a receipt?")
    page.goto(QUEUE)
    page.get_by_role("link", name="May he return it without a receipt?").click()
    page.get_by_label("Answer", exact=True).fill(ANSWER)
    page.get_by_role("button", name="Send the answer").click()
    page.get_by_role("button", name="Keep as an article").click()
    expect(page.get_by_label("Title")).to_have_value("May he return it without a receipt?")
    expect(page.get_by_label("Text")).to_have_value(ANSWER)
    expect(page.get_by_role("heading", name="What was asked")).to_be_visible()
    check(page)
    page.get_by_label("Title").fill("Returns without a receipt")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("h1")).to_have_text("Returns without a receipt")
    page.get_by_role("link", name="The question that it answered").click()
    check(page)
    page.get_by_role("link", name="Kept as an article: Returns without a receipt").click()
    expect(page.locator("h1")).to_have_text("Returns without a receipt")

    ask(alice, harbour, "She has lost her receipts. Return?")
    page.goto(QUEUE)
    page.get_by_role("link", name="She has lost her receipts. Return?").click()
    page.get_by_label("Answer", exact=True).fill("A draft of my own.")
    page.locator("summary", has_text="that may answer it").click()
    page.get_by_text("Returns without a receipt", exact=True).click()
    check(page)
    page.get_by_role("button", name="Put it into the answer").click()
    expect(page.get_by_label("Answer", exact=True)).to_have_value(f"A draft of my own.\n{ANSWER}")
    page.get_by_role("button", name="Send the answer").click()
    expect(page.get_by_role("heading", name="Answer", exact=True)).to_be_visible()
    expect(page.get_by_text(ANSWER).first).to_be_visible()
