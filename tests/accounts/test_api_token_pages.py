"""The pages and the JSON of API tokens."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.api_tokens import selectors
from accounts.api_tokens.entities import MOST_TOKENS
from accounts.entities import User
from accounts.models import AuthUser
from accounts.tables import AccountItem, SessionItem
from accounts.tokens import issue_token
from storage.client import call
from storage.meter import measure
from tests.accounts.actions import change, stored
from tests.accounts.api_tokens import (
    ADD,
    ALL,
    ME,
    OWN,
    VIEW,
    amend,
    fill,
    make,
    send,
    with_roles,
    works,
)
from tests.accounts.browsers import logged_in

pytestmark = pytest.mark.usefixtures("store")

TOKENS = "/accounts/tokens/"
NEW = "/accounts/tokens/new/"
REVOKE_ALL = "/accounts/tokens/revoke-all/"
STAFF = "/staff/tokens/"
TEXT = re.compile(r"brk_[\w-]{107}")


def form_of(client: Client, **changes: Any) -> dict[str, Any]:
    page = client.get(NEW).content.decode()
    (token_id,) = re.findall(r'name="token_id" value="(TOKEN-[\w-]+)"', page)
    said = {"token_id": token_id, "name": "Robot", "lifetime": "30", "scopes": [VIEW, ADD]}
    return {**said, **changes}


def bearer(user: User, logged_in_at: datetime | None = None) -> str:
    return issue_token(user, logged_in_at).text


def wanted(**changes: Any) -> bytes:
    said = {"name": "Robot", "scopes": [VIEW], "expires_in_days": 90}
    return json.dumps({**said, **changes}).encode()


# Pages


def test_the_text_is_in_the_answer_to_the_form_and_nowhere_else(alice: User) -> None:
    client = logged_in(alice)
    assert "No API tokens" in client.get(TOKENS).content.decode()
    said = form_of(client)
    answer = client.post(NEW, said)
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    (text,) = set(TEXT.findall(answer.content.decode()))
    assert send(text, ME).json()["email"] == alice.email
    stored_now = str(
        [call("Scan", {"TableName": one.physical_name()}) for one in (AccountItem, SessionItem)]
    )
    assert text[10:] not in stored_now
    assert text not in client.get(TOKENS).content.decode()

    again = client.post(NEW, said, follow=True)
    assert again.redirect_chain == [(TOKENS, 302)]
    page = again.content.decode()
    assert "was made already" in page
    assert not TEXT.search(page)
    (token,) = selectors.list_own_tokens(actor=alice.actor)
    assert token.token_id == said["token_id"]
    assert f"{token.prefix}…" in page
    assert all(str(label) in page for label in selectors.scope_labels([token]).values())


def test_the_form_offers_what_one_has_and_keeps_what_was_typed(bob: User) -> None:
    client = logged_in(with_roles(bob, "staff"))
    page = client.get(NEW).content.decode()
    assert f'value="{VIEW}"' in page
    assert "accounts.delete_organisation" not in page
    answer = client.post(NEW, form_of(client, name="", lifetime="date", scopes=[VIEW]))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Enter the last day on which it shall work." in page
    assert f'value="{VIEW}" checked' in page
    wrong: list[dict[str, Any]] = [
        {"scopes": ["accounts.delete_organisation"]},
        {"scopes": []},
        {"lifetime": "10000"},
        {"lifetime": "date", "last_day": "2020-01-01"},
        {"lifetime": "date", "last_day": "2999-01-01"},
        {"lifetime": "date", "last_day": "9999-12-31"},
        {"lifetime": "date", "last_day": "tomorrow"},
    ]
    for changes in wrong:
        assert client.post(NEW, form_of(client, **changes)).status_code == 422, changes
    assert selectors.list_own_tokens(actor=bob.actor) == []


def test_a_day_of_ones_own_ends_where_one_is(alice: User) -> None:
    change(replace(stored(alice), time_zone="America/New_York"))
    client = logged_in(alice)
    day = (datetime.now(UTC) + timedelta(days=5)).date()
    client.post(NEW, form_of(client, lifetime="date", last_day=day.isoformat()))
    (token,) = selectors.list_own_tokens(actor=alice.actor)
    assert token.expires_at.date() == day + timedelta(days=1)
    assert token.expires_at.hour in (4, 5)


def test_lifetimes_end_where_the_setting_says(alice: User, settings: Settings) -> None:
    settings.API_TOKEN_DAYS = 90
    page = logged_in(alice).get(NEW).content.decode()
    assert 'value="90"' in page
    assert 'value="365"' not in page


def test_with_fifty_tokens_there_is_no_more_room(alice: User) -> None:
    fill(alice, MOST_TOKENS)
    client = logged_in(alice)
    answer = client.post(NEW, form_of(client))
    assert answer.status_code == 409
    assert "Revoke one that is not needed." in answer.content.decode()


def test_who_confirmed_long_ago_is_asked_again_and_no_token_is_made(alice: User) -> None:
    client = logged_in(alice)
    session = client.session
    session["confirmed"] = int((datetime.now(UTC) - timedelta(minutes=16)).timestamp())
    session.save()
    answer = client.post(NEW, form_of(client))
    assert not TEXT.search(answer.content.decode())
    assert selectors.list_own_tokens(actor=alice.actor) == []


def test_revoking_on_ones_own_page(alice: User) -> None:
    (token, text), (_, other) = make(alice), make(alice)
    client = logged_in(alice)
    address = f"{TOKENS}{token.token_id}/revoke/"
    assert "is revoked" in client.post(address, follow=True).content.decode()
    assert not works(text)
    assert client.post(address).status_code == 404
    question = client.get(REVOKE_ALL).content.decode()
    assert "1 program is refused from now on" in question
    assert works(other)
    assert "1 API token is revoked." in client.post(REVOKE_ALL, follow=True).content.decode()
    assert not works(other)


def test_a_token_of_a_viewer_who_was_staff_says_what_it_does_not_do_any_more(bob: User) -> None:
    staff = with_roles(bob, "staff")
    make(staff, VIEW, ADD)
    page = logged_in(with_roles(bob, "viewer")).get(TOKENS).content.decode()
    assert page.count("(not any more, for you may not)") == 1
    assert NEW not in page


def test_managers_see_everybodys_and_revoke_them(alice: User, bob: User, charlie: User) -> None:
    token, text = make(alice, name="Stock robot")
    expired, _ = make(alice, name="Old robot")
    amend(expired, expires_at=1)
    address = f"{STAFF}{token.token_id}/revoke/"
    for other in (bob, charlie):
        client = logged_in(other)
        page = client.get(STAFF)
        assert "Stock robot" not in page.content.decode()
        assert page.status_code == (403 if other is bob else 200)
        assert client.post(address).status_code == (403 if other is bob else 404)
        assert client.get(NEW).status_code == (403 if other is bob else 200)
        assert client.post(f"{TOKENS}{token.token_id}/revoke/").status_code == 404
    assert works(text)
    client = logged_in(with_roles(bob, "manager"))
    text_of_page = client.get(STAFF).content.decode()
    assert "Stock robot" in text_of_page
    assert text_of_page.count("does not work") == 1
    assert client.post(address, follow=True).status_code == 200
    assert not works(text)


@pytest.mark.parametrize("address", [TOKENS, NEW, REVOKE_ALL, STAFF, f"{STAFF}x/revoke/"])
def test_strangers_are_led_to_the_login_and_other_sites_send_nothing(
    client: Client, alice: User, address: str
) -> None:
    method = client.post if "revoke" in address else client.get
    assert method(address).headers["Location"].startswith("/accounts/login/")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(AuthUser.of(alice))
    if address != TOKENS and address != STAFF:
        assert strict.post(address).status_code == 403


def test_what_the_pages_ask_of_the_store(alice: User) -> None:
    make(alice)
    client = logged_in(alice)
    frame = [("GetItem", "test-sessions"), ("BatchGetItem", "test-accounts")]
    for address, more in (
        (TOKENS, ["Query", "BatchGetItem"]),
        (NEW, []),
        (STAFF, ["Query", "BatchGetItem"]),
    ):
        with measure() as meter:
            client.get(address)
        calls = [(one.operation, one.table) for one in meter.calls]
        assert calls == frame + [(operation, "test-accounts") for operation in more], address
        assert meter.capacity <= 6.5


# JSON


def test_programs_make_list_and_revoke_their_own(alice: User) -> None:
    login = bearer(alice)
    answer = send(login, OWN, "POST", wanted())
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    made = answer.json()
    text = made.pop("token")
    assert TEXT.fullmatch(text)
    assert send(login, OWN).json() == {"items": [made]}
    assert made["last_used_at"] is None
    assert made["scopes"] == [VIEW]
    assert send(text, ME).status_code == 200
    assert send(login, OWN).json()["items"][0]["last_used_at"] is not None
    assert send(login, f"{OWN}/{made['id']}", "DELETE").status_code == 204
    assert send(text, ME).status_code == 401
    gone = send(login, f"{OWN}/{made['id']}", "DELETE")
    assert (gone.status_code, gone.json()["code"]) == (404, "token_not_found")


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"scopes": ["catalog.invent_product"]}, "scopes", "invalid_scopes"),
        ({"scopes": []}, "scopes", "invalid_scopes"),
        ({"expires_in_days": 400}, "expires_in_days", "invalid_expiry"),
        ({"expires_in_days": 0}, "expires_in_days", "invalid"),
        ({"name": " "}, "name", "invalid_name"),
        ({"owner": "USER-x"}, "owner", "invalid"),
    ],
)
def test_what_is_wrong_names_its_field(
    alice: User, changes: dict[str, Any], field: str, code: str
) -> None:
    answer = send(bearer(alice), OWN, "POST", wanted(**changes))
    body = answer.json()
    assert (answer.status_code, body["code"]) == (422, code)
    assert [error["field"].split(".")[0] for error in body["errors"]] == [field]


def test_who_may_not_or_logged_in_long_ago_makes_none(alice: User, bob: User) -> None:
    answers = {
        "permission_denied": send(bearer(bob), OWN, "POST", wanted()),
        "confirmation_needed": send(
            bearer(alice, datetime.now(UTC) - timedelta(minutes=16)), OWN, "POST", wanted()
        ),
        "login_needed": send(make(alice)[1], OWN, "POST", wanted()),
    }
    for code, answer in answers.items():
        assert (answer.status_code, answer.json()["code"]) == (403, code)


def test_what_only_the_person_does_no_api_token_does(alice: User) -> None:
    everything = [
        p.code for group in selectors.scope_groups(alice.actor) for p in group.permissions
    ]
    token, text = make(alice, *everything)
    assert send(text, ME).status_code == 200
    for method, path in (
        ("PATCH", ME),
        ("GET", f"{ME}/sessions"),
        ("DELETE", f"{ME}/sessions/x"),
        ("GET", OWN),
        ("DELETE", f"{OWN}/{token.token_id}"),
    ):
        answer = send(text, path, method, b"{}" if method == "PATCH" else None)
        assert (answer.status_code, answer.json()["code"]) == (403, "login_needed"), path


def test_managers_list_and_revoke_everybodys(alice: User, bob: User, charlie: User) -> None:
    (token, text), (_, reader) = make(alice), make(alice, "accounts.view_token")
    address = f"{ALL}/{token.token_id}"
    for other, status in ((bob, 403), (charlie, 404)):
        assert send(bearer(other), address, "DELETE").status_code == status
        assert "Robot" not in send(bearer(other), ALL).content.decode()
    assert send(reader, address, "DELETE").status_code == 403
    page = send(reader, f"{ALL}?limit=1").json()
    rest = send(reader, f"{ALL}?limit=1&cursor={page['next_cursor']}").json()
    assert rest["next_cursor"] is None
    owner = {"id": alice.user_id, "first_name": "Alice"}
    assert [item["owner"] for item in page["items"] + rest["items"]] == [owner, owner]
    assert "digest" not in page["items"][0]
    assert send(bearer(charlie), f"{ALL}?cursor={page['next_cursor']}").status_code == 400
    assert send(bearer(with_roles(bob, "manager")), address, "DELETE").status_code == 204
    assert not works(text)
