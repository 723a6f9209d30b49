from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.entities import User
from tests.accounts.fixtures import PASSWORD
from tests.browser.conftest import PHONE, OpenPage, accessibility_findings, overflow

LogIn = Callable[[Page, User], None]


@pytest.mark.parametrize("javascript", [True, False])
def test_people_take_their_data_along_and_are_erased(
    open_page: OpenPage, bob: User, log_in: LogIn, tmp_path: Path, javascript: bool
) -> None:
    page = open_page(width=PHONE, javascript=javascript)
    log_in(page, bob)
    page.goto("/accounts/")
    page.get_by_role("link", name="My data").click()
    expect(page.locator("h1")).to_have_text("My data")

    with page.expect_download() as download:
        page.get_by_role("button", name="Download my data").click()
    assert download.value.suggested_filename.startswith("my-data-")
    path = tmp_path / "data.json"
    download.value.save_as(path)
    assert json.loads(path.read_bytes())["account"]["profile"]["email"] == "bob@example.com"

    page.fill("[name=email]", "rob@example.com")
    page.get_by_role("button", name="Erase my account for good").click()
    expect(page.locator("[name=email]")).to_have_attribute("aria-invalid", "true")
    if javascript:
        assert accessibility_findings(page) == []
    assert overflow(page) <= 0
    page.fill("[name=email]", "bob@example.com")
    page.get_by_role("button", name="Erase my account for good").click()
    page.wait_for_url("**/accounts/login/")
    expect(page.get_by_role("status")).to_contain_text("Your account is erased.")

    page.fill("[name=email]", "bob@example.com")
    page.fill("[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    expect(page.locator("main [role=alert]")).to_contain_text("is not right")
