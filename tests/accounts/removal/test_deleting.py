"""A deleted organisation: nobody of it gets in, in whatever way, and only its owners delete it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from accounts import repository
from accounts.api_tokens.services import make_token
from accounts.entities import Actor, User
from accounts.errors import (
    ConfirmationNeeded,
    InvalidCredentials,
    OrganisationChanged,
    OrganisationNotFound,
    PermissionDenied,
)
from accounts.models import AuthUser
from accounts.refresh import start_family
from accounts.removal import runner, services
from accounts.removal.errors import WrongName
from accounts.removal.runner import Outcome
from accounts.reset_links import issue_reset_link
from accounts.tokens import issue_token
from storage.audit import history
from storage.meter import Meter, measure
from tests.accounts.actions import log_in, stored
from tests.accounts.removal.shops import delete, restore
from tests.catalog.api_client import Api, problem

OWN, DELETE = "/api/v1/organisation", "/staff/organisation/delete/"


def confirmed(user: User) -> Actor:
    return replace(user.actor, confirmed_at=datetime.now(UTC))


def is_deleted(user: User) -> bool:
    organisation = repository.get_organisation(user.org_id)
    assert organisation is not None
    return organisation.deleted_at is not None


def browser_of(user: User) -> Client:
    browser = Client()
    browser.force_login(AuthUser.of(user))
    return browser


def test_no_session_token_link_or_password_works_until_it_is_restored(
    alice: User, bob: User
) -> None:
    browser = browser_of(alice)
    family = start_family(user=alice, user_agent="curl")
    link = issue_reset_link(actor=alice.actor, user=bob).token
    _, api_token = make_token(
        actor=confirmed(alice),
        owner=alice,
        name="Till",
        scopes=["catalog.view_product"],
        expires_at=datetime.now(UTC) + timedelta(days=1),
    )

    def refreshed() -> int:
        body = {"refresh_token": family.refresh}
        return int(Api().post(body, "/api/v1/users/refresh").status_code)

    doors: dict[str, Callable[[], int]] = {
        "session": lambda: browser.get("/staff/products/").status_code,
        "access token": lambda: Api(token=family.access.text).get(OWN).status_code,
        "API token": lambda: Api(token=api_token).get("").status_code,
        "reset link": lambda: Client().get(f"/accounts/reset/{link}/").status_code,
    }
    assert {name: door() for name, door in doors.items()} == dict.fromkeys(doors, 200)

    delete(alice)
    expected = {"session": 302, "access token": 401, "API token": 401, "reset link": 404}
    assert {name: door() for name, door in doors.items()} == expected
    assert refreshed() == 401

    restore(alice)
    assert {name: door() for name, door in doors.items()} == dict.fromkeys(doors, 200)


def test_a_login_fails_as_that_of_somebody_unknown(alice: User, charlie: User) -> None:
    delete(alice)

    def attempt(email: str) -> tuple[str, list[str]]:
        with measure() as meter, pytest.raises(InvalidCredentials) as refusal:
            log_in(email)
        return str(refusal.value), [call.operation for call in meter.calls]

    assert attempt("alice@example.com") == attempt("nobody@example.com")
    assert log_in("charlie@example.com").user_id == charlie.user_id


def test_only_who_may_and_has_just_confirmed_deletes_it(
    alice: User, bob: User, charlie: User
) -> None:
    for actor, refusal in (
        (confirmed(bob), PermissionDenied),
        (alice.actor, ConfirmationNeeded),
        (replace(confirmed(alice), org_id="ORG-none"), OrganisationNotFound),
    ):
        with pytest.raises(refusal):
            services.delete_organisation(actor=actor, name="Alice's Shop")
    with pytest.raises(WrongName):
        services.delete_organisation(actor=confirmed(alice), name="Alices Shop")
    with pytest.raises(OrganisationChanged):
        services.delete_organisation(actor=confirmed(alice), version=7)
    assert not is_deleted(alice)

    services.delete_organisation(actor=confirmed(alice), name=" ALICE\u2019s  shop ")
    assert is_deleted(alice)
    assert not is_deleted(charlie)
    newest = history(f"organisation#{alice.org_id}").items[0]
    assert (newest.actor_name, newest.action) == ("Alice", "accounts.delete_organisation")


# The page


def test_the_page_asks_for_the_name_and_leads_to_the_way_back(alice: User) -> None:
    browser = browser_of(alice)
    assert DELETE in browser.get("/staff/organisation/").content.decode()
    asked, meter = _measured(lambda: browser.get(DELETE))
    assert asked.status_code == 200
    assert [call.operation for call in meter.calls] == ["GetItem", "BatchGetItem", "GetItem"]
    wrong = browser.post(DELETE, {"name": "Something else"})
    assert wrong.status_code == 422
    assert "This is not the name of the organisation." in wrong.content.decode()
    assert 'value="Something else"' in wrong.content.decode()
    assert not is_deleted(alice)

    right = browser.post(DELETE, {"name": "Alice's Shop"})
    assert right.status_code == 302
    (message,) = mail.outbox
    assert "You have deleted “Alice's Shop”." in str(message.body)
    assert browser.get("/staff/organisation/").status_code == 302
    way_back, meter = _measured(lambda: browser.get(right.headers["Location"]))
    assert [(call.operation, call.capacity) for call in meter.calls] == [
        ("BatchGetItem", 2.0),
        ("GetItem", 1.0),
    ]
    assert "“Alice&#39;s Shop” is deleted" in way_back.content.decode()
    assert is_deleted(alice), "looking at it restores nothing"

    done = browser.post(right.headers["Location"])
    assert done.headers["Location"] == "/accounts/login/"
    assert not is_deleted(alice)
    assert log_in().user_id == alice.user_id
    assert browser.get(right.headers["Location"]).status_code == 404


def test_access_ends_before_anything_else_is_done_and_comes_back_after_everything(
    alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "REQUEST_SECONDS", 0.0)
    browser, colleague = browser_of(alice), browser_of(bob)
    way_back = browser.post(DELETE, {"name": "Alice's Shop"}).headers["Location"]
    assert stored(bob).deleted_at is None
    assert colleague.get("/staff/products/").status_code == 302
    assert runner.work_on(alice.org_id) is Outcome.DONE
    assert stored(bob).deleted_at is not None

    assert browser.post(way_back).headers["Location"] == way_back
    assert "is coming back" in browser.get(way_back).content.decode()
    assert colleague.get("/staff/products/").status_code == 302
    monkeypatch.undo()
    assert browser.post(way_back).headers["Location"] == "/accounts/login/"
    assert colleague.get("/staff/products/").status_code == 200


def test_others_find_no_way_to_the_page(bob: User, store: None) -> None:
    browser = browser_of(bob)
    assert DELETE not in browser.get("/staff/organisation/").content.decode()
    assert browser.get(DELETE).status_code == 403
    assert browser.post(DELETE, {"name": "Alice's Shop"}).status_code == 403
    assert Client().get(DELETE).status_code == 302


def test_who_logged_in_long_ago_confirms_first(alice: User, settings: Any) -> None:
    browser = browser_of(alice)
    session = browser.session
    session["confirmed"] = int((datetime.now(UTC) - timedelta(hours=1)).timestamp())
    session.save()
    assert browser.get(DELETE).headers["Location"].startswith("/accounts/confirm/")
    browser.post(DELETE, {"name": "Alice's Shop"})
    assert not is_deleted(alice)


def test_the_history_tells_of_it(alice: User) -> None:
    delete(alice)
    restore(alice)
    page = browser_of(alice).get("/staff/organisation/").content.decode()
    at = [page.index(f"<strong>{what}</strong>") for what in ("Brought back", "Deleted", "Founded")]
    assert at == sorted(at)


# Programs


def test_programs_delete_the_version_that_they_saw(alice: User, bob: User) -> None:
    api = Api(alice)
    etag = api.get(OWN).headers["ETag"]
    assert problem(api.delete(OWN), 428, "precondition_required")
    assert problem(Api(bob).delete(OWN, If_Match=etag), 403, "permission_denied")
    response = api.delete(OWN, If_Match=f'"{alice.org_id}-9"')
    stale = problem(response, 412, "organisation_changed")
    assert stale["current"]["name"] == "Alice's Shop"
    assert not is_deleted(alice)
    response = api.delete(OWN, If_Match=etag)
    assert (response.status_code, response.content) == (204, b"")
    assert is_deleted(alice)
    assert api.get(OWN).status_code == 401


def test_a_login_from_long_ago_is_not_enough(alice: User) -> None:
    long_ago = datetime.now(UTC) - timedelta(minutes=30)
    api = Api(token=issue_token(alice, long_ago).text)
    etag = api.get(OWN).headers["ETag"]
    assert problem(api.delete(OWN, If_Match=etag), 403, "confirmation_needed")
    assert not is_deleted(alice)


def _measured(act: Callable[[], Any]) -> tuple[Any, Meter]:
    with measure() as meter:
        answer = act()
    return answer, meter
