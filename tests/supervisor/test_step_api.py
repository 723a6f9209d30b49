"""What programs are told when a step is refused, and which version they may change."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from accounts.entities import User
from storage.transactions import Transaction
from supervisor import repository
from supervisor.entities import now_in_milliseconds
from tests.accounts.fixtures import add_user
from tests.supervisor.test_api import QUESTION, Api


@pytest.fixture
def asker(alice: User, harbour: str) -> Api:
    user = add_user(email="bot@example.com", name="Bot", beside=alice, roles=("staff",))
    return Api(user, harbour)


@pytest.fixture
def mia(alice: User, harbour: str) -> Api:
    user = add_user(email="mia@example.com", name="Mia", beside=alice, roles=("supervisor",))
    return Api(user, harbour)


@pytest.fixture
def ben(alice: User, harbour: str) -> Api:
    user = add_user(email="ben@example.com", name="Ben", beside=alice, roles=("supervisor",))
    return Api(user, harbour)


def test_who_is_refused_a_step_gets_the_request_as_they_may_see_it(
    asker: Api, mia: Api, ben: Api
) -> None:
    path = f"/{asker.post('', QUESTION).json()['id']}"
    mine = mia.post(f"{path}/claim")
    assert mine.headers["ETag"] == mia.get(path).headers["ETag"]

    taken = ben.post(f"{path}/answer", {"answer": "No."})
    assert (taken.status_code, taken.json()["code"]) == (409, "somebody_is_on_it")
    assert taken.json()["current"] == ben.get(path).json()
    assert taken.json()["current"]["handling"]["by"]["name"] == "Mia"
    assert taken.headers["ETag"] == ben.get(path).headers["ETag"]

    mia.post(f"{path}/answer", {"answer": "Yes."})
    late = asker.post(f"{path}/additions", {"addition": "Order 4712."})
    assert (late.status_code, late.json()["code"]) == (409, "step_refused")
    assert late.json()["current"]["answer"]["text"] == "Yes."


def test_of_two_corrections_the_second_must_have_seen_the_first(
    asker: Api, mia: Api, ben: Api
) -> None:
    path = f"/{asker.post('', QUESTION).json()['id']}"
    seen = mia.post(f"{path}/answer", {"answer": "Yes."}).headers["ETag"]
    no = {"answer": "No."}
    for headers in ({}, {"If-Match": "*"}):
        assert ben.post(f"{path}/correct", no, **headers).status_code == 428
    assert mia.post(f"{path}/correct", no, **{"If-Match": seen}).status_code == 200

    lost = ben.post(f"{path}/correct", {"answer": "Maybe."}, **{"If-Match": seen})
    assert (lost.status_code, lost.json()["code"]) == (412, "request_changed")
    assert lost.json()["current"]["answer"]["text"] == "No."
    now = {"If-Match": lost.headers["ETag"]}
    again = ben.post(f"{path}/correct", {"answer": "Maybe."}, **now)
    assert [one["text"] for one in again.json()["earlier_answers"]] == ["Yes.", "No."]


def test_of_two_changes_of_priority_the_second_must_have_seen_the_first(
    asker: Api, mia: Api, ben: Api
) -> None:
    made = asker.post("", QUESTION)
    path = f"/{made.json()['id']}"
    known = {"If-Match": mia.get(path).headers["ETag"]}
    assert ben.post(f"{path}/priority", {"priority": 9}).status_code == 428
    assert ben.post(f"{path}/priority", {"priority": 9}, **known).status_code == 200
    lost = mia.post(f"{path}/priority", {"priority": 1}, **known)
    assert (lost.status_code, lost.json()["current"]["priority"]) == (412, 9)
    # That it does not wait any more says more than that it has changed.
    asker.post(f"{path}/cancel")
    assert mia.post(f"{path}/priority", {"priority": 1}, **known).status_code == 409


def test_reopening_needs_no_body(asker: Api, mia: Api, harbour: str) -> None:
    made = asker.post("", QUESTION).json()["id"]
    stored = repository.require_request(repository.get_request(harbour, made))
    late = replace(stored, deadline=now_in_milliseconds() - timedelta(minutes=1))
    transaction = Transaction()
    repository.replace_request(transaction, stored, late)
    transaction.commit()
    address = f"{mia._address}/{made}/reopen"
    reopened = mia._client.generic("POST", address, headers=mia._headers)
    assert (reopened.status_code, reopened.json()["status_code"]) == (200, "PENDING_RESPONSE")


def test_lists_are_304_while_nothing_in_them_happens(asker: Api, mia: Api) -> None:
    made = [asker.post("", QUESTION).json()["id"] for _ in range(2)]
    everywhere = "/api/v1/organisation/requests"
    lists = [f"{asker._address}/pending?limit=1", f"{asker._address}/history"]
    lists += [f"{everywhere}/pending", f"{everywhere}/mine"]

    def get(address: str, **headers: str) -> Any:
        return asker._client.get(address, headers={**asker._headers, **headers})

    known = {one: {"If-None-Match": get(one).headers["ETag"]} for one in lists}
    for one in lists:
        same = get(one, **known[one])
        assert (same.status_code, same.content) == (304, b""), one
    mia.post(f"/{made[0]}/claim")
    mia.post(f"/{made[1]}/answer", {"answer": "Yes."})
    for one in lists:
        assert get(one, **known[one]).status_code == 200, one


def test_only_who_asked_sees_where_they_are_called(asker: Api, mia: Api) -> None:
    url = "https://shop.example.com/hook"
    made = asker.post("", {**QUESTION, "callback_url": url}).json()
    assert (made["callback_url"], made["version"]) == (url, 1)
    claimed = mia.post(f"/{made['id']}/claim").json()
    assert (claimed["callback_url"], claimed["version"]) == ("", 2)


@pytest.mark.parametrize("blank", ["", "  "])
def test_a_blank_key_is_refused_everywhere(asker: Api, alice: User, blank: str) -> None:
    owner = Api(alice, "")
    for address in ("products", "organisation/stores", "organisation/articles"):
        owner._address = f"/api/v1/{address}"
        refused = owner.post("", {}, **{"Idempotency-Key": blank})
        assert refused.status_code == 422
        assert "Idempotency-Key" in {one["field"] for one in refused.json()["errors"]}, address
    assert asker.post("", QUESTION, **{"Idempotency-Key": blank}).status_code == 422
