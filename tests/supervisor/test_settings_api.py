from __future__ import annotations

from typing import Any

import pytest

from accounts.entities import User
from storage.meter import measure
from tests.accounts.fixtures import add_user
from tests.catalog.api_client import Api
from tests.supervisor.test_services import ask

ANSWERS = "/api/v1/organisation/canned-answers"
MINUTES = {"whenever": 600, "today": 90, "soon": 20, "at_once": 5}
RETURNS = {"title": "Returns", "text": "Within thirty days."}


@pytest.fixture
def mia(alice: User) -> User:
    return add_user(email="mia@example.com", name="Mia", beside=alice, roles=("supervisor",))


def settings_of(store_id: str) -> str:
    return f"/api/v1/stores/{store_id}/requests/settings"


def said(**minutes: int) -> dict[str, Any]:
    return {"response_minutes": {**MINUTES, **minutes}, "only_opening_hours": False}


def test_response_times_are_read_and_changed(alice: User, mia: User, harbour: str) -> None:
    api, address = Api(alice), settings_of(harbour)
    first = api.get(address)
    assert first.status_code == 200, first.content
    assert first.json()["response_minutes"]["whenever"] == 480
    assert first.json()["version"] == 0
    etag = first.headers["ETag"]
    with measure() as meter:
        assert api.get(address, If_None_Match=etag).status_code == 304
    assert [call.operation for call in meter.calls] == ["BatchGetItem", "GetItem", "GetItem"]
    changed = api.put(address, said(), If_Match=etag)
    assert changed.status_code == 200, changed.content
    assert changed.json() == {"store_id": harbour, **said(), "version": 1}
    stale = api.put(address, said(soon=1), If_Match=etag)
    assert (stale.status_code, stale.json()["code"]) == (412, "response_times_changed")
    assert stale.json()["current"] == changed.json()
    assert api.put(address, said()).status_code == 428
    wrong = api.put(address, said(soon=0), If_Match=changed.headers["ETag"])
    assert wrong.status_code == 422
    supervisor = Api(mia)
    assert supervisor.get(address).json() == changed.json()
    refused = supervisor.put(address, said(), If_Match=changed.headers["ETag"])
    assert refused.status_code == 403


def test_canned_answers_are_made_changed_and_deleted(alice: User, mia: User) -> None:
    api = Api(alice)
    made = api.post(RETURNS, ANSWERS)
    assert made.status_code == 201, made.content
    address = made.headers["Location"]
    assert address == f"{ANSWERS}/{made.json()['id']}"
    listed = Api(mia).get(ANSWERS).json()
    assert listed == {
        "items": [{"id": made.json()["id"], "title": "Returns"}],
        "next_cursor": None,
    }
    assert Api(mia).get(address).json() == made.json()
    assert api.get(address, If_None_Match=made.headers["ETag"]).status_code == 304
    changed = api.put(address, {**RETURNS, "text": "No."}, If_Match=made.headers["ETag"])
    assert (changed.status_code, changed.json()["text"]) == (200, "No.")
    stale = api.delete(address, If_Match=made.headers["ETag"])
    assert (stale.status_code, stale.json()["code"]) == (412, "canned_answer_changed")
    assert stale.json()["current"] == changed.json()
    assert api.delete(address, If_Match=changed.headers["ETag"]).status_code == 204
    assert api.get(address).json()["code"] == "canned_answer_not_found"
    assert api.post({"title": ""}, ANSWERS).status_code == 422


def test_programs_put_requests_into_hands_and_find_them(
    alice: User, bob: User, mia: User, harbour: str
) -> None:
    made = ask(alice.actor, harbour, header="A blue mug", priority=7)
    ask(alice.actor, harbour, header="A red hat", priority=2)
    api, address = Api(mia), f"/api/v1/stores/{harbour}/requests"
    assigned = api.post({"user_id": alice.user_id}, f"{address}/{made.id}/assign")
    assert assigned.status_code == 200, assigned.content
    assert assigned.json()["handling"]["by"]["name"] == "Alice"
    events = api.get(f"{address}/{made.id}/timeline").json()["items"]
    assert events[0]["assigned_to"] == alice.user_id
    refused = api.post({"user_id": bob.user_id}, f"{address}/{made.id}/assign")
    assert (refused.status_code, refused.json()["code"]) == (422, "cannot_be_assigned")
    assert refused.json()["errors"][0]["field"] == "user_id"
    for place in (f"{address}/pending", "/api/v1/organisation/requests/pending"):
        for query in ({"text": "BLUE"}, {"priority": 7}, {"priority": 7, "text": "mug"}):
            found = api.get(place, query).json()["items"]
            assert [one["id"] for one in found] == [made.id], (place, query)
        distant = {"since": "0001-01-01T00:00:00+14:00", "until": "9999-12-31T23:59:59-14:00"}
        assert len(api.get(place, distant).json()["items"]) == 2
