"""From news about a request to the call that its asker gets."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.entities import Actor, User
from accounts.errors import PermissionDenied
from accounts.models import AuthUser
from storage.audit import history
from storage.errors import StoreUnavailable
from storage.meter import measure
from supervisor import delivery_log, services
from supervisor.callbacks import repository, signing_secrets
from supervisor.callbacks.delivering import LEASE, Delivered, deliver
from supervisor.callbacks.entities import (
    FIRST_PAUSE,
    GIVEN_UP_AFTER,
    LONGEST_PAUSE,
    Attempt,
    CallProblem,
    Delivery,
    Event,
    Outcome,
    State,
    pause_after,
)
from supervisor.callbacks.secret_repository import get_secret
from supervisor.callbacks.signing_secrets import MOST_EARLIER
from supervisor.entities import MOST_EARLIER_ANSWERS, Request, now_in_milliseconds
from supervisor.sweeping import sweep
from tests.accounts.second_factors import confirmed
from tests.supervisor.callbacks.receiver import Call, Receiver, listening
from tests.supervisor.test_services import QUESTION, at_once, overdue

GUIDE = (Path(__file__).parents[3] / "docs" / "requests.md").read_text(encoding="utf-8")
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
LOST = Delivery(
    *(
        "DELIVERY-1",
        "ORG-1",
        "STORE-1",
        "r" * 16,
        "USER-1",
        Event.ANSWERED,
        "https://shop.example.com/",
        "",
    ),
    made_at=NOW,
    next_at=NOW,
)


@pytest.fixture(autouse=True)
def _to_this_machine(settings: Settings) -> None:
    settings.CALLBACKS_TO_THIS_MACHINE = True


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening(Receiver()) as receiver:
        yield receiver


def ask(actor: Actor, store_id: str, url: str) -> Request:
    raw = QUESTION
    return services.ask(actor=actor, store_id=store_id, raw=raw, callback_url=url).request


def answered(ana: Actor, request: Request) -> Request:
    store_id = request.store_id
    return services.answer(actor=ana, store_id=store_id, request_id=request.id, text="Yes.")


def deliveries(actor: Actor, request: Request) -> list[Delivery]:
    return list(delivery_log.list_deliveries(actor, request).items)


def make_due(delivery: Delivery) -> None:
    """As if its pause were over."""
    assert repository.take_on(delivery, now_in_milliseconds() - timedelta(minutes=1))


def is_signed(call: Call, secret: str, now: float | None = None) -> bool:
    """As the example of docs/requests.md looks."""
    (example,) = re.findall(r"^```python\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
    names: dict[str, Any] = {}
    exec(example, names)
    answer: bool = names["is_from_backroom"](call.headers, call.body, secret, now)
    return answer


def test_all_news_reach_the_asker_signed(
    alice: User, ana: Actor, steve: Actor, harbour: str, receiver: Receiver
) -> None:
    made = ask(steve, harbour, receiver.url)
    services.claim(actor=ana, store_id=harbour, request_id=made.id)
    services.note(actor=ana, store_id=harbour, request_id=made.id, text="Look at the bill.")
    assert deliver() == Delivered()
    first = answered(ana, made)
    second = services.correct(actor=ana, store_id=harbour, request_id=made.id, text="No.")
    late = overdue(ask(steve, harbour, receiver.url))
    sweep()
    withdrawn = ask(steve, harbour, receiver.url)
    services.cancel(actor=steve, store_id=harbour, request_id=withdrawn.id)
    ask(steve, harbour, "")
    out = StringIO()
    call_command("deliver_webhooks", stdout=out)
    assert out.getvalue() == "Calls received: 4, to be tried again: 0, given up: 0.\n"
    assert deliver() == Delivered()

    bodies = {json.loads(call.body)["event"]: json.loads(call.body) for call in receiver.calls}
    assert {event: body["request"]["id"] for event, body in bodies.items()} == {
        "request.answered": made.id,
        "request.corrected": made.id,
        "request.timed_out": late.id,
        "request.cancelled": withdrawn.id,
    }
    assert bodies["request.answered"]["request"]["answer"]["text"] == "Yes."
    assert bodies["request.corrected"]["request"]["answer"]["text"] == "No."
    assert bodies["request.answered"]["request"]["version"] == first.version
    assert bodies["request.corrected"]["request"]["version"] == second.version
    assert bodies["request.timed_out"]["request"]["status_code"] == "TIMEOUT"
    found = signing_secrets.find_secret(confirmed(alice))
    assert found is not None
    secret = found.current
    for call in receiver.calls:
        assert call.path == "/hook?shop=1"
        assert is_signed(call, secret)
        assert not is_signed(replace(call, body=call.body + b" "), secret)
        assert not is_signed(call, secret, now=datetime.now(UTC).timestamp() + 301)
        assert call.headers["Backroom-Delivery"] == json.loads(call.body)["delivery_id"]
        for private in ("Romero", "600123456", "Ana", "Steve", "Look at the bill"):
            assert private not in call.body.decode()
    newest, oldest = deliveries(steve, made)
    assert (newest.event, oldest.event) == (Event.CORRECTED, Event.ANSWERED)
    assert [one.outcome.status for one in oldest.attempts] == [204]
    assert oldest.next_at is None


def test_each_correction_is_told_also_when_no_more_answers_are_kept_beside_it(
    ana: Actor, steve: Actor, harbour: str, receiver: Receiver
) -> None:
    made = answered(ana, ask(steve, harbour, receiver.url))
    times = MOST_EARLIER_ANSWERS + 2
    for number in range(times):
        text = f"No, {number}."
        services.correct(actor=ana, store_id=harbour, request_id=made.id, text=text)
    events = Counter(one.event for one in deliveries(steve, made))
    assert events == {Event.CORRECTED: times, Event.ANSWERED: 1}
    assert deliver() == Delivered(received=times + 1)
    said = {json.loads(call.body)["request"]["answer"]["text"] for call in receiver.calls}
    assert f"No, {times - 1}." in said


def test_who_was_down_is_called_again(
    ana: Actor, steve: Actor, harbour: str, receiver: Receiver
) -> None:
    receiver.statuses = [500, 302]
    made = answered(ana, ask(steve, harbour, receiver.url))
    for expected in (Delivered(postponed=1), Delivered(postponed=1), Delivered(received=1)):
        assert deliver() == expected
        assert deliver() == Delivered(), "nothing is due yet"
        (delivery,) = deliveries(steve, made)
        if delivery.state is State.WAITING:
            make_due(delivery)
    assert [one.outcome.status for one in delivery.attempts] == [500, 302, 204]
    assert len({call.body for call in receiver.calls}) == 1
    assert len(receiver.calls) == 3


def test_sixteen_senders_call_once_each(
    ana: Actor, steve: Actor, harbour: str, receiver: Receiver
) -> None:
    for _ in range(12):
        answered(ana, ask(steve, harbour, receiver.url))
    results = at_once(lambda _: deliver(), 16)
    done = [one for one in results if isinstance(one, Delivered)]
    assert len(done) == 16, results
    assert sum(one.received for one in done) == 12
    calls = Counter(call.headers["Backroom-Delivery"] for call in receiver.calls)
    assert (len(calls), set(calls.values())) == (12, {1})


def test_what_a_sender_that_died_had_in_its_hands_is_sent_by_another(
    ana: Actor, steve: Actor, harbour: str, receiver: Receiver
) -> None:
    made = answered(ana, ask(steve, harbour, receiver.url))
    (waiting,) = deliveries(steve, made)
    now = now_in_milliseconds()
    held = repository.take_on(waiting, now + LEASE)
    assert held is not None
    assert repository.take_on(waiting, now + LEASE) is None
    assert deliver() == Delivered()
    make_due(held)
    assert deliver() == Delivered(received=1)
    # The first one was only slow, and must not undo what the other has written.
    attempt = Attempt(now, Outcome(problem=CallProblem.TIME_OUT))
    assert not repository.settle(held, held.after(attempt, 0))
    (delivered,) = deliveries(steve, made)
    assert delivered.state is State.DELIVERED


def test_a_call_that_is_not_answered_is_tried_for_a_day() -> None:
    delivery, moments = LOST, [NOW]
    while delivery.state is State.WAITING:
        assert delivery.next_at is not None
        failed = Attempt(delivery.next_at, Outcome(503))
        delivery = delivery.after(failed, 0.5)
        moments.append(failed.at)
    assert NOW + timedelta(hours=18) < moments[-1] <= NOW + GIVEN_UP_AFTER
    assert 10 <= len(delivery.attempts) <= 30
    assert delivery.next_at is None
    assert [pause_after(n, 0) for n in (1, 2, 3, 40)] == [
        FIRST_PAUSE,
        2 * FIRST_PAUSE,
        4 * FIRST_PAUSE,
        LONGEST_PAUSE,
    ]
    assert pause_after(1, 1) == FIRST_PAUSE / 2


@pytest.mark.parametrize("outcome", [Outcome(410), Outcome(problem=CallProblem.ADDRESS_REFUSED)])
def test_what_is_pointless_is_given_up_at_once(outcome: Outcome) -> None:
    assert LOST.after(Attempt(NOW, outcome), 0).state is State.FAILED


def test_a_replaced_secret_goes_on_for_a_day_however_often_it_is_replaced(
    alice: User, ana: Actor, steve: Actor, harbour: str, receiver: Receiver
) -> None:
    made = [signing_secrets.replace_secret(actor=confirmed(alice)) for _ in range(3)]
    answered(ana, ask(steve, harbour, receiver.url))
    deliver()
    (call,) = receiver.calls
    assert all(is_signed(call, secret.current) for secret in made)
    last = made[-1]
    assert last.earlier_until is not None
    assert last.valid_at(last.earlier_until) == (last.current,)
    actions = [entry.action for entry in history(last.audit_subject).items]
    replaced = "supervisor.replace_callback_secret"
    assert actions == [replaced, replaced, "supervisor.make_callback_secret"]
    more = [signing_secrets.replace_secret(actor=confirmed(alice)) for _ in range(MOST_EARLIER)]
    wanted = [*(secret.current for secret in reversed(more)), last.current]
    assert [*signing_secrets.secrets_to_sign_with(alice.org_id)] == wanted, "the latest of them"


def test_one_secret_is_made_by_many_at_once_and_stored_sealed(
    alice: User, charlie: User, settings: Settings
) -> None:
    assert signing_secrets.find_secret(confirmed(alice)) is None
    made = at_once(lambda _: signing_secrets.secrets_to_sign_with(alice.org_id)[0], 8)
    assert len(set(made)) == 1, made
    assert signing_secrets.replace_secret(actor=confirmed(charlie)).current not in made
    from supervisor.settings_tables import SettingItem, of_organisation

    (item,) = SettingItem.slice(of_organisation(alice.org_id), page_size=10).items
    assert str(made[0]) not in json.dumps(item.document)
    assert str(made[0]) not in repr(signing_secrets.find_secret(confirmed(alice)))
    settings.SECOND_FACTOR_SECRET, before = "another" * 10, settings.SECOND_FACTOR_SECRET
    settings.SECOND_FACTOR_SECRET_FALLBACKS = [before]
    assert signing_secrets.secrets_to_sign_with(alice.org_id) == (made[0],)


def test_a_secret_that_cannot_be_read_is_kept_and_calls_wait(
    alice: User, ana: Actor, steve: Actor, harbour: str, receiver: Receiver, settings: Settings
) -> None:
    made = signing_secrets.replace_secret(actor=confirmed(alice))
    request = answered(ana, ask(steve, harbour, receiver.url))
    browser = Client()
    browser.force_login(AuthUser.of(alice))
    settings.SECOND_FACTOR_SECRET, right = "another" * 10, settings.SECOND_FACTOR_SECRET
    assert deliver() == Delivered(postponed=1)
    (waiting,) = deliveries(steve, request)
    assert (waiting.state, waiting.attempts, receiver.calls) == (State.WAITING, (), [])
    page = browser.get("/staff/requests/callbacks/").content.decode()
    assert "The secret cannot be read here." in page
    settings.SECOND_FACTOR_SECRET = right
    assert signing_secrets.find_secret(confirmed(alice)) == made
    make_due(waiting)
    assert deliver() == Delivered(received=1)
    settings.SECOND_FACTOR_SECRET = "another" * 10
    replaced = signing_secrets.replace_secret(actor=confirmed(alice))
    assert (replaced.current != made.current, replaced.earlier) == (True, ())
    assert get_secret(alice.org_id) == replaced


def test_who_hangs_holds_up_nobody_else(
    alice: User, ana: Actor, steve: Actor, harbour: str, receiver: Receiver
) -> None:
    for _ in range(10):
        answered(ana, ask(steve, harbour, receiver.url.replace("127.0.0.1", "slow.example.com")))
    answered(ana, ask(steve, harbour, receiver.url))
    at_it: list[str] = []
    most: list[int] = []
    never = threading.Event()

    def resolve(host: str, port: int) -> list[str]:
        at_it.append(host)
        most.append(len(at_it))
        never.wait(0.05)
        at_it.remove(host)
        return ["127.0.0.1"]

    assert deliver(resolve=resolve) == Delivered(received=11)
    assert max(most) == 2, "the other threads are for others"
    answered(ana, ask(steve, harbour, receiver.url))
    rest = deliver(seconds=0)
    assert rest == Delivered(left=True)
    assert deliver() == Delivered(received=1)


def test_a_store_that_fails_once_leaves_one_call_for_the_next_round(
    ana: Actor, steve: Actor, harbour: str, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        answered(ana, ask(steve, harbour, receiver.url))
    take_on, calls = repository.take_on, iter(range(99))

    def failing(delivery: Delivery, until: datetime) -> Delivery | None:
        if next(calls) == 1:
            raise StoreUnavailable("UpdateItem: timeout")
        return take_on(delivery, until)

    monkeypatch.setattr(repository, "take_on", failing)
    assert deliver() == Delivered(received=2, failed=1)
    assert deliver() == Delivered(received=1)


def test_only_those_who_decide_about_all_stores_see_the_secret(
    alice: User, ana: Actor, steve: Actor, harbour: str
) -> None:
    bound = replace(confirmed(alice), stores=frozenset({harbour}))
    for actor in (ana, steve, bound):
        with pytest.raises(PermissionDenied):
            signing_secrets.find_secret(actor)
        with pytest.raises(PermissionDenied):
            signing_secrets.replace_secret(actor=actor)


def test_a_round_without_work_is_one_query(alice: User) -> None:
    with measure() as meter:
        assert deliver() == Delivered()
    assert [call.operation for call in meter.calls] == ["Query"]
