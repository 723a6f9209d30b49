"""Somebody who was imported opens the link that came by mail."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from accounts.entities import User
from accounts.reset_links import issue_reset_link
from tests.accounts.imports import import_people, person
from tests.browser.conftest import PHONE, OpenPage, accessibility_findings, overflow

NEW_PASSWORD = "a brand new password"


def test_the_choice_of_a_language_leads_to_the_login_and_the_link_opens_in_it(
    open_page: OpenPage, alice: User
) -> None:
    """The forms of the frame must not carry the secret address away."""
    address = f"/accounts/reset/{issue_reset_link(actor=alice.actor, user=alice).token}/"
    page = open_page(width=PHONE)
    page.goto(address)
    page.locator("header summary").last.click()
    page.get_by_role("button", name="Español").click()
    page.wait_for_url("**/accounts/login/")
    page.goto(address)
    expect(page.locator("html")).to_have_attribute("lang", "es")


@pytest.mark.parametrize("javascript", [True, False])
def test_a_link_a_password_a_login(open_page: OpenPage, alice: User, javascript: bool) -> None:
    import_people({"email": "dora@example.com", "name": "Dora Diaz"}, owner=alice)
    dora = person("dora@example.com")
    address = f"/accounts/reset/{issue_reset_link(actor=alice.actor, user=dora).token}/"
    page = open_page(width=PHONE, javascript=javascript)
    page.goto(address)
    page.fill("[name=new_password]", NEW_PASSWORD)
    page.fill("[name=new_password_again]", "a brand new pasword")
    page.get_by_role("button", name="Set the password").click()
    expect(page.locator("main")).to_contain_text("The two passwords differ.")
    expect(page.get_by_label("New password again")).to_have_attribute("aria-invalid", "true")
    assert overflow(page) <= 0
    if javascript:
        assert accessibility_findings(page) == []

    for name in ("new_password", "new_password_again"):
        page.fill(f"[name={name}]", NEW_PASSWORD)
    page.get_by_role("button", name="Set the password").click()
    page.wait_for_url("**/accounts/login/")
    expect(page.get_by_role("status")).to_contain_text("Your password is set.")
    page.fill("[name=email]", "dora@example.com")
    page.fill("[name=password]", NEW_PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url("**/staff/products/")

    page.goto(address)
    expect(page.locator("h1")).to_have_text("This link does not work")
