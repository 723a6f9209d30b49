"""What a supervisor loses when the server stumbles, or a session ends: nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from accounts.entities import User
from accounts.stores import services as stores
from supervisor import services
from tests.accounts.fixtures import PASSWORD
from tests.browser.conftest import PHONE, OpenPage

LogIn = Callable[[Page, User], None]
QUEUE = "/staff/requests/"


@pytest.fixture
def harbour(alice: User) -> str:
    said = {"name": "Harbour", "time_zone": "Europe/Madrid"}
    return stores.create_store(actor=alice.actor, said=said).store.store_id


def ask(alice: User, store_id: str, header: str) -> None:
    services.ask(actor=alice.actor, store_id=store_id, raw={"header": header})


def log_in_again(page: Page, user: User) -> None:
    page.fill("[name=email]", user.email)
    page.fill("[name=password]", PASSWORD)
    page.click("main button[type=submit]")


def test_the_list_outlives_an_error_of_the_server(
    open_page: OpenPage, log_in: LogIn, alice: User, harbour: str, settings: Any
) -> None:
    settings.QUEUE_POLL_SECONDS = 1
    page = open_page(width=PHONE, failures="503")
    log_in(page, alice)
    ask(alice, harbour, "May he return it?")
    page.goto(QUEUE)
    failing = True

    def answer(route: Route) -> None:
        if failing and route.request.headers.get("hx-request"):
            route.fulfill(status=503, body="<h1>Busy</h1>")
        else:
            route.continue_()

    page.route("**/staff/requests/**", answer)
    expect(page.locator("[data-app-stale]")).to_be_visible()
    expect(page.locator("h1")).to_have_text("Requests")
    expect(page.locator("#queue h2")).to_have_count(1)
    ask(alice, harbour, "A leak in the cellar")
    failing = False
    expect(page.locator("#queue h2")).to_have_count(2)
    expect(page.locator("[data-app-stale]")).to_be_hidden()


def test_whoever_has_to_log_in_again_finds_the_list_and_the_answer(
    open_page: OpenPage, log_in: LogIn, alice: User, harbour: str, settings: Any
) -> None:
    settings.QUEUE_POLL_SECONDS = 1
    page = open_page(width=PHONE)
    log_in(page, alice)
    ask(alice, harbour, "May he return it?")
    page.goto(f"{QUEUE}?urgency=whenever")
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    expect(page).to_have_url(re.compile("/accounts/login/"))
    log_in_again(page, alice)
    expect(page).to_have_url(re.compile(r"/staff/requests/\?urgency=whenever$"))
    settings.QUEUE_POLL_SECONDS = 60
    page.get_by_role("link", name="May he return it?").click()
    page.wait_for_load_state()
    box = page.get_by_label("Answer", exact=True)
    box.fill("Within thirty days.")
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    page.get_by_role("button", name="Send the answer").click()
    expect(page).to_have_url(re.compile("/accounts/login/"))
    log_in_again(page, alice)
    expect(page.locator("h1")).to_have_text("May he return it?")
    expect(box).to_have_value("Within thirty days.")
    page.locator("header .app-menu summary").first.click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("link", name="Log in")).to_be_visible()
    assert page.evaluate("Object.keys(sessionStorage)") == []
