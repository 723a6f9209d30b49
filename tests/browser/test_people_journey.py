"""Somebody is invited, comes in, sees little, is promoted and sees more."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.core import mail
from playwright.sync_api import Page, expect

from accounts.entities import User
from tests.accounts.fixtures import PASSWORD
from tests.accounts.people.company import store_of
from tests.browser.conftest import PHONE, OpenPage

LogIn = Callable[[Page, User], None]


def mailed_address() -> str:
    found = re.search(r"http://\S+(/accounts/invitation/\S+)", str(mail.outbox[-1].body))
    assert found
    return found[1]


@pytest.mark.parametrize("javascript", [True, False])
def test_invited_in_limited_promoted(
    open_page: OpenPage, alice: User, log_in: LogIn, javascript: bool
) -> None:
    store_of(alice, "North")
    owner, guest = (open_page(width=PHONE, javascript=javascript) for _ in range(2))
    log_in(owner, alice)
    owner.goto("/staff/people/")
    owner.get_by_role("button", name="Invite somebody").click()
    owner.get_by_label("E-mail address").fill("dora@example.com")
    owner.get_by_role("button", name="Send the invitation").click()
    expect(owner.get_by_role("status")).to_contain_text("on its way to dora@example.com")
    expect(owner.locator("tbody th")).to_have_text(["dora@example.com"])

    guest.goto(mailed_address())
    expect(guest.locator("h1")).to_have_text("Join Alice's Shop")
    guest.get_by_label("Your name").fill("Dora")
    guest.get_by_label("Password").fill("short")
    guest.get_by_role("button", name="Join").click()
    expect(guest.locator(".app-field__errors")).to_contain_text("at least 12")
    expect(guest.get_by_label("Your name")).to_have_value("Dora")
    guest.get_by_label("Password").fill(PASSWORD)
    guest.get_by_role("button", name="Join").click()
    expect(guest.get_by_role("status")).to_contain_text("Welcome, Dora!")
    guest.goto("/staff/products/")
    expect(guest.get_by_role("button", name="Add a product")).to_have_count(0)
    guest.goto("/staff/people/")
    expect(guest.locator("tbody th a")).to_have_text(["Alice", "Dora"])
    expect(guest.get_by_role("button", name="Invite somebody")).to_have_count(0)
    guest.get_by_role("link", name="Alice", exact=True).click()
    expect(guest.get_by_role("button", name="Change roles and stores")).to_have_count(0)

    owner.goto("/staff/people/")
    owner.get_by_role("link", name="Dora", exact=True).click()
    owner.get_by_role("button", name="Change roles and stores").click()
    owner.get_by_label("Viewer").uncheck()
    owner.get_by_label("Staff").check()
    owner.get_by_label("the stores ticked below").check()
    owner.get_by_label("North").check()
    owner.get_by_role("button", name="Save").click()
    expect(owner.get_by_role("status")).to_contain_text("What Dora may do is saved.")
    expect(owner.locator(".app-facts")).to_contain_text("North")

    guest.goto("/staff/products/")
    expect(guest.get_by_role("button", name="Add a product").first).to_be_visible()
