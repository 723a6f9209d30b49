"""The contract that Django's own session engines fulfil, and what this one adds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from asgiref.sync import async_to_sync
from django.contrib.sessions.backends.base import CreateError, UpdateError
from pytest_django import Settings

from accounts import repository
from accounts.entities import SessionRecord
from accounts.sessions import SessionStore
from accounts.tables import SessionItem
from storage.client import call
from storage.meter import measure

pytestmark = pytest.mark.usefixtures("store")


def saved(**values: object) -> str:
    session = SessionStore()
    session.update(values)
    session.save()
    assert session.session_key
    return str(session.session_key)


def test_a_new_session_is_empty_and_costs_nothing() -> None:
    with measure() as meter:
        session = SessionStore()
        assert session.get("cat") is None
        assert session.is_empty()
        assert not session.modified
    assert meter.calls == []


def test_what_was_saved_is_loaded() -> None:
    key = saved(cat="dog", number=1)
    session = SessionStore(key)
    assert dict(session.items()) == {"cat": "dog", "number": 1}
    assert session.accessed
    assert not session.modified


def test_changes_replace_what_was_saved() -> None:
    session = SessionStore(saved(cat="dog"))
    session["cat"] = "bird"
    assert session.pop("missing", "default") == "default"
    session.save()
    assert SessionStore(session.session_key)["cat"] == "bird"


def test_saving_without_a_key_makes_one() -> None:
    session = SessionStore()
    session["cat"] = "dog"
    with measure() as meter:
        session.save()
    assert len(str(session.session_key)) == 32
    assert [call.operation for call in meter.calls] == ["UpdateItem"]


def test_create_saves_an_empty_session_at_once() -> None:
    session = SessionStore()
    session.create()
    assert session.exists(session.session_key)
    assert session.modified
    assert dict(SessionStore(session.session_key).items()) == {}


def test_a_taken_key_is_not_created_again() -> None:
    session = SessionStore(saved(cat="dog"))
    with pytest.raises(CreateError):
        session.save(must_create=True)
    assert SessionStore(session.session_key)["cat"] == "dog"


def test_an_ended_session_is_not_brought_back_by_saving() -> None:
    session = SessionStore(saved(cat="dog"))
    session["cat"] = "bird"
    session.delete()
    with pytest.raises(UpdateError):
        session.save()
    assert not session.exists(session.session_key)


def test_delete_ends_the_own_or_another_session() -> None:
    own, other = SessionStore(saved()), saved()
    own.delete(other)
    assert not own.exists(other)
    own.delete()
    assert not own.exists(own.session_key)
    SessionStore().delete()


def test_flush_removes_data_and_key() -> None:
    session = SessionStore(saved(cat="dog"))
    old = session.session_key
    session.flush()
    assert session.session_key is None
    assert session.is_empty()
    assert not session.exists(old)


def test_cycle_key_keeps_the_data_under_a_new_key() -> None:
    session = SessionStore(saved(cat="dog"))
    old = session.session_key
    session.cycle_key()
    assert session.session_key != old
    session.save()
    assert not session.exists(old)
    assert SessionStore(session.session_key)["cat"] == "dog"


def test_a_key_that_the_client_invented_is_not_kept() -> None:
    session = SessionStore("invented-by-the-client")
    assert session.get("cat") is None
    assert session.session_key is None
    session["cat"] = "dog"
    session.save()
    assert session.session_key != "invented-by-the-client"


def test_an_expired_session_is_as_good_as_none() -> None:
    session = SessionStore(saved(cat="dog"))
    past = datetime.now(UTC) - timedelta(seconds=1)
    record = SessionRecord(session.encode({"cat": "dog"}), past)
    assert repository.save_session(str(session.session_key), record, create=False)
    expired = SessionStore(session.session_key)
    assert dict(expired.items()) == {}
    assert expired.session_key is None


def test_the_expiry_is_stored_as_the_attribute_that_dynamodb_deletes_by(
    settings: Settings,
) -> None:
    settings.SESSION_COOKIE_AGE = 120
    before = datetime.now(UTC).timestamp()
    saved(cat="dog")
    (item,) = call("Scan", {"TableName": SessionItem.physical_name()})["Items"]
    assert before + 119 <= int(item["expires_at"]["N"]) <= before + 125


def test_an_expiry_of_its_own_is_respected() -> None:
    session = SessionStore()
    session.set_expiry(60)
    session.save()
    record = repository.get_session(str(session.session_key))
    assert record is not None
    assert record.expires_at < datetime.now(UTC) + timedelta(seconds=61)


def test_who_reads_the_table_cannot_take_over_a_session() -> None:
    key = saved(cat="dog")
    (item,) = call("Scan", {"TableName": SessionItem.physical_name()})["Items"]
    assert key not in str(item)


def test_data_that_was_tampered_with_is_dropped() -> None:
    session = SessionStore(saved(cat="dog"))
    record = SessionRecord("forged:data:here", datetime.now(UTC) + timedelta(hours=1))
    repository.save_session(str(session.session_key), record, create=False)
    assert dict(SessionStore(session.session_key).items()) == {}


def test_clearing_expired_sessions_is_left_to_the_store() -> None:
    with measure() as meter:
        SessionStore.clear_expired()
    assert meter.calls == []


def test_the_asynchronous_methods_do_the_same() -> None:
    async def journey() -> None:
        session = SessionStore()
        await session.aset("cat", "dog")
        await session.asave()
        key = session.session_key
        assert await session.aexists(str(key))
        loaded = SessionStore(key)
        assert await loaded.aget("cat") == "dog"
        await loaded.acycle_key()
        await loaded.asave()
        assert loaded.session_key != key
        assert not await loaded.aexists(str(key))
        await loaded.aflush()
        assert loaded.session_key is None

    async_to_sync(journey)()
