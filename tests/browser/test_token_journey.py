"""Somebody gives a program a token, and takes it back."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.entities import User
from tests.browser.conftest import PHONE, OpenPage, accessibility_findings, overflow

LogIn = Callable[[Page, User], None]


def ask(server: str, text: str) -> int:
    """As a program does, from outside of the browser."""
    request = urllib.request.Request(
        f"{server}/api/v1/organisation/people", headers={"Authorization": f"Bearer {text}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code


def look(page: Page, javascript: bool) -> None:
    assert overflow(page) <= 0
    if javascript:
        assert accessibility_findings(page) == []


@pytest.mark.parametrize("javascript", [True, False])
def test_a_token_is_made_used_and_revoked(
    open_page: OpenPage, server: str, alice: User, log_in: LogIn, javascript: bool
) -> None:
    page = open_page(width=PHONE, javascript=javascript, theme="dark" if javascript else "light")
    log_in(page, alice)
    page.goto("/accounts/")
    page.get_by_role("link", name="My API tokens").click()
    page.get_by_role("button", name="Make a token").click()
    page.get_by_role("button", name="Make the token").click()
    expect(page.locator("main")).to_contain_text("Choose at least one thing")
    look(page, javascript)
    page.fill("[name=name]", "Stock robot")
    page.get_by_label("See the people of the organisation").check()
    page.get_by_role("button", name="Make the token").click()

    expect(page.locator("h1")).to_have_text("Your API token")
    look(page, javascript)
    text = page.locator("#token-text").inner_text()
    assert ask(server, text) == 200
    if javascript:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.get_by_role("button", name="Copy").click()
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == text
    page.reload()
    expect(page.locator("main")).not_to_contain_text(text)
    expect(page.locator(".app-sessions > li")).to_have_count(1)

    page.goto("/staff/tokens/")
    expect(page.locator("tbody")).to_contain_text("Stock robot")
    page.get_by_role("button", name="Revoke Stock robot").click()
    expect(page.get_by_role("status")).to_contain_text("“Stock robot” is revoked.")
    assert ask(server, text) == 401
    page.goto("/accounts/tokens/")
    expect(page.locator("main")).to_contain_text("No API tokens")
