"""A real browser on a live server: headless Chromium, on this worker's engine."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.test.testcases import LiveServerThread
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, sync_playwright

from accounts.entities import User
from tests.accounts.fixtures import PASSWORD

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
# Without these Chromium looks for its maker's servers at every start.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE, DESKTOP = 390, 1280

OpenPage = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in Path(item.fspath).parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def server(tables: Any) -> Iterator[str]:
    """The address of the application, served by threads of this process."""
    thread = LiveServerThread("localhost", StaticFilesHandler, connections_override={}, port=0)
    thread.daemon = True
    thread.start()
    thread.is_ready.wait(20)
    assert thread.error is None
    yield f"http://localhost:{thread.port}"
    thread.terminate()


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    # Playwright runs an event loop in this thread, which Django would take for an async view,
    # and which would be in the way of tests of other modules.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        with sync_playwright() as driver:
            yield driver


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture
def open_page(browser: Browser, server: str, store: None) -> Iterator[OpenPage]:
    """`open_page(width=…, theme=…, javascript=…)`: a tab of its own, with its own cookies;
    `failures` is how the statuses begin that the test provokes.

    The test fails if the page wrote an error to the console: a script that broke, a resource
    that is missing, or something that the content security policy stopped.
    """
    contexts = []
    complaints: list[str] = []

    def open_page(
        *,
        width: int = DESKTOP,
        theme: str = "light",
        javascript: bool = True,
        locale: str = "en",
        failures: str = "4",
    ) -> Page:
        def listen(message: ConsoleMessage) -> None:
            refused_by_design = f"the server responded with a status of {failures}" in message.text
            if message.type == "error" and not refused_by_design:
                complaints.append(message.text)

        context = browser.new_context(
            base_url=server,
            viewport={"width": width, "height": 900},
            color_scheme="dark" if theme == "dark" else "light",
            java_script_enabled=javascript,
            locale=locale,
        )
        contexts.append(context)
        context.set_default_timeout(10_000)
        page = context.new_page()
        page.on("console", listen)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def log_in() -> Callable[[Page, User], None]:
    def log_in(page: Page, user: User) -> None:
        page.goto("/accounts/login/")
        page.fill("[name=email]", user.email)
        page.fill("[name=password]", PASSWORD)
        page.click("main button[type=submit]")
        page.wait_for_url(lambda url: "/login/" not in url)

    return log_in


def accessibility_findings(page: Page) -> list[str]:
    """What axe says against the page, with the elements concerned."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    result = page.evaluate("axe.run({resultTypes: ['violations']})")
    return [
        f"{finding['id']}: {[node['target'] for node in finding['nodes']]}"
        for finding in result["violations"]
    ]


def overflow(page: Page) -> int:
    """How many pixels the page is wider than its window."""
    width: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return width
