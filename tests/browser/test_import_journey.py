"""A file of products, from the upload to the catalogue."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.entities import User
from tests.browser.conftest import DESKTOP, PHONE, OpenPage, accessibility_findings, overflow

ROWS = 450


@pytest.fixture
def price_list(tmp_path: Path) -> Path:
    lines = ["Título;Precio;Marca;Referencia"]
    lines += [f"Jarrón {number};{number},50;Tomillar;JAR-{number}" for number in range(1, ROWS)]
    lines.append("Jarrón sin precio;gratis;Tomillar;JAR-0")
    file = tmp_path / "precios.csv"
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def looks_right(page: Page, javascript: bool) -> None:
    assert overflow(page) <= 0
    if javascript:  # axe is a script itself
        assert accessibility_findings(page) == []


@pytest.mark.parametrize(
    ("javascript", "width", "theme"), [(True, DESKTOP, "light"), (False, PHONE, "dark")]
)
def test_upload_look_confirm_and_find_in_the_catalogue(
    open_page: OpenPage,
    alice: User,
    log_in: Callable[[Page, User], None],
    price_list: Path,
    javascript: bool,
    width: int,
    theme: str,
) -> None:
    page = open_page(javascript=javascript, width=width, theme=theme)
    log_in(page, alice)
    page.goto("/staff/products/")
    page.get_by_role("button", name="Import", exact=True).click()
    page.set_input_files("main input[type=file]", price_list)
    page.locator("main form button[type=submit]").first.click()
    expect(page.locator("h1")).to_contain_text("precios.csv")
    looks_right(page, javascript)
    # The file says no currency, so nothing can be imported before somebody does.
    page.fill("main [name=constant_currency]", "EUR")
    page.get_by_role("button", name="Look again").click()
    expect(page.locator("main")).to_contain_text("Enter an amount")
    looks_right(page, javascript)
    # Said only now: the button takes along what stands in the form.
    page.get_by_label("Publish").check()
    page.get_by_role("button", name="Import now").click()
    done = page.get_by_text("The import is done")
    for _ in range(10):
        if javascript or done.count():
            break
        looks_right(page, javascript)
        page.locator("main form button[type=submit]").first.click()
    expect(done.first).to_be_visible(timeout=30_000)
    looks_right(page, javascript)
    with page.expect_download() as download:
        page.locator("main").get_by_role("link", name="refused").first.click()
    assert "gratis" in download.value.path().read_text(encoding="utf-8-sig")
    page.goto("/search/?q=jarron+449")
    expect(page.locator("main")).to_contain_text("Jarrón 449")
