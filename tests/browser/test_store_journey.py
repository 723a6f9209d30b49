"""An owner opens a store on a phone: wrong hours, right hours, and whether it is open now."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.entities import User
from tests.browser.conftest import PHONE, OpenPage, accessibility_findings, overflow

LogIn = Callable[[Page, User], None]
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@pytest.mark.parametrize("javascript", [True, False])
def test_a_store_is_opened_with_hours_that_are_corrected_first(
    open_page: OpenPage, alice: User, log_in: LogIn, javascript: bool
) -> None:
    page = open_page(width=PHONE, javascript=javascript)
    log_in(page, alice)
    page.goto("/staff/people/")
    tabs = page.get_by_role("navigation", name="Your organisation")
    tabs.get_by_role("link", name="Stores").click()
    page.get_by_role("button", name="Add a store").first.click()
    page.fill("[name=name]", "High Street")
    page.fill("[name=time_zone]", "madrid")
    page.select_option("[name=country]", label="Spain")
    for day in DAYS:
        page.fill(f"[name={day}]", "24 h")
    page.fill("[name=wednesday]", "10-9")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#id_wednesday_error")).to_contain_text("Is this morning or evening?")
    expect(page.locator("[name=wednesday]")).to_have_value("10-9")
    if javascript:
        assert overflow(page) <= 0
        assert accessibility_findings(page) == []

    page.fill("[name=wednesday]", "0:00 - 24:00")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("h1")).to_have_text("High Street")
    expect(page.locator(".app-lead .app-badge")).to_have_text("Open")
    expect(page.locator("[name=time_zone]")).to_have_value("Europe/Madrid")
    for day in DAYS:
        page.fill(f"[name={day}]", "closed")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".app-lead .app-badge")).to_have_text("Closed")
    page.goto("/staff/stores/")
    expect(page.locator("tbody th")).to_have_text("High Street")
    expect(page.locator("tbody .app-badge")).to_have_text("Closed")
