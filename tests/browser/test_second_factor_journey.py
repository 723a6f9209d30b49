"""Somebody sets up a second factor, and later loses the phone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.entities import User
from accounts.second_factor.requirement import change_second_factor_requirement
from tests.accounts.fixtures import PASSWORD
from tests.accounts.second_factors import code_of, confirmed, switch_on
from tests.browser.conftest import PHONE, OpenPage, accessibility_findings, overflow

LogIn = Callable[[Page, User], None]


def look(page: Page, javascript: bool) -> None:
    assert overflow(page) <= 0
    if javascript:
        assert accessibility_findings(page) == []


def log_out(page: Page) -> None:
    page.locator("header summary").first.click()
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/")


def enter_password(page: Page, user: User) -> None:
    page.goto("/accounts/login/?next=/staff/people/")
    page.fill("[name=email]", user.email)
    page.fill("[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url("**/accounts/login/code/?next=/staff/people/")


@pytest.mark.parametrize("javascript", [True, False])
def test_lost_phone(
    open_page: OpenPage, alice: User, log_in: LogIn, javascript: bool, tmp_path: Path
) -> None:
    page = open_page(width=PHONE, javascript=javascript, theme="dark" if javascript else "light")
    log_in(page, alice)
    page.goto("/accounts/security/")
    page.get_by_role("button", name="Set up second factor").click()
    page.get_by_role("button", name="Set up").click()
    expect(page.locator("img.app-qr")).to_be_visible()
    assert page.evaluate("document.querySelector('.app-qr').naturalWidth > 0")
    look(page, javascript)
    secret = page.locator(".app-secret").inner_text().replace(" ", "")
    page.fill("[name=code]", code_of(secret))
    page.get_by_role("button", name="Switch on").click()
    expect(page.locator("h1")).to_have_text("Recovery codes")
    look(page, javascript)
    codes = page.locator(".app-codes li").all_inner_texts()
    assert len(codes) == 10
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as a file").click()
    kept = tmp_path / "codes.txt"
    download.value.save_as(kept)
    assert kept.read_text().split() == codes
    assert page.get_by_role("button", name="Print").count() == (1 if javascript else 0)
    page.get_by_role("button", name="I have kept them").click()
    expect(page.locator("main")).to_contain_text("Second factor switched on")

    log_out(page)
    enter_password(page, alice)
    look(page, javascript)
    page.fill("[name=code]", "000000")
    page.click("main button[type=submit]")
    expect(page.get_by_label("Code", exact=True)).to_have_attribute("aria-invalid", "true")
    page.fill("[name=code]", "")
    page.fill("[name=recovery_code]", codes[0])
    page.click("main button[type=submit]")
    page.wait_for_url("**/staff/people/")
    expect(page.get_by_role("status")).to_contain_text("You have 9 recovery codes left.")

    log_out(page)
    enter_password(page, alice)
    page.fill("[name=recovery_code]", codes[0])
    page.click("main button[type=submit]")
    expect(page.locator("main")).to_contain_text("This is none of your recovery codes")


def test_a_form_goes_on_after_it_was_confirmed_and_colleagues_are_led_to_theirs(
    open_page: OpenPage, alice: User, bob: User, log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret, codes = switch_on(alice)
    owner, colleague = open_page(width=PHONE), open_page(width=PHONE)
    log_in(colleague, bob)
    enter_password(owner, alice)
    owner.fill("[name=recovery_code]", codes[0])
    owner.click("main button[type=submit]")
    owner.wait_for_url("**/staff/people/")
    owner.goto("/staff/organisation/second-factor/")
    owner.get_by_label("Everybody needs a second factor").check()
    with monkeypatch.context() as patch:
        patch.setattr("accounts.entities.CONFIRMATION_HOLDS", timedelta(minutes=-1))
        owner.get_by_role("button", name="Save").click()
        expect(owner.locator("h1")).to_have_text("Confirm that it is you")
    assert accessibility_findings(owner) == []
    owner.get_by_label("Code", exact=True).fill(code_of(secret))
    owner.get_by_role("button", name="Confirm").click()
    expect(owner.get_by_role("status")).to_contain_text("Everybody needs a second factor")
    colleague.goto("/staff/products/")
    colleague.wait_for_url("**/accounts/security/second-factor/?next=/staff/products/")
    look(colleague, True)
    change_second_factor_requirement(actor=confirmed(alice), required=False)
    colleague.goto("/staff/products/")
    expect(colleague.locator("h1")).to_have_text("My products")
