"""Setting up a second factor, logging in with it, confirming, and being made to have one."""

from __future__ import annotations

import html
from dataclasses import replace
from urllib.parse import quote

import pytest
from django.conf import settings as django_settings
from django.test import Client
from pytest_django import Settings

from accounts import services as people
from accounts.entities import User
from accounts.errors import InvalidCredentials, TooManyAttempts
from accounts.second_factor.repository import get_second_factor
from accounts.second_factor.requirement import change_second_factor_requirement
from storage.audit import history
from storage.meter import measure
from tests.accounts.actions import change, log_in, stored
from tests.accounts.fixtures import PASSWORD
from tests.accounts.links import submit, token_for
from tests.accounts.second_factors import (
    BEGIN,
    CODE,
    CONFIRM,
    LOGIN,
    OFF,
    RECOVERY_CODES,
    REQUIREMENT,
    SECOND_FACTOR,
    SECURITY,
    client_of,
    code_of,
    confirmed,
    enter_password,
    grow_old,
    shown_codes,
    shown_secret,
    switch_on,
)
from tests.storage import faults


def text_of(response: object) -> str:
    return html.unescape(response.content.decode())  # type: ignore[attr-defined]


def is_logged_in(client: Client) -> bool:
    return client.get("/accounts/").status_code == 200


def log_ins_of(user: User) -> list[object]:
    entries = history(user.audit_subject).items
    return [entry.changes for entry in entries if entry.action == "accounts.log_in"]


def test_setting_up_takes_a_right_code_and_shows_the_recovery_codes_once(alice: User) -> None:
    client = client_of(alice)
    assert 'class="app-qr"' not in text_of(client.get(SECOND_FACTOR))
    assert client.post(SECOND_FACTOR, {"code": "123456"}).headers["Location"] == SECOND_FACTOR
    assert client.post(BEGIN).headers["Location"] == SECOND_FACTOR
    page = client.get(SECOND_FACTOR)
    assert 'src="data:image/svg+xml' in text_of(page)
    assert "no-store" in page.headers["Cache-Control"]
    secret = shown_secret(page)
    # Looking again shows the same; a wrong code leaves it as it was.
    assert shown_secret(client.get(SECOND_FACTOR)) == secret
    wrong = client.post(SECOND_FACTOR, {"code": "000000"})
    assert (wrong.status_code, shown_secret(wrong)) == (422, secret)
    assert 'aria-invalid="true"' in text_of(wrong)
    done = client.post(SECOND_FACTOR, {"code": code_of(secret)})
    codes = shown_codes(done)
    assert (done.status_code, len(codes)) == (200, 10)
    assert "no-store" in done.headers["Cache-Control"]
    assert quote(f"{codes[0]}\n{codes[1]}") in done.content.decode()
    again = text_of(client.post(SECOND_FACTOR, {"code": code_of(secret)}, follow=True))
    assert "Recovery codes are shown once" in again
    assert "too long" not in again
    for address in (SECOND_FACTOR, SECURITY, RECOVERY_CODES):
        assert not shown_codes(client.get(address, follow=True))
    renewed = shown_codes(client.post(RECOVERY_CODES))
    assert len(renewed) == 10
    assert not set(codes) & set(renewed)


def test_the_password_alone_logs_nobody_in(alice: User) -> None:
    secret, _codes = switch_on(alice)
    client = Client()
    first = enter_password(client, alice, "?next=/staff/people/")
    assert first.headers["Location"] == f"{CODE}?next=/staff/people/"
    cookie = first.cookies[django_settings.LOGIN_COOKIE_NAME]
    assert cookie["httponly"]
    assert 0 < int(cookie["max-age"]) <= 600
    assert django_settings.SESSION_COOKIE_NAME not in client.cookies
    assert log_ins_of(alice) == []
    wrong = client.post(f"{CODE}?next=/staff/people/", {"code": "000000"})
    assert wrong.status_code == 422
    assert not is_logged_in(client)
    right = client.post(f"{CODE}?next=/staff/people/", {"code": code_of(secret)})
    assert right.headers["Location"] == "/staff/people/"
    assert is_logged_in(client)
    assert log_ins_of(alice) == [{"via": (None, "session"), "second_factor": (None, "code")}]
    assert client.cookies[django_settings.LOGIN_COOKIE_NAME].value == ""


def test_a_recovery_code_logs_in_and_says_how_many_are_left(alice: User) -> None:
    _secret, codes = switch_on(alice)
    client = Client()
    enter_password(client, alice)
    page = client.post(CODE, {"recovery_code": codes[0]}, follow=True)
    assert "You have 9 recovery codes left." in text_of(page)
    other = Client()
    enter_password(other, alice)
    assert other.post(CODE, {"recovery_code": codes[0]}).status_code == 422
    assert other.post(CODE, {}).status_code == 422
    refused = other.post(CODE, {"code": codes[0]})
    assert 'id="id_code_error"' in text_of(refused)
    assert not is_logged_in(other)
    other.post(CODE, {"code": codes[1]})
    assert is_logged_in(other)


def test_the_second_page_needs_the_first(client: Client, alice: User, bob: User) -> None:
    secret, _codes = switch_on(alice)
    code = {"code": code_of(secret)}
    with measure() as meter:
        assert client.get(f"{CODE}?next=/x/").headers["Location"] == f"{LOGIN}?next=/x/"
    assert meter.calls == []
    name = django_settings.LOGIN_COOKIE_NAME
    enter_password(client, alice)
    cookie = client.cookies[name].value
    client.cookies[name] = cookie[:-3] + "xyz"
    assert client.post(CODE, code).headers["Location"] == LOGIN
    submit(Client(), token_for(alice), "a brand new password")
    client.cookies[name] = cookie
    assert client.post(CODE, code).headers["Location"] == LOGIN
    assert not is_logged_in(client)


def test_nobody_is_sent_to_another_site(client: Client, alice: User) -> None:
    secret, codes = switch_on(alice)
    enter_password(client, alice, "?next=https://example.org/")
    done = client.post(f"{CODE}?next=https://example.org/", {"code": code_of(secret)})
    assert done.headers["Location"].startswith("/staff/")
    asked = client.post(f"{CONFIRM}?next=https://example.org/", {"confirm-code": codes[0]})
    assert asked.headers["Location"] == SECURITY


def test_wrong_codes_at_the_login_are_slowed(alice: User, settings: Settings) -> None:
    settings.SECOND_FACTOR_ATTEMPTS = 1
    secret, _codes = switch_on(alice)
    client = Client()
    enter_password(client, alice)
    assert client.post(CODE, {"code": "000000"}).status_code == 422
    refused = client.post(CODE, {"code": code_of(secret)})
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert not is_logged_in(client)


def test_a_new_password_does_not_go_around_it(alice: User) -> None:
    """Links log nobody in, and Django's own way in takes no password alone."""
    switch_on(alice)
    client = Client()
    submit(client, token_for(alice), "a brand new password")
    assert not is_logged_in(client)
    assert stored(alice).second_factor_since is not None
    typed = {"email": alice.email, "password": "a brand new password"}
    assert client.post(LOGIN, typed).headers["Location"] == CODE
    assert not client.login(username=alice.email, password="a brand new password")


# Confirming


def test_a_form_waits_until_it_is_confirmed_that_it_is_you(alice: User) -> None:
    secret, codes = switch_on(alice)
    client = client_of(alice)
    grow_old(client)
    asked = client.post(
        REQUIREMENT,
        {
            "required": "on",
            "note": "ñ <b>",
            "postal_code": "SW1A 1AA",
            "old_password": "x y",
            "recovery_code": "x y",
        },
    )
    page = text_of(asked)
    assert asked.status_code == 403
    assert "no-store" in asked.headers["Cache-Control"]
    assert f'action="{CONFIRM}?next={REQUIREMENT}"' in page
    assert 'name="required" value="on"' in page
    assert 'name="note" value="ñ <b>"' in page
    assert 'name="postal_code" value="SW1A 1AA"' in page
    assert "x y" not in page
    waiting = {"confirm-waiting": "1", "required": "on"}
    address = f"{CONFIRM}?next={REQUIREMENT}"
    wrong = client.post(address, {**waiting, "confirm-code": codes[0][::-1]})
    assert wrong.status_code == 422
    assert 'name="required" value="on"' in text_of(wrong)
    right = client.post(address, {**waiting, "confirm-code": code_of(secret)})
    assert (right.status_code, right.headers["Location"]) == (307, REQUIREMENT)
    done = client.post(REQUIREMENT, {**waiting, "confirm-code": code_of(secret)})
    assert (done.status_code, done.headers["Location"]) == (302, REQUIREMENT)
    assert "checked" in text_of(client.get(REQUIREMENT))
    assert "Second factor asked of everybody" in text_of(client.get("/staff/organisation/"))


def test_who_has_a_second_factor_confirms_by_it_and_returns_to_the_page(alice: User) -> None:
    secret, _codes = switch_on(alice)
    client = client_of(alice)
    grow_old(client)
    asked = client.get("/accounts/email/?a=b")
    assert (asked.status_code, asked.headers["Location"]) == (
        302,
        f"{CONFIRM}?next=/accounts/email/%3Fa%3Db",
    )
    assert client.get(asked.headers["Location"]).status_code == 200
    assert client.post(OFF).status_code == 403
    with_password = {"confirm-password": PASSWORD}
    assert client.post(f"{CONFIRM}?next={SECURITY}", with_password).status_code == 422
    assert client.post(OFF).status_code == 403
    confirming = client.post(f"{CONFIRM}?next={SECURITY}", {"confirm-code": code_of(secret)})
    assert (confirming.status_code, confirming.headers["Location"]) == (302, SECURITY)
    assert client.post(OFF).status_code == 302
    assert stored(alice).second_factor_since is None


def test_confirming_is_slowed_and_not_by_those_who_try_to_log_in(
    alice: User, settings: Settings
) -> None:
    settings.LOGIN_ATTEMPTS_PER_ADDRESS = 1
    client = client_of(alice)
    for refusal in (InvalidCredentials, TooManyAttempts):
        with pytest.raises(refusal):
            log_in(password="wrong horse battery")
    assert client.post(CONFIRM, {"confirm-password": PASSWORD}).headers["Location"] == SECURITY
    for status in (422, 429):
        assert client.post(CONFIRM, {"confirm-password": "wrong"}).status_code == status
    assert client.post(CONFIRM, {"confirm-password": PASSWORD}).status_code == 429
    assert client.post(CONFIRM, {}).status_code == 422


def test_htmx_and_files_lead_to_the_page_that_asks(alice: User) -> None:
    client = client_of(alice)
    grow_old(client)
    heard = client.post(
        BEGIN, headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/a/?b=1"}
    )
    assert heard.headers["HX-Redirect"] == f"{CONFIRM}?next=/a/%3Fb%3D1"
    elsewhere = {"HX-Request": "true", "HX-Current-URL": "https://example.org/"}
    heard = client.post(BEGIN, headers=elsewhere)
    assert heard.headers["HX-Redirect"] == f"{CONFIRM}?next={SECURITY}"


# Asked for by the organisation


def test_members_without_one_are_led_to_it_from_every_page(alice: User, bob: User) -> None:
    switch_on(alice)
    client = client_of(bob)
    change_second_factor_requirement(actor=confirmed(alice), required=True)
    for address in ("/staff/people/", "/staff/products/?q=a", "/accounts/", SECURITY, "/"):
        answer = client.get(address)
        assert answer.headers["Location"] == f"{SECOND_FACTOR}?next={quote(address)}"
    assert client.post("/staff/organisation/", {"name": "x"}).headers["Location"] == SECOND_FACTOR
    heard = client.get("/staff/people/", headers={"HX-Request": "true"})
    assert heard.headers["HX-Redirect"] == SECOND_FACTOR
    assert "Your organisation asks for a second factor." in text_of(client.get(SECOND_FACTOR))
    # What it takes stays open.
    assert client.post("/preferences/theme/", {"theme": "dark", "next": "/"}).status_code == 302
    assert stored(bob).theme == "dark"
    grow_old(client)
    assert client.post(BEGIN).status_code == 403
    assert client.post(CONFIRM, {"confirm-password": PASSWORD}).status_code == 302
    client.post(f"{BEGIN}?next=/staff/people/")
    secret = shown_secret(client.get(f"{SECOND_FACTOR}?next=/staff/people/"))
    done = client.post(f"{SECOND_FACTOR}?next=/staff/people/", {"code": code_of(secret)})
    assert 'href="/staff/people/"' in text_of(done)
    assert client.get("/staff/people/").status_code == 200
    # And cannot be switched off any more.
    client.post(OFF)
    assert stored(bob).second_factor_since is not None


def test_nobody_gets_past_it_because_the_store_did_not_answer(alice: User, bob: User) -> None:
    switch_on(alice)
    change_second_factor_requirement(actor=confirmed(alice), required=True)
    client = client_of(bob)
    # One for what the person prefers, one for this; the page would get an answer.
    silent = [faults.refusal("ServiceUnavailable", status=501)] * 2
    client.raise_request_exception = False
    with faults.injected("BatchGetItem", *silent):
        assert client.get("/accounts/sessions/").status_code == 503
    assert client.get("/accounts/sessions/").status_code == 302


def test_who_is_led_there_can_log_out_and_alice_is_not_asked(alice: User, bob: User) -> None:
    switch_on(alice)
    change_second_factor_requirement(actor=confirmed(alice), required=True)
    assert client_of(alice).get("/staff/people/").status_code == 200
    client = client_of(bob)
    assert client.post("/accounts/logout/").headers["Location"] == "/"
    assert client.get("/").status_code == 200


def test_only_owners_see_the_switch(alice: User, bob: User) -> None:
    assert client_of(bob).get(REQUIREMENT).status_code == 403
    client = client_of(alice)
    refused = client.post(REQUIREMENT, {"required": "on"})
    assert refused.status_code == 409
    assert "Set up a second factor for yourself first." in text_of(refused)


# Security page


def test_the_security_page_says_what_happened(alice: User) -> None:
    _secret, codes = switch_on(alice)
    client = Client()
    enter_password(client, alice)
    client.post(CODE, {"recovery_code": codes[0]})
    client.get("/accounts/sessions/")
    with measure() as meter:
        page = text_of(client.get(SECURITY))
    assert sorted(call.operation for call in meter.calls) == [
        "BatchGetItem",
        "GetItem",
        "GetItem",
        "Query",
    ]
    assert meter.capacity <= 5
    for words in (
        "Account opened",
        "Second factor switched on",
        "Recovery code used</strong> <span>9 are left",
        "Logged in with password and recovery code",
    ):
        assert words in page
    client.post("/preferences/language/", {"language": "es", "next": "/"})
    assert "accounts." not in text_of(client.get(SECURITY))


def test_many_events_come_in_pages(alice: User) -> None:
    for _login in range(22):
        people.log_in(user=alice, via="token")
    client = client_of(alice)
    page = text_of(client.get(SECURITY))
    assert page.count("A program logged in with the password") == 20
    assert 'rel="next"' in page


def test_deactivated_people_do_not_get_past_the_code(alice: User, bob: User) -> None:
    secret, _codes = switch_on(bob)
    client = Client()
    enter_password(client, bob)
    change(replace(stored(bob), deactivated_at=stored(bob).created_at))
    assert client.post(CODE, {"code": code_of(secret)}).headers["Location"] == LOGIN
    assert get_second_factor(bob.org_id, bob.user_id).last_step == 0
