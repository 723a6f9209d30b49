"""Two owners rename their organisation at once; a viewer and a phone look on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from accounts.entities import User
from tests.accounts.crowd import member, write
from tests.browser.conftest import DESKTOP, PHONE, OpenPage, accessibility_findings, overflow

LogIn = Callable[[Page, User], None]
SETTINGS, PEOPLE = "/staff/organisation/", "/staff/people/"


def assert_well_made(page: Page) -> None:
    assert overflow(page) <= 0
    assert accessibility_findings(page) == []


@pytest.mark.parametrize("javascript", [True, False])
def test_the_slower_one_sees_both_names_and_chooses(
    open_page: OpenPage, alice: User, log_in: LogIn, javascript: bool
) -> None:
    first, second = (open_page(width=PHONE, javascript=javascript) for _ in range(2))
    for page in (first, second):
        log_in(page, alice)
        page.goto(SETTINGS)
    first.fill("[name=name]", "Mugs & More")
    first.get_by_role("button", name="Save").click()
    expect(first.get_by_role("status")).to_contain_text("“Mugs & More” was saved.")
    expect(first.locator("h1")).to_have_text("Mugs & More")
    expect(first.locator(".app-history li").first).to_contain_text("Renamed")

    second.fill("[name=name]", "Alice's Mugs")
    second.get_by_role("button", name="Save").click()
    expect(second.locator("h1")).to_have_text("Somebody was faster")
    expect(second.get_by_role("radio", name="Stored now")).to_have_value("Mugs & More")
    if javascript:
        assert_well_made(second)
    second.get_by_role("button", name="Save this choice").click()
    expect(second.locator("h1")).to_have_text("Alice's Mugs")
    expect(second.locator(".app-history li").first).to_contain_text("Mugs & More")


def test_a_viewer_finds_the_people_and_the_settings_in_the_menu(
    open_page: OpenPage, bob: User, log_in: LogIn
) -> None:
    page = open_page(width=PHONE)
    log_in(page, bob)
    page.locator("summary", has_text="Bob").click()
    page.get_by_role("button", name="People", exact=True).click()
    expect(page.locator("tbody th")).to_have_text(["Alice", "Bob you"])
    page.get_by_role("navigation", name="Your organisation").get_by_role(
        "link", name="Organisation"
    ).click()
    expect(page.locator("h1")).to_have_text("Alice's Shop")
    expect(page.get_by_role("textbox", name="Name of your shop")).to_have_count(0)
    assert_well_made(page)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_many_people_with_long_names_fit(
    open_page: OpenPage, alice: User, log_in: LogIn, width: int, theme: str
) -> None:
    long_name = "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz" * 2
    long_address = "a" * 60 + "@" + "b" * 60 + ".example.com"
    longest = replace(member(alice.org_id, 70), name=long_name, email=long_address)
    write([*(member(alice.org_id, number) for number in range(60)), longest])
    page = open_page(width=width, theme=theme)
    log_in(page, alice)
    page.goto(PEOPLE)
    expect(page.locator("tbody tr")).to_have_count(50)
    assert_well_made(page)
    page.get_by_role("button", name="Next page").click()
    expect(page.locator("tbody tr")).to_have_count(12)
    assert_well_made(page)
