from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.entities import User
from accounts.stores import services as stores
from accounts.tokens import issue_token
from storage.meter import measure
from tests.accounts.fixtures import add_user

QUESTION = {"header": "May he return it?", "priority": 6, "phone_number": "+34 600 123 456"}


class Api:
    """Somebody's program, in the queue of one store."""

    def __init__(self, user: User, store_id: str) -> None:
        self._client = Client()
        self._address = f"/api/v1/stores/{store_id}/requests"
        self._headers = {"Authorization": f"Bearer {issue_token(user).text}"}

    def get(self, path: str = "", **headers: str) -> Any:
        return self._client.get(self._address + path, headers={**self._headers, **headers})

    def post(self, path: str = "", body: object = None, **headers: str) -> Any:
        return self._client.post(
            self._address + path,
            body if body is not None else {},
            content_type="application/json",
            headers={**self._headers, **headers},
        )


@pytest.fixture
def mia(alice: User) -> User:
    return add_user(email="mia@example.com", name="Mia", beside=alice, roles=("supervisor",))


@pytest.fixture
def asker(alice: User, harbour: str) -> Api:
    user = add_user(email="bot@example.com", name="Bot", beside=alice, roles=("staff",))
    return Api(user, harbour)


def test_a_program_asks_and_a_supervisor_answers(asker: Api, mia: User, harbour: str) -> None:
    made = asker.post("", QUESTION)
    assert made.status_code == 201, made.content
    address = f"/{made.json()['id']}"
    assert made.headers["Location"].endswith(address)
    assert made.json()["status_code"] == "PENDING_RESPONSE"
    assert made.json()["phone_number"] == "+34600123456", "what one has typed oneself"

    supervisor = Api(mia, harbour)
    (waiting,) = supervisor.get("/pending").json()["items"]
    assert (waiting["header"], waiting["asked_by"]["name"]) == ("May he return it?", "Bot")
    assert supervisor.get(address).json()["phone_number"] == "+34600123456"
    assert supervisor.post(f"{address}/claim").json()["handling"]["by"]["name"] == "Mia"
    answered = supervisor.post(f"{address}/answer", {"answer": "Yes."})
    assert answered.status_code == 200
    assert asker.get(address).json()["answer"]["text"] == "Yes."
    assert asker.get("/pending").json() == {"items": [], "next_cursor": None}
    assert [one["id"] for one in asker.get("/history").json()["items"]] == [made.json()["id"]]
    events = asker.get(f"{address}/timeline").json()["items"]
    assert [event["what"] for event in events] == ["answer", "claim", "ask"]
    late = supervisor.post(f"{address}/answer", {"answer": "No."})
    assert (late.status_code, late.json()["code"]) == (409, "step_refused")


def test_polling_costs_one_read_and_says_304_while_nothing_happens(
    asker: Api, mia: User, harbour: str
) -> None:
    made = asker.post("", QUESTION)
    address, etag = f"/{made.json()['id']}", made.headers["ETag"]
    with measure() as meter:
        same = asker.get(address, **{"If-None-Match": etag})
    assert (same.status_code, same.content) == (304, b"")
    assert [call.operation for call in meter.calls] == ["BatchGetItem", "Query"]
    Api(mia, harbour).post(f"{address}/claim")
    assert asker.get(address, **{"If-None-Match": etag}).status_code == 200


def test_the_same_key_gives_the_same_request(asker: Api) -> None:
    first, again = (asker.post("", QUESTION, **{"Idempotency-Key": "k"}) for _ in range(2))
    assert first.json() == again.json()
    assert (first.status_code, again.headers["Idempotent-Replayed"]) == (201, "true")
    other = asker.post("", {**QUESTION, "priority": 1}, **{"Idempotency-Key": "k"})
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")


def test_the_same_key_of_somebody_else_or_for_another_store_is_another_request(
    alice: User, asker: Api, mia: User, harbour: str
) -> None:
    pier = stores.create_store(
        actor=alice.actor, said={"name": "Pier", "time_zone": "Europe/Madrid"}
    ).store.store_id
    clients = (asker, Api(mia, harbour), Api(mia, pier))
    made = [one.post("", QUESTION, **{"Idempotency-Key": "k"}) for one in clients]
    assert len({one.json()["id"] for one in made}) == 3
    assert not any("Idempotent-Replayed" in one.headers for one in made)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "header"),
        ({**QUESTION, "priority": 10}, "priority"),
        ({**QUESTION, "phone_number": "call me"}, "phone_number"),
        ({**QUESTION, "deadline": "2020-01-01T00:00:00Z"}, "deadline"),
        ({**QUESTION, "status": "NOT_PENDING"}, "status"),
    ],
    ids=["nothing", "priority", "phone", "deadline", "unknown"],
)
def test_what_is_wrong_is_said(asker: Api, body: dict[str, object], field: str) -> None:
    answer = asker.post("", body)
    assert answer.status_code == 422
    assert field in {error["field"] for error in answer.json()["errors"]}


def test_outsiders_find_nothing_and_viewers_only_look(
    asker: Api, bob: User, charlie: User, harbour: str
) -> None:
    address = f"/{asker.post('', QUESTION).json()['id']}"
    outsider, viewer = Api(charlie, harbour), Api(bob, harbour)
    for path in ("/pending", "/history", address, f"{address}/timeline"):
        assert outsider.get(path).status_code == 404, path
        assert viewer.get(path).status_code == 200, path
    for path, body in (("", QUESTION), (f"{address}/claim", {}), (f"{address}/cancel", {})):
        assert outsider.post(path, body).status_code == 404, path
        assert viewer.post(path, body).status_code == 403, path
    assert Client().get(f"/api/v1/stores/{harbour}/requests/pending").status_code == 401


def test_everything_that_is_wrong_is_said_at_once(asker: Api) -> None:
    wrong = {
        "header": "\u200b",
        "phone_number": "call me",
        "deadline": "2020-01-01T00:00:00Z",
        "callback_url": "http://localhost/",
    }
    errors = asker.post("", {**QUESTION, **wrong}).json()["errors"]
    assert {error["field"] for error in errors} == wrong.keys()
