"""An organisation's own role that permits the work of supervisors and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.test import Client

from accounts import repository
from accounts.entities import User
from accounts.roles import services as roles
from storage.transactions import Transaction
from tests.supervisor.test_api import QUESTION, Api

WORK = (
    "view_request",
    "add_request",
    "answer_request",
    "assign_request",
    "change_settings",
    "view_article",
)
PAGES = ("", "history/", "board/", "new/", "mine/", "settings/", "notices/")


@pytest.fixture
def nora(alice: User) -> User:
    owner = replace(alice.actor, confirmed_at=datetime.now(UTC))
    codes = [f"supervisor.{name}" for name in WORK]
    role = roles.add_role(actor=owner, name="Help desk", permissions=codes)
    user = replace(
        alice,
        user_id=User.new_id(),
        name="Nora",
        email="nora@example.com",
        email_key="nora@example.com",
        roles=(role.role_id,),
        version=None,
    )
    transaction = Transaction()
    repository.add_user(transaction, user)
    transaction.commit()
    return user


def test_who_may_answer_needs_no_permission_to_see_stores(
    nora: User, harbour: str, log_in: Callable[[User], Client]
) -> None:
    api, browser = Api(nora, harbour), log_in(nora)
    made = api.post("", QUESTION).json()["id"]
    for path in ("/pending", "/history", "/settings"):
        assert api.get(path).status_code == 200, path
    queue = browser.get("/staff/requests/").content.decode()
    assert "May he return it?" in queue
    assert "Harbour" in queue
    page = f"/staff/requests/{harbour}/{made}/"
    for address in (page, "/staff/articles/", *(f"/staff/requests/{name}" for name in PAGES)):
        assert browser.get(address).status_code == 200, address
    assert api.post(f"/{made}/answer", {"answer": "Yes."}).status_code == 200


def test_the_pages_of_stores_stay_closed_to_them(
    nora: User, harbour: str, log_in: Callable[[User], Client]
) -> None:
    api = Api(nora, harbour)
    api._address = "/api/v1/organisation/stores"
    for path in ("", f"/{harbour}"):
        assert api.get(path).status_code == 403, path
    assert log_in(nora).get("/staff/stores/").status_code == 403
