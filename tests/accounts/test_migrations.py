"""Installations from before there were time zones and lists of sessions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command

from accounts import own_sessions, repository, services
from accounts.sessions import SessionStore
from accounts.tables import SessionItem, stored_session_key
from storage.client import call
from storage.configuration import configuration, configure
from storage.engine import Engine
from tests.accounts.actions import stored
from tests.accounts.browsers import FIREFOX
from tests.accounts.fixtures import PASSWORD

OLD_KEY = "a-session-from-before"


@pytest.fixture
def old_store() -> Iterator[None]:
    """An engine of its own with the tables of before, in which somebody is logged in."""
    original = configuration()
    with Engine.start(None) as engine:
        configure(replace(original, endpoint=engine.endpoint))
        call_command("migrate", "accounts", "0001", verbosity=0)
        expires = int((datetime.now(UTC) + timedelta(days=1)).timestamp())
        item = {
            "session_key": {"S": stored_session_key(OLD_KEY)},
            "session_data": {"S": SessionStore().encode({"_auth_user_id": "ORG-1.USER-1"})},
            "expires_at": {"N": str(expires)},
        }
        call("PutItem", {"TableName": SessionItem.physical_name(), "Item": item})
        yield
    configure(original)


def test_old_sessions_go_on_and_new_ones_are_listed(old_store: None) -> None:
    call_command("migrate", verbosity=0)
    old = SessionStore(OLD_KEY)
    assert old["_auth_user_id"] == "ORG-1.USER-1"
    assert old.login is None
    old.note_use()
    assert list(repository.sessions_of("ORG-1.USER-1")) == []

    user = services.sign_up(email="dora@example.com", password=PASSWORD)
    session = SessionStore()
    session.remember_login(user.pk, FIREFOX)
    session.save()
    ((listed,),) = repository.sessions_of(user.pk)
    assert listed.id == session.login.id if session.login else False
    assert own_sessions.end_session(user=stored(user), session_id=listed.id) == listed


def test_the_way_back_keeps_who_is_logged_in(old_store: None) -> None:
    call_command("migrate", verbosity=0)
    session = SessionStore()
    session.remember_login("ORG-1.USER-1", FIREFOX)
    session.save()
    call_command("migrate", "accounts", "0001", verbosity=0, interactive=False)
    assert SessionStore(OLD_KEY)["_auth_user_id"] == "ORG-1.USER-1"
    assert repository.get_session(str(session.session_key)) is not None
    description = call("DescribeTable", {"TableName": SessionItem.physical_name()})["Table"]
    assert not description.get("GlobalSecondaryIndexes")
