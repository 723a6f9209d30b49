"""What people do, from the first look to the last click."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.entities import User
from catalog import services
from tests.accounts.fixtures import PASSWORD
from tests.browser.conftest import PHONE, OpenPage, accessibility_findings, overflow

MUG: dict[str, Any] = {
    "sku": "MUG-1",
    "name": "Blue mug",
    "price": "12.50",
    "currency": "EUR",
    "brand": "Acme",
    "category": "Kitchen/Mugs",
    "status": "public",
    "image_url": "/pictures/mug-1.svg",
}

with_and_without_javascript = pytest.mark.parametrize("javascript", [True, False])


@with_and_without_javascript
def test_browse_search_product(open_page: OpenPage, alice: User, javascript: bool) -> None:
    services.create_product(actor=alice.actor, raw=MUG)
    services.create_product(actor=alice.actor, raw={**MUG, "sku": "C-1", "name": "Café molido"})
    page = open_page(javascript=javascript)
    page.goto("/")
    page.get_by_role("link", name="Kitchen").first.click()
    expect(page.locator("h1")).to_have_text("Kitchen")
    page.locator("main").get_by_role("link", name="Mugs").first.click()
    expect(page.locator("h1")).to_have_text("Mugs")
    page.get_by_role("searchbox").first.fill("cafe mol")
    page.keyboard.press("Enter")
    page.locator("main").get_by_role("link", name="Café molido").first.click()
    expect(page.locator("h1")).to_have_text("Café molido")
    expect(page.locator("main")).to_contain_text("€12.50")
    assert re.search(r"/products/[a-z2-7]{16}/cafe-molido/$", page.url)


@with_and_without_javascript
def test_sign_up_create_publish_and_see_it_logged_out(
    open_page: OpenPage, javascript: bool
) -> None:
    page = open_page(javascript=javascript)
    page.goto("/accounts/signup/")
    for name, value in {
        "organisation": "Dana's Shop",
        "name": "Dana",
        "email": "dana@example.com",
        "password": PASSWORD,
    }.items():
        page.fill(f"main [name={name}]", value)
    page.click("main form button[type=submit]")
    page.goto("/staff/products/new/")
    for name, value in {
        "sku": "lamp-1",
        "name": "Brass lamp",
        "price": "89.00",
        "brand": "Lumen",
        "category": "Home/Lamps",
    }.items():
        page.fill(f"main [name={name}]", value)
    page.locator("main form").get_by_role("button", name=re.compile("Save|Create")).first.click()
    visitor = open_page(javascript=javascript)
    visitor.goto("/search/?q=lamp")
    expect(visitor.locator("main")).not_to_contain_text("Brass lamp")
    page.goto("/staff/products/")
    page.locator("main").get_by_role("link", name="Brass lamp").first.click()
    page.get_by_role("button", name="Publish").first.click()
    visitor.goto("/")
    visitor.locator("main").get_by_role("link", name="Brass lamp").first.click()
    expect(visitor.locator("h1")).to_have_text("Brass lamp")


def test_a_refused_form_keeps_what_was_typed(
    open_page: OpenPage, alice: User, log_in: Callable[[Page, User], None]
) -> None:
    page = open_page(width=PHONE)
    log_in(page, alice)
    page.goto("/staff/products/new/")
    page.fill("main [name=sku]", "bad sku!")
    page.fill("main [name=name]", "Brass lamp")
    page.fill("main [name=price]", "free")
    page.locator("main form").get_by_role("button", name=re.compile("Save|Create")).first.click()
    expect(page.locator("main [name=name]")).to_have_value("Brass lamp")
    for name in ("sku", "price"):
        field = page.locator(f"main [name={name}]")
        expect(field).to_have_attribute("aria-invalid", "true")
        described_by = (field.get_attribute("aria-describedby") or "").split()
        assert any(page.locator(f"#{part}").is_visible() for part in described_by)
    assert accessibility_findings(page) == []
    assert overflow(page) <= 0


def test_a_lost_race_shows_both_versions(
    open_page: OpenPage, alice: User, log_in: Callable[[Page, User], None]
) -> None:
    mug = services.create_product(actor=alice.actor, raw=MUG).product
    page = open_page(width=PHONE)
    log_in(page, alice)
    page.goto(f"/staff/products/{mug.id}/")
    page.fill("main [name=name]", "My mug")
    services.change_product(
        actor=alice.actor, product_id=mug.id, raw={"name": "Their mug"}, version=mug.version
    )
    page.locator("main form").get_by_role("button", name=re.compile("Save")).first.click()
    expect(page.locator("main")).to_contain_text("Their mug")
    expect(page.locator("main")).to_contain_text("My mug")
    assert accessibility_findings(page) == []
    assert overflow(page) <= 0


@with_and_without_javascript
def test_language_and_theme_are_chosen_and_stay(open_page: OpenPage, javascript: bool) -> None:
    page = open_page(javascript=javascript)
    page.goto("/accounts/login/")
    page.locator("header details summary").last.click()
    page.get_by_role("button", name="Español").first.click()
    expect(page.locator("html")).to_have_attribute("lang", "es")
    expect(page).to_have_url(re.compile("/accounts/login/$"))
    page.locator("header details summary").last.click()
    page.get_by_role("button", name="Oscuro").first.click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.goto("/")
    expect(page.locator("html")).to_have_attribute("lang", "es")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_a_broken_picture_leaves_the_placeholder_in_its_place(
    open_page: OpenPage, alice: User
) -> None:
    services.create_product(actor=alice.actor, raw={**MUG, "image_url": "/pictures/none-1.svg"})
    services.create_product(actor=alice.actor, raw={**MUG, "sku": "MUG-2", "image_url": ""})
    page = open_page()
    page.goto("/b/acme/")
    frames = page.locator("main .app-card__picture")
    expect(frames).to_have_count(2)
    for frame in frames.all():
        assert "placeholder" in frame.evaluate("frame => getComputedStyle(frame).backgroundImage")
    expect(page.locator("main .app-card__picture img:visible")).to_have_count(0)


def test_everything_can_be_reached_with_the_keyboard(open_page: OpenPage, alice: User) -> None:
    services.create_product(actor=alice.actor, raw=MUG)
    page = open_page()
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to the content")
    page.keyboard.press("Enter")
    expect(page.locator(":focus")).to_have_attribute("id", "main")
