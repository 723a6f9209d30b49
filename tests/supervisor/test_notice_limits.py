"""Whom notices reach although very much waits, the sweeper is down, or no mail goes out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from accounts import mail
from accounts.entities import Actor, User
from accounts.errors import MailNotSent
from accounts.stores import services as stores
from storage.meter import measure
from supervisor import notice_repository, notice_selectors
from supervisor.entities import Urgency, now_in_milliseconds
from supervisor.notice_entities import Told
from supervisor.notifying import MOST_FAILED_IN_A_ROW, Notified, notify
from tests.accounts.fixtures import add_user
from tests.supervisor.seeding import fill
from tests.supervisor.test_notifying import change, nearly_due, on_duty, told_headers
from tests.supervisor.test_services import ask

NOTHING = Notified()
NOBODY = "nowhere.Backend"


@pytest.fixture
def mia(alice: User) -> User:
    return add_user(email="mia@example.com", name="Mia", beside=alice, roles=("supervisor",))


@pytest.fixture
def busy(alice: User, monkeypatch: pytest.MonkeyPatch) -> str:
    """A store where more waits than is read of an organisation."""
    for name, number in (("AT_ONCE", 5), ("MOST_READ", 10), ("MOST_QUERIES", 4)):
        monkeypatch.setattr(notice_selectors, name, number)
    said = {"name": "Busy", "time_zone": "Europe/Madrid"}
    store_id = stores.create_store(actor=alice.actor, said=said).store.store_id
    fill(alice.org_id, store_id, first=0, last=60)
    return store_id


@pytest.mark.parametrize("is_bound", [False, True])
def test_what_waits_elsewhere_hides_nothing_from_who_has_few_stores(
    is_bound: bool, mia: User, steve: Actor, harbour: str, busy: str, mailoutbox: list[Any]
) -> None:
    said: dict[str, Any] = {"urgency": Urgency.WHENEVER}
    if is_bound:
        change(mia, stores=frozenset({harbour}))
    else:
        said["stores"] = [harbour]
    on_duty(mia, **said)
    ask(steve, harbour, header="Mine", priority=0)
    assert notify() == Notified(sent=1)
    (message,) = mailoutbox
    assert told_headers(message, "Mine", "Question 0") == ["Mine"]
    assert "not all of it" not in message.body
    assert notify() == NOTHING


def test_what_is_nearly_due_is_told_however_much_is_more_urgent(
    alice: User, steve: Actor, harbour: str, busy: str, mailoutbox: list[Any]
) -> None:
    for store_id, header in ((harbour, "Mine"), (busy, "Forgotten")):
        nearly_due(ask(steve, store_id, header=header, priority=0))
    on_duty(alice, urgency=Urgency.AT_ONCE)
    with measure() as meter:
        assert notify() == Notified(sent=1)
    (message,) = mailoutbox
    assert told_headers(message, "Forgotten", "Mine") == ["Forgotten", "Mine"]
    assert "not all of it was looked at" in message.body
    operations = [call.operation for call in meter.calls]
    # Whom, what waits; the stores, each by itself, and one by its deadlines as well.
    assert operations.count("Query") == 2 + 2 + 1 + 2 + 1
    # Where there are too many stores for that, the most urgent of all.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(notice_selectors, "MOST_STORES", 1)
        waiting = notice_selectors.WaitingRequests(alice.org_id, now_in_milliseconds())
        assert waiting.of_stores(None) == waiting.most_urgent()


def test_what_nobody_has_swept_is_read_so_far_and_no_further(
    alice: User, mia: User, steve: Actor, harbour: str, busy: str, mailoutbox: list[Any]
) -> None:
    now = now_in_milliseconds()
    late = {"asked_at": now - timedelta(days=1), "deadline": now - timedelta(hours=1)}
    fill(alice.org_id, busy, first=0, last=240, **late)
    on_duty(mia, urgency=Urgency.WHENEVER, stores=[harbour])
    ask(steve, harbour, header="Mine", priority=0)
    with measure() as meter:
        assert notify() == Notified(sent=1)
    operations = [call.operation for call in meter.calls]
    # Where somebody is on duty, who, four of all that waits, one of hers.
    assert operations.count("Query") == 2 + 4 + 1
    assert told_headers(mailoutbox[0], "Mine") == ["Mine"]


def test_a_mail_that_cannot_be_sent_is_tried_again_after_a_pause_that_grows(
    mia: User, steve: Actor, harbour: str, mailoutbox: list[Any], settings: Any
) -> None:
    on_duty(mia)
    ask(steve, harbour, priority=9)
    works = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = NOBODY

    def told() -> Told:
        return notice_repository.told([mia.user_id])[mia.user_id]

    pauses = []
    for _attempt in range(9):
        before = now_in_milliseconds()
        assert notify() == Notified(failed=1)
        assert notify() == NOTHING, "a pause"
        failed = told()
        pauses.append(next(m for m in range(70) if not failed.is_put_off(before + minutes(m + 1))))
        notice_repository.settle(replace(failed, retry_at=0))
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    settings.EMAIL_BACKEND = works
    assert notify() == Notified(sent=1)
    assert len(mailoutbox) == 1
    assert (told().failures, told().retry_at) == (0, 0)


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count, seconds=-30)


def test_where_no_mail_goes_out_few_are_tried_in_a_round(
    alice: User, charlie: User, steve: Actor, harbour: str, settings: Any
) -> None:
    port = stores.create_store(
        actor=charlie.actor, said={"name": "Port", "time_zone": "Europe/Madrid"}
    ).store.store_id
    ask(charlie.actor, port, priority=6)
    ask(steve, harbour, priority=6)
    people = [alice, charlie]
    for number in range(2 * MOST_FAILED_IN_A_ROW - 2):
        email = f"p{number}@example.com"
        people.append(add_user(email=email, name="P", beside=alice, roles=("manager",)))
    for user in people:
        on_duty(user)
    works = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = NOBODY
    assert notify() == Notified(failed=MOST_FAILED_IN_A_ROW)
    settings.EMAIL_BACKEND = works
    # Those who were not tried do not wait for it.
    assert notify() == Notified(sent=len(people) - MOST_FAILED_IN_A_ROW)


def test_a_mail_that_goes_out_shows_that_the_others_are_worth_a_try(
    alice: User, steve: Actor, harbour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(2 * MOST_FAILED_IN_A_ROW):
        email = f"p{number}@example.com"
        on_duty(add_user(email=email, name="P", beside=alice, roles=("manager",)))
    ask(steve, harbour, priority=6)
    tried = []

    def send(_name: str, /, *, to: str, **_said: Any) -> None:
        tried.append(to)
        if len(tried) % MOST_FAILED_IN_A_ROW:
            raise MailNotSent

    monkeypatch.setattr(mail, "send", send)
    assert notify() == Notified(sent=2, failed=2 * (MOST_FAILED_IN_A_ROW - 1))


def test_who_has_a_time_zone_that_nobody_knows_is_told_in_utc(
    mia: User, steve: Actor, harbour: str, mailoutbox: list[Any]
) -> None:
    for zone in ("Nowhere/City", "../etc"):
        change(mia, time_zone=zone)
        on_duty(mia)
        ask(steve, harbour, priority=9)
        assert notify() == Notified(sent=1)
    assert all("UTC" in message.body for message in mailoutbox)
