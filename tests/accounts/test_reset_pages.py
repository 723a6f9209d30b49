from __future__ import annotations

import logging
import re
from dataclasses import replace

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts import reset_links
from accounts.entities import User
from accounts.models import AuthUser
from config.logs import JsonFormatter
from storage.meter import measure
from tests.accounts.actions import change, log_in, stored
from tests.accounts.links import NEW_PASSWORD, address, altered, submit, token_for, use

pytestmark = pytest.mark.usefixtures("store")


def test_the_page_sets_the_password_and_leads_to_the_login(client: Client, dora: User) -> None:
    token = token_for(dora)
    page = client.get(address(token)).content.decode()
    assert 'value="dora@example.com"' in page
    assert page.count('autocomplete="new-password"') == 2
    response = submit(client, token)
    assert (response.status_code, response.headers["Location"]) == (302, "/accounts/login/")
    said = client.get("/accounts/login/").content.decode()
    assert "Your password is set. Log in with it." in said
    assert client.get("/accounts/").status_code == 302
    log_in("dora@example.com", NEW_PASSWORD)


def test_looking_at_the_page_is_one_read_and_writes_nothing(client: Client, dora: User) -> None:
    token = token_for(dora)
    for ask in (client.get, client.head):
        with measure() as meter:
            assert ask(address(token)).status_code == 200
        assert [(call.operation, call.capacity) for call in meter.calls] == [("BatchGetItem", 2.0)]


@pytest.mark.parametrize("method", ["get", "post"])
def test_links_that_do_not_work_all_answer_the_same(
    client: Client, alice: User, dora: User, method: str
) -> None:
    used, expired, gone = token_for(dora), token_for(alice), token_for(dora)
    use(used)
    change(replace(stored(alice), credential_stamp="renewed"))
    pages = set()
    for token in (used, expired, gone, "nonsense", altered(used)):
        typed = {"new_password": NEW_PASSWORD, "new_password_again": NEW_PASSWORD}
        response = getattr(client, method)(address(token), typed if method == "post" else None)
        assert response.status_code == 404
        page = response.content.decode()
        assert token not in page
        pages.add(re.sub(r'value="\w{64}"', "CSRF", page))
    assert len(pages) == 1
    assert "This link does not work" in pages.pop()


def test_what_is_wrong_is_said_beside_the_field(client: Client, dora: User) -> None:
    token = token_for(dora)
    for password, again, said in (
        ("short", "", "too short"),
        (NEW_PASSWORD, "something else 12", "The two passwords differ."),
        ("", "", "This field is required."),
    ):
        response = submit(client, token, password, again)
        page = response.content.decode()
        assert response.status_code == 422
        assert said in page
        assert 'value="dora@example.com"' in page
        assert NEW_PASSWORD not in page
    assert client.post(address(token)).status_code == 422
    assert submit(client, token).status_code == 302


def test_too_many_attempts_say_how_long_to_wait(
    client: Client, dora: User, settings: Settings
) -> None:
    settings.LOGIN_ATTEMPTS_PER_CLIENT = 1
    token = token_for(dora)
    assert submit(client, token, "short").status_code == 422
    response = submit(client, token)
    assert response.status_code == 429
    assert 0 < int(response.headers["Retry-After"]) <= settings.LOGIN_WINDOW_SECONDS


def test_a_form_of_another_site_is_refused(dora: User) -> None:
    token = token_for(dora)
    assert submit(Client(enforce_csrf_checks=True), token).status_code == 403
    reset_links.open_reset_link(token)


def test_who_is_logged_in_as_somebody_else_sets_the_password_of_the_link(
    client: Client, alice: User, dora: User
) -> None:
    client.force_login(AuthUser.of(alice))
    assert submit(client, token_for(dora)).status_code == 302
    assert client.get("/accounts/").status_code == 200
    log_in("dora@example.com", NEW_PASSWORD)
    log_in()


def test_the_forms_for_language_and_theme_lead_to_the_login(client: Client, dora: User) -> None:
    page = client.get(address(token_for(dora)), {"a": "b"}).content.decode()
    targets = re.findall(r'name="next" value="([^"]*)"', page)
    assert targets == ["/accounts/login/"] * 2
    chosen = {"next": targets[0], "language": "es"}
    response = client.post(reverse("set_language"), chosen)
    assert (response.status_code, response.headers["Location"]) == (302, "/accounts/login/")


def test_the_secret_in_the_address_goes_nowhere(
    client: Client, dora: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    token = token_for(dora)
    caplog.clear()
    responses = [
        client.get(address(token)),
        submit(client, token, "short"),
        submit(client, token),
        client.get(address(token)),
    ]
    assert [response.status_code for response in responses] == [200, 422, 302, 404]
    for response in responses:
        assert token not in response.content.decode()
        assert token not in str(response.headers)
        assert "no-store" in response.headers["Cache-Control"]
        assert response.headers["Referrer-Policy"] == "same-origin"
    assert 'content="noindex"' in responses[0].content.decode()
    formatter = JsonFormatter()
    lines = [formatter.format(record) for record in caplog.records]
    assert sum('"route":"accounts:reset"' in line for line in lines) == 4
    assert token not in "\n".join(lines)
    assert NEW_PASSWORD not in "\n".join(
        line for line in lines if '"logger":"backroom' in line or '"logger":"django' in line
    )
