"""Who may not see a request any more is told nothing about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from accounts import repository as people
from accounts.entities import Actor, User
from accounts.personal_data.entities import Erasure
from accounts.personal_data.erasure import erase_person, work_on
from supervisor import repository, services
from supervisor.callbacks import repository as calls
from supervisor.callbacks.delivering import Delivered, deliver
from supervisor.callbacks.entities import CallProblem, Outcome
from supervisor.entities import Request, now_in_milliseconds
from supervisor.own_data import RequestsKeeper
from tests.accounts.actions import change
from tests.accounts.people.company import acting
from tests.accounts.removal.interposing import before_write
from tests.supervisor.callbacks.receiver import Receiver, listening
from tests.supervisor.invariants import raw_items
from tests.supervisor.test_services import QUESTION

NOW = datetime.now(UTC)


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    settings.CALLBACKS_TO_THIS_MACHINE = True
    with listening(Receiver()) as receiver:
        yield receiver


def asked(steve: Actor, store_id: str, url: str) -> Request:
    raw = QUESTION
    return services.ask(actor=steve, store_id=store_id, raw=raw, callback_url=url).request


def person(actor: Actor) -> User:
    found = people.get_user(actor.org_id, actor.user_id)
    assert found is not None
    return found


@pytest.mark.parametrize(
    "changes",
    [
        {"deactivated_at": NOW},
        {"deleted_at": NOW},
        {"stores": frozenset({"STORE-other"})},
        {"roles": ()},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_who_may_not_see_it_for_a_while_is_called_when_they_may_again(
    ana: Actor, steve: Actor, harbour: str, receiver: Receiver, changes: dict[str, Any]
) -> None:
    made = asked(steve, harbour, receiver.url)
    before = person(steve)
    change(replace(before, **changes))
    services.answer(actor=ana, store_id=harbour, request_id=made.id, text="Yes.")
    assert deliver() == Delivered(postponed=1)
    assert receiver.calls == []
    (held,) = calls.deliveries_of(made.id, most=2).deliveries
    assert [one.outcome for one in held.attempts] == [Outcome(problem=CallProblem.NOT_ALLOWED)]
    change(replace(before, version=person(steve).version))
    assert calls.take_on(held, now_in_milliseconds() - timedelta(minutes=1))
    assert deliver() == Delivered(received=1)


def test_of_who_is_erased_the_address_goes_as_well(
    alice: User, ana: Actor, steve: Actor, harbour: str, receiver: Receiver
) -> None:
    made = asked(steve, harbour, receiver.url)
    services.answer(actor=ana, store_id=harbour, request_id=made.id, text="The code is 1234.")
    change(replace(person(steve), deleted_at=NOW))
    assert work_on(erase_person(actor=acting(alice), user=person(steve)))
    services.correct(actor=ana, store_id=harbour, request_id=made.id, text="It is 4321.")
    assert deliver() == Delivered()
    assert receiver.calls == []
    found = repository.get_request(harbour, made.id)
    assert found is not None
    assert (found.callback_url, found.asked_by.name) == ("", "")
    for table in ("supervisor-requests", "supervisor-deliveries"):
        assert receiver.url not in repr(raw_items(table))


def test_what_is_answered_while_somebody_is_erased_keeps_no_address(
    alice: User, ana: Actor, harbour: str
) -> None:
    asked = services.ask(
        actor=alice.actor, store_id=harbour, raw=QUESTION, callback_url="https://shop.example.com/"
    ).request

    def answer() -> None:
        keys = {"store_id": harbour, "request_id": asked.id}
        services.answer(actor=ana, **keys, text="Yes.")

    with before_write(1, answer):
        for _step in RequestsKeeper().erase(
            Erasure(alice.org_id, alice.user_id, datetime.now(UTC))
        ):
            pass
    stored = repository.get_request(harbour, asked.id)
    assert stored
    assert stored.answer
    assert stored.callback_url == ""
    assert calls.deliveries_of(asked.id, most=1).deliveries == []
