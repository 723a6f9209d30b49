"""One person with two devices: a laptop and a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.entities import User
from tests.accounts.actions import stored
from tests.browser.conftest import DESKTOP, PHONE, OpenPage, accessibility_findings, overflow

LogIn = Callable[[Page, User], None]


@pytest.mark.parametrize("javascript", [True, False])
def test_ending_a_session_logs_the_other_device_out(
    open_page: OpenPage, alice: User, log_in: LogIn, javascript: bool
) -> None:
    laptop = open_page(width=DESKTOP, javascript=javascript)
    phone = open_page(width=PHONE, javascript=javascript)
    log_in(laptop, alice)
    log_in(phone, alice)
    laptop.goto("/accounts/")
    laptop.get_by_role("link", name="My sessions").click()
    sessions = laptop.locator("main .app-sessions > li")
    expect(sessions).to_have_count(2)
    expect(sessions.filter(has_text="this session")).to_have_count(1)
    expect(sessions.first).to_contain_text("Chrome on Linux")

    laptop.get_by_role("button", name="End the session of").click()
    expect(laptop.get_by_role("status")).to_contain_text("That session is ended.")
    expect(sessions).to_have_count(1)
    expect(laptop.get_by_role("button", name="End all others")).to_have_count(0)
    phone.goto("/accounts/sessions/")
    phone.wait_for_url("**/accounts/login/?next=/accounts/sessions/")
    laptop.reload()
    expect(laptop.locator("h1")).to_have_text("My sessions")

    log_in(phone, alice)
    phone.goto("/accounts/sessions/")
    assert overflow(phone) <= 0
    phone.get_by_role("button", name="End all others").click()
    expect(phone.get_by_role("status")).to_contain_text("1 session is ended.")
    laptop.goto("/accounts/")
    laptop.wait_for_url("**/accounts/login/**")


def test_the_profile_goes_along_and_a_lost_race_shows_both(
    open_page: OpenPage, alice: User, log_in: LogIn
) -> None:
    laptop, phone = open_page(width=DESKTOP), open_page(width=PHONE)
    log_in(laptop, alice)
    log_in(phone, alice)
    laptop.goto("/accounts/profile/")
    phone.goto("/accounts/profile/")
    laptop.fill("[name=time_zone]", "madrid")
    laptop.select_option("main [name=language]", "es")
    laptop.select_option("main [name=theme]", "dark")
    laptop.get_by_role("button", name="Save").click()
    laptop.wait_for_url("**/accounts/")
    for page in (laptop, phone):
        html = page.locator("html")
        if page is phone:
            phone.fill("[name=name]", "Alicia")
            phone.locator("main button[type=submit]").click()
            expect(phone.locator("main [role=alert]")).to_contain_text("Europe/Madrid")
            expect(phone.locator("[name=name]")).to_have_value("Alicia")
            assert overflow(phone) <= 0
        expect(html).to_have_attribute("lang", "es")
        expect(html).to_have_attribute("data-theme", "dark")
        assert accessibility_findings(page) == []
    assert stored(alice).name == "Alice"

    phone.locator("[name=time_zone]").fill("Nowhere/Land")
    phone.locator("main button[type=submit]").click()
    expect(phone.locator("[name=time_zone]")).to_have_attribute("aria-invalid", "true")
    phone.fill("[name=time_zone]", "New York")
    phone.locator("main button[type=submit]").click()
    phone.wait_for_url("**/accounts/")
    expect(phone.locator("main")).to_contain_text("America/New_York")
    phone.goto("/accounts/sessions/")
    expect(phone.locator("main time").first).to_contain_text("E")
