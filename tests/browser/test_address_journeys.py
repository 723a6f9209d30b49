"""Proving an address: signing up by mail, and moving to another address."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect
from pytest_django import Settings

from accounts.entities import User
from tests.accounts.addresses.mails import only, path_in
from tests.accounts.fixtures import PASSWORD
from tests.browser.conftest import PHONE, OpenPage, accessibility_findings, overflow


def accessible(page: Page) -> None:
    assert overflow(page) <= 0
    assert accessibility_findings(page) == []


def test_a_link_in_the_mailbox_opens_a_shop(open_page: OpenPage, settings: Settings) -> None:
    settings.SIGN_UP_CONFIRMED = True
    page = open_page(width=PHONE, theme="dark")
    page.goto("/accounts/signup/")
    expect(page.locator("[name=password]")).to_have_count(0)
    accessible(page)
    page.fill("[name=email]", "dora@example.com")
    page.fill("[name=name]", "Dora")
    page.get_by_role("button", name="Send me the link").click()
    expect(page.locator("h1")).to_have_text("Look in your mailbox")

    message = only()
    page.goto(path_in(message))
    expect(page.get_by_label("E-mail address")).to_have_value("dora@example.com")
    expect(page.get_by_label("Your name")).to_have_value("Dora")
    accessible(page)
    page.fill("[name=password]", "short")
    page.get_by_role("button", name="Open my shop").click()
    expect(page.get_by_label("Password")).to_have_attribute("aria-invalid", "true")
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="Open my shop").click()
    page.wait_for_url("**/staff/**")
    expect(page.get_by_role("status")).to_contain_text("Welcome, Dora!")

    page.goto(path_in(message))
    expect(page.locator("h1")).to_have_text("You have an account already")
    accessible(page)


def test_a_link_in_the_new_mailbox_moves_the_account(
    open_page: OpenPage, alice: User, log_in: Callable[[Page, User], None]
) -> None:
    page = open_page(width=PHONE, javascript=False)
    log_in(page, alice)
    page.goto("/accounts/")
    page.get_by_role("link", name="Change e-mail address").click()
    page.fill("[name=email]", "alice.diaz@example.com")
    page.get_by_role("button", name="Send me the link").click()
    expect(page.get_by_role("status")).to_contain_text("Look in your new mailbox")
    page.goto(path_in(only()))
    assert overflow(page) <= 0
    page.get_by_role("button", name="Use the new address").click()
    page.wait_for_url("**/accounts/")
    expect(page.locator("main")).to_contain_text("alice.diaz@example.com")
