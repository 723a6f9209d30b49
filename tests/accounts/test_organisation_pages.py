"""The settings and the people of one's organisation, as Alice (owner), Bob (viewer) and Charlie
(owner of another one) see them."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts import directory
from accounts.entities import Organisation, User
from accounts.models import AuthUser
from storage.meter import measure
from tests.accounts.crowd import member, write

SETTINGS, PEOPLE = "/staff/organisation/", "/staff/people/"
Rename = Callable[..., Any]


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(AuthUser.of(user))
    return client


def stored(user: User) -> Organisation:
    return directory.find_organisation(user.actor, org_id=user.org_id, consistent=True)


def rename(user: User, name: str, version: int | str | None = None) -> Any:
    shown = stored(user).version if version is None else version
    return client_of(user).post(SETTINGS, {"name": name, "version": shown})


def text_of(response: Any) -> str:
    return html.unescape(response.content.decode())


def names(response: Any) -> list[str]:
    found = re.findall(r'<th scope="row"><a [^>]*>(.*?)</a>', text_of(response), re.S)
    return [name.strip() for name in found]


def next_link(response: Any) -> str:
    found = re.search(r'<a href="([^"]+)" rel="next"', text_of(response))
    assert found
    return found[1]


# Settings


@pytest.mark.parametrize("path", [SETTINGS, PEOPLE])
def test_strangers_are_sent_to_the_login(client: Client, store: None, path: str) -> None:
    with measure() as meter:
        response = client.get(path)
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/accounts/login/")
    assert meter.calls == []


def test_the_owner_renames_the_organisation(alice: User) -> None:
    response = rename(alice, "  Alice's   Mugs ")
    assert (response.status_code, response.headers["Location"]) == (302, SETTINGS)
    assert stored(alice).name == "Alice's Mugs"
    page = text_of(client_of(alice).get(SETTINGS))
    assert "<h1>Alice's Mugs</h1>" in page
    assert 'value="Alice\'s Mugs"' in page


def test_the_history_says_who_renamed_it_from_what(alice: User) -> None:
    rename(alice, "Alice's Mugs")
    page = text_of(client_of(alice).get(SETTINGS))
    what = re.findall(r'app-history__head"><strong>(.*?)</strong> <span>(.*?)</span>', page)
    assert what == [("Renamed", "by Alice"), ("Founded", "by Alice")]
    assert "<del>Alice's Shop</del>" in page
    assert "<ins>Alice's Mugs</ins>" in page


def test_a_long_history_has_pages(alice: User) -> None:
    for number in range(11):
        assert rename(alice, f"Shop {number}").status_code == 302
    browser = client_of(alice)
    first = browser.get(SETTINGS)
    second = browser.get(next_link(first))
    assert text_of(first).count("<strong>Renamed</strong>") == 10
    assert text_of(second).count("<strong>Renamed</strong>") == 1
    assert "<strong>Founded</strong>" in text_of(second)


def test_the_same_name_leaves_no_trace(alice: User) -> None:
    before = stored(alice)
    assert rename(alice, "Alice's Shop").status_code == 302
    assert stored(alice) == before
    assert "Renamed" not in text_of(client_of(alice).get(SETTINGS))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("", "This field is required."),
        ("\u202e\u0007", "Enter a name."),
        ("x" * 151, "at most 150 characters"),
    ],
    ids=["nothing", "nothing to see", "too long"],
)
def test_a_name_that_cannot_be_is_said_beside_the_field(alice: User, name: str, text: str) -> None:
    response = rename(alice, name)
    assert response.status_code == 422
    assert re.search(rf'id="id_name_error">\s*<li>[^<]*{text}', text_of(response))
    assert stored(alice).name == "Alice's Shop"


@pytest.mark.parametrize("version", ["", "-1", "one"])
def test_without_a_version_nothing_is_overwritten(alice: User, version: str) -> None:
    assert rename(alice, "Other", version).status_code == 422
    assert stored(alice).name == "Alice's Shop"


def test_a_lost_race_shows_both_names_and_the_choice_is_saved(alice: User) -> None:
    seen = stored(alice).version
    rename(alice, "First & Co")
    response = rename(alice, "Second", seen)
    page = text_of(response)
    assert response.status_code == 409
    assert re.findall(r'type="radio" name="name" value="([^"]*)"', page) == [
        "Second",
        "First & Co",
    ]
    assert stored(alice).name == "First & Co"

    version = re.search(r'name="version" value="(\d+)"', page)
    assert version
    assert rename(alice, "Second", version[1]).status_code == 302
    assert stored(alice).name == "Second"


def test_a_viewer_sees_the_settings_and_cannot_change_them(alice: User, bob: User) -> None:
    page = text_of(client_of(bob).get(SETTINGS))
    assert "<h1>Alice's Shop</h1>" in page
    assert '<form method="post" class="app-form"' not in page
    assert rename(bob, "Bob's Shop").status_code == 403
    assert stored(alice).name == "Alice's Shop"


def test_everybody_sees_and_changes_their_own_organisation_only(alice: User, charlie: User) -> None:
    page = text_of(client_of(charlie).get(SETTINGS))
    assert "<h1>Charlie & Co</h1>" in page
    assert "Alice" not in page
    assert rename(charlie, "Charlie alone").status_code == 302
    assert stored(alice).name == "Alice's Shop"
    assert stored(charlie).name == "Charlie alone"


# People


def test_one_who_is_alone_is_told_so(alice: User) -> None:
    response = client_of(alice).get(PEOPLE)
    assert names(response) == ["Alice"]
    assert "So far you are alone here." in text_of(response)


def test_colleagues_come_in_the_order_of_their_names(alice: User, bob: User, charlie: User) -> None:
    response = client_of(bob).get(PEOPLE)
    page = text_of(response)
    assert names(response) == ["Alice", "Bob"]
    assert "alone" not in page
    for text in ("alice@example.com", "bob@example.com", "Owner", "Viewer", "Member since"):
        assert text in page
    assert page.count(">you<") == 1
    assert "Charlie" not in page
    assert names(client_of(charlie).get(PEOPLE)) == ["Charlie"]


def test_who_was_deleted_is_not_in_the_list(alice: User) -> None:
    write([member(alice.org_id, 1, deleted=True), member(alice.org_id, 2)])
    assert names(client_of(alice).get(PEOPLE)) == ["Alice", "Person 0002"]


def test_many_people_have_pages(alice: User) -> None:
    write(member(alice.org_id, number) for number in range(60))
    browser = client_of(alice)
    first = browser.get(PEOPLE)
    second = browser.get(next_link(first))
    assert len(names(first)) == 50
    assert "more people than fit" in text_of(first)
    assert sorted(names(first) + names(second)) == [
        "Alice",
        *(f"Person {number:04}" for number in range(60)),
    ]
    assert 'rel="next"' not in text_of(second)
    assert f'href="{PEOPLE}" rel="first"' in text_of(second)


def test_where_hundreds_have_left_the_list_leads_on(alice: User) -> None:
    write(member(alice.org_id, number, deleted=True) for number in range(800))
    write([member(alice.org_id, 900)])
    browser, address = client_of(alice), PEOPLE
    found: list[str] = []
    for _ in range(5):
        page = browser.get(address)
        found += names(page)
        following = re.search(r'<a (?:role="button" )?href="([^"]+\?cursor=[^"]+)"', text_of(page))
        if not following:
            break
        address = following[1]
    assert sorted(found) == ["Alice", "Person 0900"]


def test_a_cursor_of_others_is_refused(alice: User, charlie: User) -> None:
    write(member(alice.org_id, number) for number in range(60))
    address = next_link(client_of(alice).get(PEOPLE))
    assert client_of(charlie).get(address).status_code == 400


# What it costs


def test_the_pages_cost_little_at_a_thousand_people(alice: User) -> None:
    write(member(alice.org_id, number) for number in range(1000))
    browser = client_of(alice)
    with measure() as meter:
        assert browser.get(PEOPLE).status_code == 200
    assert [call.operation for call in meter.calls] == ["GetItem", "BatchGetItem", "Query"]
    assert meter.capacity <= 6.5
    with measure() as meter:
        assert browser.get(SETTINGS).status_code == 200
    assert [call.operation for call in meter.calls] == [
        "GetItem",
        "BatchGetItem",
        "GetItem",
        "Query",
    ]
    assert meter.capacity <= 4.5


def test_a_rename_is_one_read_and_one_transaction(alice: User) -> None:
    browser, version = client_of(alice), stored(alice).version
    with measure() as meter:
        browser.post(SETTINGS, {"name": "Alice's Mugs", "version": version})
    operations = [call.operation for call in meter.calls]
    assert operations == ["GetItem", "BatchGetItem", "GetItem", "TransactWriteItems"]
