"""The sessions of a person: listed, told apart, ended; and how their last use is noted."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from accounts import own_sessions, repository
from accounts.entities import SessionRecord, User
from accounts.errors import SessionNotFound
from accounts.models import AuthUser
from accounts.sessions import SessionStore
from accounts.tables import SessionItem, stored_session_key
from accounts.tokens import issue_token
from storage.audit import history
from storage.client import call
from storage.errors import StoreUnavailable
from storage.meter import measure
from tests.accounts.browsers import (
    ACCOUNT,
    END_OTHERS,
    FIREFOX,
    SAFARI,
    SESSIONS,
    age,
    end_address,
    id_of,
    is_logged_in,
    key_of,
    logged_in,
    sessions_of,
)
from tests.accounts.fixtures import PASSWORD

pytestmark = pytest.mark.usefixtures("store")

API = "/api/v1/users/me/sessions"
TWO_HOURS = timedelta(hours=2)


def actions_of(user: User) -> list[str]:
    return [entry.action for entry in history(f"user#{user.user_id}").items]


def bearer(user: User) -> dict[str, str]:
    return {"Authorization": f"Bearer {issue_token(user).text}"}


def test_ending_sessions_reads_so_many_and_no_more(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repository, "SESSIONS_AT_ONCE", 1)
    monkeypatch.setattr(own_sessions, "_PAGES", 2)
    clients = [logged_in(alice) for _ in range(4)]
    assert own_sessions.end_other_sessions(user=alice, current_id="none of them") == 2
    assert sum(map(is_logged_in, clients)) == 2
    with measure() as meter, pytest.raises(SessionNotFound):
        own_sessions.end_session(user=alice, session_id="gone")
    assert len(meter.calls) <= 4


# What is stored


def test_a_login_leaves_who_when_and_with_what(alice: User) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    client = logged_in(alice, SAFARI)
    (session,) = sessions_of(alice)
    assert session.id == id_of(client)
    assert str(session.device) == "Safari on iPhone"
    assert before <= session.created_at <= session.last_seen <= datetime.now(UTC)


def test_the_id_tells_nothing_about_the_cookie(alice: User) -> None:
    client = logged_in(alice)
    key, id = key_of(client), id_of(client)
    assert re.fullmatch(r"[\w-]{16}", id)
    assert id not in key
    assert id not in stored_session_key(key)
    page = client.get(SESSIONS).content.decode()
    assert key not in page
    assert stored_session_key(key) not in page


def test_a_session_without_a_login_is_in_no_list(alice: User) -> None:
    session = SessionStore()
    session["cat"] = "dog"
    session.save()
    (item,) = call("Scan", {"TableName": SessionItem.physical_name()})["Items"]
    assert item.keys() == {"session_key", "session_data", "expires_at"}
    assert sessions_of(alice) == []


def test_a_session_from_before_there_was_a_list_goes_on(client: Client, alice: User) -> None:
    client.force_login(AuthUser.of(alice))
    session = SessionStore(key_of(client))
    del session["login"]
    session.delete()
    record = SessionRecord(session.encode(dict(session.items())), session.get_expiry_date())
    assert repository.save_session(key_of(client), record, create=True)
    page = client.get(SESSIONS)
    assert page.status_code == 200
    assert "before sessions were listed" in page.content.decode()
    other = logged_in(alice)
    assert client.post(END_OTHERS).status_code == 302
    assert is_logged_in(client)
    assert not is_logged_in(other)


# The list


def test_the_list_shows_each_session_and_marks_this_one(alice: User) -> None:
    here = logged_in(alice, FIREFOX)
    there = logged_in(alice, SAFARI)
    page = here.get(SESSIONS).content.decode()
    assert page.count("this session") == 1
    assert "Firefox on Linux" in page
    assert "Safari on iPhone" in page
    assert end_address(id_of(there)) in page
    assert end_address(id_of(here)) not in page
    assert END_OTHERS in page


def test_with_one_session_there_are_no_others_to_end(alice: User) -> None:
    assert END_OTHERS not in logged_in(alice).get(SESSIONS).content.decode()


def test_the_list_speaks_spanish(alice: User) -> None:
    page = logged_in(alice).get(SESSIONS, headers={"Accept-Language": "es"}).content.decode()
    assert '<html lang="es"' in page


def test_expired_sessions_and_those_that_a_new_password_ended_are_not_listed(alice: User) -> None:
    expired, outdated = logged_in(alice), logged_in(alice)
    record = repository.get_session(key_of(expired))
    assert record is not None
    past = datetime.now(UTC) - timedelta(seconds=1)
    repository.save_session(key_of(expired), replace(record, expires_at=past), create=False)
    here = logged_in(alice)
    first_id = id_of(here)
    assert len(sessions_of(alice)) == 2
    new = "another long password"
    here.post("/accounts/password/", {"current_password": PASSWORD, "new_password": new})
    assert [session.id for session in sessions_of(alice)] == [first_id]
    assert not is_logged_in(outdated)
    assert is_logged_in(here)


def test_the_list_costs_two_requests_more_than_the_frame(alice: User) -> None:
    client = logged_in(alice)
    logged_in(alice)
    with measure() as meter:
        client.get(SESSIONS)
    assert [(one.operation, one.table) for one in meter.calls] == [
        ("GetItem", "test-sessions"),
        ("BatchGetItem", "test-accounts"),
        ("Query", "test-sessions"),
        ("BatchGetItem", "test-sessions"),
    ]


def test_strangers_are_led_to_the_login(client: Client) -> None:
    assert client.get(SESSIONS).headers["Location"] == f"/accounts/login/?next={SESSIONS}"
    for address in (END_OTHERS, end_address("x")):
        assert client.post(address).headers["Location"].startswith("/accounts/login/")


# Ending


def test_an_ended_session_is_refused_on_its_next_request(alice: User) -> None:
    here, there = logged_in(alice), logged_in(alice, SAFARI)
    answer = here.post(end_address(id_of(there)), follow=True)
    assert "That session is ended." in answer.content.decode()
    assert not is_logged_in(there)
    assert is_logged_in(here)
    entry = history(f"user#{alice.user_id}").items[0]
    assert (entry.action, entry.actor_id) == ("accounts.end_session", alice.user_id)
    assert entry.changes == {"device": ("Safari on iPhone", None)}


def test_ending_this_one_is_logging_out(alice: User) -> None:
    here = logged_in(alice)
    answer = here.post(end_address(id_of(here)))
    assert answer.headers["Location"] == "/accounts/login/"
    assert not is_logged_in(here)


def test_all_others_end_and_this_one_stays(alice: User, bob: User) -> None:
    here = logged_in(alice)
    others = [logged_in(alice, SAFARI) for _ in range(3)]
    colleague = logged_in(bob)
    answer = here.post(END_OTHERS, follow=True)
    assert "3 sessions are ended." in answer.content.decode()
    assert [is_logged_in(one) for one in others] == [False] * 3
    assert is_logged_in(here)
    assert is_logged_in(colleague)
    assert actions_of(alice)[:4] == ["accounts.end_session"] * 3 + ["accounts.log_in"]


def test_more_sessions_than_fit_into_a_request_all_end(alice: User) -> None:
    for _ in range(103):
        session = SessionStore()
        session.remember_login(alice.pk, FIREFOX)
        session["_auth_user_hash"] = AuthUser.of(alice).get_session_auth_hash()
        session.save()
    here = logged_in(alice)
    assert len(sessions_of(alice)) == 100
    assert own_sessions.end_other_sessions(user=alice, current_id=id_of(here)) == 103
    assert [session.id for session in sessions_of(alice)] == [id_of(here)]


@pytest.mark.parametrize("address", [END_OTHERS, end_address("x")])
def test_sessions_end_by_forms_of_this_site_only(alice: User, address: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(AuthUser.of(alice))
    assert client.post(address).status_code == 403
    assert client.get(address).status_code == 405


def test_a_session_can_be_ended_once(alice: User) -> None:
    here, there = logged_in(alice), logged_in(alice)
    address = end_address(id_of(there))
    assert here.post(address).status_code == 302
    assert here.post(address).status_code == 404


def test_a_race_for_the_same_session_has_one_winner(alice: User) -> None:
    logged_in(alice)
    (session,) = sessions_of(alice)

    def end(_: int) -> bool:
        try:
            own_sessions.end_session(user=alice, session_id=session.id)
        except SessionNotFound:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(end, range(8))) == 1
    assert actions_of(alice).count("accounts.end_session") == 1


def test_many_that_end_all_others_at_once_end_each_one_once(alice: User) -> None:
    here = logged_in(alice)
    current = id_of(here)
    for _ in range(6):
        logged_in(alice)

    def end(_: int) -> int:
        return own_sessions.end_other_sessions(user=alice, current_id=current)

    with ThreadPoolExecutor(4) as threads:
        assert max(threads.map(end, range(4))) == 6
    assert [session.id for session in sessions_of(alice)] == [current]
    assert actions_of(alice).count("accounts.end_session") == 6


# Whose


def test_colleagues_and_outsiders_neither_see_nor_end_it(
    alice: User, bob: User, charlie: User
) -> None:
    hers = logged_in(alice, SAFARI)
    for other in (bob, charlie):
        client = logged_in(other)
        page = client.get(SESSIONS).content.decode()
        assert id_of(hers) not in page
        assert "Safari on iPhone" not in page
        assert client.post(end_address(id_of(hers))).status_code == 404
        assert client.post(END_OTHERS).status_code == 302
        assert client.delete(f"{API}/{id_of(hers)}", headers=bearer(other)).status_code == 404
        listed = client.get(API, headers=bearer(other)).json()["items"]
        assert [item["id"] for item in listed] == [id_of(client)]
    assert is_logged_in(hers)


# For programs


def test_programs_list_sessions_and_end_them(client: Client, alice: User) -> None:
    there = logged_in(alice, SAFARI)
    (item,) = client.get(API, headers=bearer(alice)).json()["items"]
    assert item.keys() == {"id", "kind", "device", "created_at", "last_seen", "expires_at"}
    assert item["kind"] == "browser"
    assert item["device"] == "Safari on iPhone"
    assert item["created_at"].endswith("Z")
    answer = client.delete(f"{API}/{item['id']}", headers=bearer(alice))
    assert answer.status_code == 204
    assert not is_logged_in(there)
    assert client.get(API, headers=bearer(alice)).json() == {"items": []}
    gone = client.delete(f"{API}/{item['id']}", headers=bearer(alice))
    assert (gone.status_code, gone.json()["code"]) == (404, "session_not_found")


def test_programs_need_a_token(client: Client) -> None:
    assert client.get(API).status_code == 401
    assert client.delete(f"{API}/x").status_code == 401


# The last use


def test_pages_of_the_same_hour_write_nothing(alice: User) -> None:
    client = logged_in(alice)
    age(client, timedelta(minutes=50))
    with measure() as meter:
        client.get("/accounts/login/")
    assert [one.operation for one in meter.calls] == ["GetItem", "BatchGetItem"]


def test_the_first_page_of_another_hour_notes_it_with_one_write(alice: User) -> None:
    client = logged_in(alice)
    age(client, TWO_HOURS)
    with measure() as meter:
        client.get("/accounts/login/")
        client.get("/accounts/login/")
    assert [one.operation for one in meter.calls] == [
        *("GetItem", "BatchGetItem", "UpdateItem"),
        *("GetItem", "BatchGetItem"),
    ]
    assert datetime.now(UTC) - sessions_of(alice)[0].last_seen < timedelta(minutes=1)


def test_noting_the_use_prolongs_nothing(alice: User) -> None:
    client = logged_in(alice)
    (before,) = sessions_of(alice)
    age(client, TWO_HOURS)
    client.get(ACCOUNT)
    (after,) = sessions_of(alice)
    assert (after.expires_at, after.created_at) == (before.expires_at, before.created_at)


def test_a_session_that_ends_meanwhile_is_not_brought_back(alice: User) -> None:
    client = logged_in(alice)
    age(client, TWO_HOURS)
    session = SessionStore(key_of(client))
    assert session.login is not None
    repository.delete_session(key_of(client))
    session.note_use()
    assert repository.get_session(key_of(client)) is None


def test_two_pages_at_once_note_it_once(alice: User) -> None:
    client = logged_in(alice)
    age(client, TWO_HOURS)
    first, second = SessionStore(key_of(client)), SessionStore(key_of(client))
    assert first.login == second.login
    first.note_use()
    (noted,) = sessions_of(alice)
    repository.note_use(
        key_of(client),
        datetime.now(UTC) + timedelta(seconds=30),
        not_since=datetime.now(UTC) - timedelta(hours=1),
    )
    second.note_use()
    assert sessions_of(alice) == [noted]


def test_nobody_misses_a_note_that_fails(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    client = logged_in(alice)
    age(client, TWO_HOURS)

    def refuse(*_args: object, **_kwargs: object) -> None:
        raise StoreUnavailable("UpdateItem")

    monkeypatch.setattr(SessionItem, "amend", refuse)
    assert client.get(ACCOUNT).status_code == 200


def test_what_is_the_same_for_everybody_reads_nobody(alice: User) -> None:
    client = logged_in(alice)
    age(client, TWO_HOURS)
    with measure() as meter:
        assert client.get("/pictures/mug-3.svg").status_code == 200
        assert client.get("/api/v1/openapi.json").status_code == 200
    assert meter.calls == []
