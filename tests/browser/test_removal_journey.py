"""An owner deletes the organisation, and brings it back with the link in the mail."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.core import mail
from playwright.sync_api import Page, expect

from accounts.entities import User
from tests.accounts.actions import stored
from tests.browser.conftest import PHONE, OpenPage, accessibility_findings, overflow
from tests.catalog.seeding import seed_one

LogIn = Callable[[Page, User], None]


def assert_well_made(page: Page) -> None:
    assert overflow(page) <= 0
    assert accessibility_findings(page) == []
    expect(page.locator("h1")).to_have_count(1)


def test_deleted_by_its_name_and_brought_back_by_the_link(
    open_page: OpenPage, alice: User, log_in: LogIn, settings: Any
) -> None:
    settings.REMOVAL_SETTLES_SECONDS = 0
    seed_one(alice.actor, name="Blue mug")
    visitor = open_page(width=PHONE)
    visitor.goto("/")
    expect(visitor.get_by_role("link", name="Blue mug")).to_have_count(1)

    page = open_page(width=PHONE, theme="dark")
    log_in(page, alice)
    page.goto("/staff/organisation/")
    assert_well_made(page)
    page.get_by_role("button", name="Delete the organisation…").click()
    page.get_by_label("Name of the organisation").fill("My shop")
    page.get_by_role("button", name="Delete the organisation").click()
    expect(page.locator("main")).to_contain_text("This is not the name of the organisation.")
    expect(page.get_by_label("Name of the organisation")).to_have_value("My shop")
    assert_well_made(page)

    page.get_by_label("Name of the organisation").fill("Alice's Shop")
    page.get_by_role("button", name="Delete the organisation").click()
    expect(page.locator("h1")).to_have_text("“Alice's Shop” is deleted")
    assert_well_made(page)
    page.goto("/staff/products/")
    expect(page.locator("h1")).to_have_text("Log in")
    visitor.goto("/")
    expect(visitor.get_by_role("link", name="Blue mug")).to_have_count(0)

    (message,) = mail.outbox
    link = re.search(r"https?://\S+(/accounts/restore/\S+)", str(message.body))
    assert link
    visitor.goto(link[1])
    visitor.get_by_role("button", name="Bring it back").click()
    expect(visitor.get_by_role("status")).to_contain_text("“Alice's Shop” is back, as it was.")
    assert stored(alice).deleted_at is None
    visitor.goto("/")
    expect(visitor.get_by_role("link", name="Blue mug")).to_have_count(1)
    log_in(page, alice)
    expect(page.get_by_role("link", name="Blue mug").first).to_be_visible()
    visitor.goto(link[1])
    expect(visitor.locator("h1")).to_have_text("This link does not work")
    assert_well_made(visitor)
