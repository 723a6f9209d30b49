from __future__ import annotations

from threading import BoundedSemaphore, Timer
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from accounts.entities import Actor, User
from storage.meter import measure
from supervisor import services, waiting
from supervisor.entities import Code, Request
from tests.accounts.fixtures import add_user
from tests.supervisor.test_api import QUESTION, Api
from tests.supervisor.test_services import ask, overdue


@pytest.fixture
def asker(alice: User, harbour: str) -> Api:
    user = add_user(email="bot@example.com", name="Bot", beside=alice, roles=("staff",))
    return Api(user, harbour)


def test_the_answer_comes_while_the_asker_waits(asker: Api, ana: Actor, harbour: str) -> None:
    made = asker.post("", QUESTION)
    request_id = made.json()["id"]
    soon = Timer(
        0.1,
        services.answer,
        kwargs={"actor": ana, "store_id": harbour, "request_id": request_id, "text": "Yes."},
    )
    soon.start()
    try:
        answer = asker.get(f"/{request_id}?wait=20", **{"If-None-Match": made.headers["ETag"]})
    finally:
        soon.join()
    assert (answer.status_code, answer.json()["answer"]["text"]) == (200, "Yes.")
    # What the asker does not know yet is no reason to wait.
    known = {"If-None-Match": made.headers["ETag"]}
    with measure() as meter:
        assert asker.get(f"/{request_id}?wait=20", **known).status_code == 200
    assert [call.operation for call in meter.calls] == ["BatchGetItem", "Query"]
    for wrong in ("21", "-1", "x"):
        assert asker.get(f"/{request_id}?wait={wrong}").status_code == 422


def test_without_news_the_wait_ends_with_304_or_what_there_is(asker: Api) -> None:
    made = asker.post("", QUESTION)
    path = f"/{made.json()['id']}?wait=1"
    same = asker.get(path, **{"If-None-Match": made.headers["ETag"]})
    assert (same.status_code, same.content) == (304, b"")
    assert asker.get(path).json()["status_code"] == "PENDING_RESPONSE"


class Reading:
    """A request that is read again and again, on a clock of its own."""

    def __init__(self, request: Request, monkeypatch: pytest.MonkeyPatch) -> None:
        self.request = request
        self.now = 0.0
        self.reads = 0
        self.sleeps: list[float] = []
        monkeypatch.setattr("supervisor.waiting.time.monotonic", lambda: self.now)

    def wait(self, seconds: int, **more: Any) -> Request:
        return waiting.wait_for_news(
            self.request,
            self.read,
            lambda now: now != self.request,
            seconds,
            **{"who": "USER-bot", "sleep": self.sleep, **more},
        )

    def read(self) -> Request:
        self.reads += 1
        return self.request

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds


def test_a_wait_reads_once_a_second(
    steve: Actor, harbour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = Reading(ask(steve, harbour), monkeypatch)
    reading.wait(20)
    assert (reading.reads, reading.now) == (20, 20.0)


def test_a_wait_looks_again_when_the_deadline_passes(
    steve: Actor, harbour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = overdue(ask(steve, harbour))
    reading = Reading(late, monkeypatch)
    monkeypatch.setattr(reading, "read", lambda: late.timed_out())
    assert reading.wait(20).code is Code.TIMEOUT
    assert reading.sleeps == [0.001]


def test_where_waiting_is_not_allowed_or_too_many_do_the_answer_is_at_once(
    steve: Actor, harbour: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = Reading(ask(steve, harbour), monkeypatch)
    settings.LONG_POLL = False
    reading.wait(20)
    settings.LONG_POLL = True
    places = BoundedSemaphore(1)
    monkeypatch.setattr(waiting, "_places", places)
    with places:
        reading.wait(20)
    assert reading.reads == 0
    reading.wait(1)
    assert reading.reads == 1


def test_one_program_takes_two_places_and_leaves_the_others(
    steve: Actor, harbour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = Reading(ask(steve, harbour), monkeypatch)
    slept: list[str] = []

    def first(_seconds: float) -> None:
        slept.append("first")
        reading.wait(1, who="bot", sleep=second)
        reading.now += 1

    def second(_seconds: float) -> None:
        slept.append("second")
        reading.wait(1, who="bot", sleep=third)
        reading.wait(1, who="shop", sleep=other)

    def third(_seconds: float) -> None:
        slept.append("third")
        reading.now += 1

    def other(_seconds: float) -> None:
        slept.append("other")
        reading.now += 1

    reading.wait(1, who="bot", sleep=first)
    assert slept == ["first", "second", "other"], "the third is answered at once"
    assert not waiting._waiting
