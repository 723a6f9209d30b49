"""What people and programs do with their own data."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import Client

from accounts import organisations, repository
from accounts.entities import Actor, User
from accounts.personal_data.erasure import begin, work_on
from accounts.sessions import SessionStore
from accounts.tokens import issue_token
from storage.meter import measure
from tests.accounts.actions import change, stored
from tests.accounts.browsers import is_logged_in, key_of, logged_in
from tests.accounts.fixtures import PASSWORD

DATA, FILE, ERASE = "/accounts/data/", "/accounts/data/file/", "/accounts/data/erase/"
API = "/api/v1/users/me/data"
SECRETS = ("password_hash", "credential", "digest", "md5$", "session_key", "totp")


def unconfirmed(client: Client) -> None:
    """As if the last proof of who it is were a while ago."""
    session = SessionStore(key_of(client))
    session["confirmed"] = int((datetime.now(UTC) - timedelta(hours=1)).timestamp())
    session.save()


def content_of(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def document(response: Any) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(content_of(response))
    return body


def program(user: User, method: str = "get", path: str = API, **body: object) -> Any:
    headers = {"Authorization": f"Bearer {issue_token(stored(user)).text}"}
    if method == "get":
        return Client().get(path, headers=headers)
    return Client().post(path, body, content_type="application/json", headers=headers)


def test_the_page_says_what_is_kept_and_costs_the_session_and_the_person(bob: User) -> None:
    client = logged_in(bob)
    with measure() as meter:
        page = client.get(DATA)
    assert [call.operation for call in meter.calls] == ["GetItem", "BatchGetItem"]
    text = page.content.decode()
    assert page.status_code == 200
    assert "Download my data" in text
    assert "is kept about you" in text
    assert "make somebody else an owner first" not in text
    assert "no-store" in page.headers["Cache-Control"]


def test_the_file_has_everything_about_oneself_and_no_secrets(
    alice: User, bob: User, charlie: User
) -> None:
    client = logged_in(bob)
    answer = client.post(FILE)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Content-Type"] == "application/json"
    assert 'attachment; filename="my-data-' in answer.headers["Content-Disposition"]
    raw = content_of(answer)
    assert answer.headers["Content-Length"] == str(len(raw))
    body = json.loads(raw)
    assert (body["format"], body["version"]) == ("backroom-personal-data", 1)
    account = body["account"]
    assert account["profile"]["email"] == "bob@example.com"
    assert account["organisation"]["name"] == "Alice's Shop"
    assert account["roles"] == [{"id": "viewer", "name": "Viewer"}]
    assert account["stores"] == {"bound_to": None}
    assert [session["device"] for session in account["sessions"]] == ["Firefox on Linux"]
    about = [entry["action"] for entry in account["history_about_you"]]
    assert about == ["accounts.log_in", "accounts.export_user"]
    text = raw.decode().casefold()
    assert not [word for word in SECRETS if word in text]
    person = stored(bob)
    for secret in (person.password, person.credential_stamp, key_of(client)):
        assert secret.casefold() not in text
    # Neither names of colleagues nor anything of others.
    assert "alice@" not in text
    assert "charlie" not in text


def test_taking_the_data_along_asks_who_one_is(alice: User) -> None:
    client = logged_in(alice)
    unconfirmed(client)
    assert f'method="post" action="{FILE}"' in client.get(DATA).content.decode()
    assert client.get(FILE).status_code == 405
    asked = client.post(FILE)
    assert asked.status_code == 403
    confirming = f"/accounts/confirm/?next={FILE}"
    assert f'action="{confirming}"' in asked.content.decode()
    there = client.post(confirming, {"confirm-waiting": "1", "confirm-password": PASSWORD})
    assert (there.status_code, there.headers["Location"]) == (307, FILE)
    assert document(client.post(FILE))["account"]["profile"]["name"] == "Alice"


def test_an_account_is_erased_with_its_address(alice: User, bob: User) -> None:
    client, other = logged_in(bob), logged_in(bob)
    wrong = client.post(ERASE, {"email": "rob@example.com"})
    assert wrong.status_code == 422
    assert "This is not the e-mail address of the account." in wrong.content.decode()
    assert 'value="rob@example.com"' in wrong.content.decode()
    assert client.post(ERASE, {}).status_code == 422
    answer = client.post(ERASE, {"email": "Bob@example.com"}, follow=True)
    assert answer.redirect_chain == [("/accounts/login/", 302)]
    assert "Your account is erased." in answer.content.decode()
    assert not is_logged_in(client)
    assert not is_logged_in(other)
    assert repository.get_user(bob.org_id, bob.user_id) is None
    login = {"email": "bob@example.com", "password": PASSWORD}
    assert Client().post("/accounts/login/", login).status_code == 422


def test_erasing_waits_until_one_has_confirmed(alice: User, bob: User) -> None:
    client = logged_in(bob)
    unconfirmed(client)
    answer = client.post(ERASE, {"email": "bob@example.com"})
    assert answer.status_code == 403
    assert "bob@example.com" in answer.content.decode()
    assert repository.get_user(bob.org_id, bob.user_id) is not None


def test_the_last_owner_is_told_what_to_do_first(alice: User) -> None:
    client = logged_in(alice)
    assert "make somebody else an owner first" in client.get(DATA).content.decode()
    answer = client.post(ERASE, {"email": "alice@example.com"})
    assert answer.status_code == 409
    assert "An organisation keeps an owner." in answer.content.decode()
    assert is_logged_in(client)


def test_the_history_shows_a_person_without_a_name(alice: User, bob: User) -> None:

    change(replace(stored(bob), roles=("owner",)))
    organisations.rename_organisation(actor=stored(bob).actor, name="New name", version=1)
    client = logged_in(alice)
    assert "Bob" in client.get("/staff/organisation/").content.decode()
    work_on(begin(actor=Actor.system(org_id=bob.org_id), user=stored(bob)))
    text = client.get("/staff/organisation/").content.decode()
    assert "somebody who was erased" in text
    assert bob.user_id not in text


def test_programs_get_the_same_document(bob: User) -> None:
    answer = program(bob)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert document(answer)["account"]["profile"]["name"] == "Bob"


def test_programs_erase_the_account_that_they_speak_for(alice: User, bob: User) -> None:
    path = f"{API}/erase"
    for body, status, code in (
        ({"email": "rob@example.com"}, 422, "wrong_address"),
        ({}, 422, "invalid"),
        ({"email": "bob@example.com", "sure": True}, 422, "invalid"),
    ):
        answer = program(bob, "post", path, **body)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    last = program(alice, "post", path, email="alice@example.com")
    assert (last.status_code, last.json()["code"]) == (409, "only_owner")
    assert program(bob, "post", path, email="bob@example.com").status_code == 204
    assert repository.get_user(bob.org_id, bob.user_id) is None


def test_nobody_reads_without_logging_in(client: Client, store: None) -> None:
    assert client.get(DATA).headers["Location"] == f"/accounts/login/?next={DATA}"
    assert client.post(FILE).headers["Location"] == "/accounts/login/?next=/accounts/"
    assert client.get(API).status_code == 401
    assert client.post(ERASE).headers["Location"].startswith("/accounts/login/")
