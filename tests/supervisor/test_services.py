from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.entities import Actor, User
from accounts.errors import PermissionDenied
from accounts.stores.errors import StoreNotFound
from storage.idempotency import IdempotencyKey, KeyReused
from storage.meter import measure
from storage.transactions import Transaction
from supervisor import repository, selectors, services
from supervisor.entities import Code, Request, Summary, now_in_milliseconds
from supervisor.errors import InvalidRequest, RequestNotFound, SomebodyIsOnIt, StepRefused
from supervisor.filters import EVERYTHING, Filter

QUESTION = {
    "header": "May he return it?",
    "body": "Bought in March, without the bill.",
    "caller_name": "Mr Romero",
    "phone_number": "+34 600 123 456",
    "priority": 3,
    "tags": ["Returns"],
}


def ask(actor: Actor, store_id: str, **said: object) -> Request:
    return services.ask(actor=actor, store_id=store_id, raw={**QUESTION, **said}).request


def headers(summaries: tuple[Summary, ...]) -> list[str]:
    return [summary.header for summary in summaries]


def overdue(request: Request) -> Request:
    """The same, stored as if its deadline had passed a minute ago."""
    return due_at(request, now_in_milliseconds() - timedelta(minutes=1))


def due_at(request: Request, deadline: datetime) -> Request:
    """The same, stored with another deadline."""
    transaction = Transaction()
    repository.replace_request(transaction, request, replace(request, deadline=deadline))
    transaction.commit()
    stored = repository.get_request(request.store_id, request.id)
    assert stored is not None
    return stored


def at_once(act: Callable[[int], object], times: int = 64) -> list[object]:
    """What each of so many at the same moment got: a value, or the error."""

    def caught(number: int) -> object:
        try:
            return act(number)
        except Exception as error:  # noqa: BLE001  # the caller looks at it
            return error

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(caught, range(times)))


def test_what_is_asked_is_kept_and_found(steve: Actor, harbour: str) -> None:
    made = ask(steve, harbour)
    found = selectors.find_request(steve, store_id=harbour, request_id=made.id)
    assert found == made
    assert found.question.phone_number == "+34600123456"
    assert found.question.tags == {"returns"}
    assert (found.asked_by.name, found.code) == ("Steve", Code.PENDING_RESPONSE)
    assert found.deadline - found.asked_at == timedelta(hours=2)


def test_text_from_elsewhere_keeps_its_words_and_what_joins_signs(
    ana: Actor, steve: Actor, harbour: str
) -> None:
    family, spaced = "\U0001f468\u200d\U0001f469", "\u00a0\u202f\u3000"
    odd = f"Hola{spaced[0]}mundo {family} 10{spaced[1]}000{spaced[2]}kg\r\rSo\u00adap\u202e\x00."
    plain = f"Hola mundo {family} 10 000 kg\n\nSoap."
    phone = "\u202a+34\u00a0600\u2011123\u2011456\u202c"
    line = f"{family}\u00a0ok"
    made = ask(steve, harbour, header=line, body=odd, phone_number=phone, tags=[line, "x\u200b"])
    assert made.question.body == plain
    assert made.question.header == f"{family} ok"
    assert made.question.tags == {f"{family} ok", "x"}
    assert made.question.phone_number == "+34600123456"
    after = services.answer(actor=ana, store_id=harbour, request_id=made.id, text=odd)
    assert after.answer is not None
    assert after.answer.text == plain
    with pytest.raises(InvalidRequest):
        services.note(actor=ana, store_id=harbour, request_id=made.id, text="\u200d \u00a0")


def test_what_is_wrong_is_said_of_every_field(steve: Actor, harbour: str) -> None:
    wrong = {"header": " ", "body": "x" * 5001, "phone_number": "call me", "priority": 10}
    with pytest.raises(InvalidRequest) as refusal:
        ask(steve, harbour, **wrong, tags=["t" * 31])
    assert set(refusal.value.fields) == {*wrong, "tags"}
    with pytest.raises(InvalidRequest):
        services.ask(
            actor=steve,
            store_id=harbour,
            raw=QUESTION,
            deadline=now_in_milliseconds() - timedelta(hours=1),
        )


def test_the_same_key_asks_once(steve: Actor, harbour: str) -> None:
    key = IdempotencyKey.for_body(scope="test", key="1", body=b"a")
    answers = at_once(
        lambda _: services.ask(actor=steve, store_id=harbour, raw=QUESTION, idempotency=key), 16
    )
    assert all(isinstance(one, services.Asked) for one in answers), answers
    made = [one for one in answers if isinstance(one, services.Asked)]
    assert len({one.request.id for one in made}) == 1
    assert [one.is_new for one in made].count(True) == 1
    assert len(selectors.list_pending(steve, store_id=harbour).items) == 1
    other = IdempotencyKey.for_body(scope="test", key="1", body=b"b")
    with pytest.raises(KeyReused):
        services.ask(actor=steve, store_id=harbour, raw=QUESTION, idempotency=other)


def test_who_waits_longest_among_the_most_urgent_is_first(steve: Actor, harbour: str) -> None:
    for header, priority in (("a", 0), ("b", 9), ("c", 5), ("d", 9)):
        ask(steve, harbour, header=header, priority=priority)
    pages = list_all(steve, harbour, limit=3)
    assert pages == [["b", "d", "c"], ["a"]]
    everywhere = selectors.list_pending_of_organisation(steve)
    assert headers(everywhere.items) == ["b", "d", "c", "a"]


def list_all(
    actor: Actor, store_id: str, wanted: Filter = EVERYTHING, limit: int = 25
) -> list[list[str]]:
    pages, cursor = [], None
    while True:
        page = selectors.list_pending(
            actor, store_id=store_id, wanted=wanted, limit=limit, cursor=cursor
        )
        pages.append(headers(page.items))
        cursor = page.next_cursor
        if cursor is None:
            return pages


def test_times_are_served_by_the_key(steve: Actor, harbour: str) -> None:
    first = ask(steve, harbour, header="a", priority=1)
    for header, priority in (("b", 9), ("c", 1), ("d", 9)):
        last = ask(steve, harbour, header=header, priority=priority)
    later = Filter(since=first.asked_at + timedelta(milliseconds=1))
    assert list_all(steve, harbour, later, limit=1) == [["b"], ["d"], ["c"]]
    assert list_all(steve, harbour, replace(later, priorities=(9,)), limit=5) == [["b", "d"]]
    assert list_all(steve, harbour, Filter(until=last.asked_at)) == [["b", "a", "c"]]
    with measure() as meter:
        selectors.list_pending(steve, store_id=harbour, wanted=replace(later, priorities=(9,)))
    assert [call.operation for call in meter.calls] == ["GetItem", "Query"]


def test_a_tag_narrows_the_list(steve: Actor, harbour: str) -> None:
    ask(steve, harbour, header="a", tags=["Sizes"])
    ask(steve, harbour, header="b")
    assert list_all(steve, harbour, Filter(tag="sizes")) == [["a"]]


def test_what_is_overdue_waits_no_longer_whoever_has_noticed(
    steve: Actor, ana: Actor, harbour: str
) -> None:
    late = overdue(ask(steve, harbour, header="late"))
    ask(steve, harbour, header="in time")
    assert list_all(steve, harbour) == [["in time"]]
    assert headers(selectors.list_pending_of_organisation(steve).items) == ["in time"]
    found = selectors.find_request(steve, store_id=harbour, request_id=late.id)
    assert (found.code, found.closed_at) == (Code.TIMEOUT, late.deadline)
    assert headers(selectors.list_history(steve, store_id=harbour).items) == ["late"]
    with pytest.raises(StepRefused, match="timed out"):
        services.answer(actor=ana, store_id=harbour, request_id=late.id, text="Yes.")
    assert services.time_out(late)
    assert not services.time_out(late)
    assert headers(selectors.list_history(steve, store_id=harbour).items) == ["late"]
    services.reopen(actor=ana, store_id=harbour, request_id=late.id)
    assert list_all(steve, harbour) == [["late", "in time"]]


def test_the_history_is_newest_first_and_whole(steve: Actor, ana: Actor, harbour: str) -> None:
    for number in range(7):
        made = ask(steve, harbour, header=str(number))
        if number % 3 == 1:
            overdue(made)
        else:
            services.answer(actor=ana, store_id=harbour, request_id=made.id, text="Yes.")
    seen: list[str] = []
    cursor = None
    while True:
        page = selectors.list_history(steve, store_id=harbour, limit=2, cursor=cursor)
        seen += headers(page.items)
        cursor = page.next_cursor
        if cursor is None:
            break
    # Those that are overdue count from their deadline, a minute ago.
    assert seen == ["6", "5", "3", "2", "0", "4", "1"]
    with measure() as meter:
        selectors.list_history(steve, store_id=harbour)
    assert [call.operation for call in meter.calls] == ["GetItem", "Query", "Query"]


def test_an_answer_closes_and_everything_is_in_the_timeline(
    steve: Actor, ana: Actor, harbour: str
) -> None:
    made = ask(steve, harbour)
    keys: dict[str, Any] = {"store_id": harbour, "request_id": made.id}
    assert services.claim(actor=ana, **keys).handling is not None
    services.prioritise(actor=ana, **keys, priority=8)
    services.note(actor=ana, **keys, text="Called the shop.")
    answered = services.answer(actor=ana, **keys, text="Yes.")
    corrected = services.correct(actor=ana, **keys, text="No.")
    assert (answered.code, answered.handling) == (Code.RESPONSE_RECEIVED, None)
    assert corrected.answer is not None
    assert corrected.answer.text == "No."
    assert corrected.version == 5
    entries = selectors.timeline(ana, corrected).items
    assert [entry.action.removeprefix("supervisor.") for entry in reversed(entries)] == [
        *("ask_request", "claim_request", "prioritise_request", "note_request"),
        *("answer_request", "correct_request"),
    ]
    assert entries[2].changes["note"] == (None, "Called the shop.")
    assert entries[3].changes == {"priority": (3, 8)}
    assert list_all(steve, harbour) == [[]]


def test_of_many_claims_at_once_one_wins(steve: Actor, ana: Actor, harbour: str) -> None:
    made = ask(steve, harbour)

    def claim(number: int) -> Request:
        actor = replace(ana, user_id=f"USER-{number}", name=f"Ana {number}")
        return services.claim(actor=actor, store_id=harbour, request_id=made.id)

    answers = at_once(claim)
    winners = [one for one in answers if isinstance(one, Request)]
    assert len(winners) == 1
    assert all(isinstance(one, SomebodyIsOnIt) for one in answers if one not in winners), answers
    holder = selectors.find_request(steve, store_id=harbour, request_id=made.id).handling
    assert winners[0].handling == holder


def test_of_many_answers_and_moves_at_once_one_answer_stays(
    steve: Actor, ana: Actor, harbour: str
) -> None:
    made = ask(steve, harbour)

    def act(number: int) -> object:
        actor = replace(ana, user_id=f"USER-{number}", name=f"Ana {number}")
        keys: dict[str, Any] = {"store_id": harbour, "request_id": made.id}
        if number % 4 == 0:
            return services.prioritise(actor=actor, **keys, priority=number % 10)
        return services.answer(actor=actor, **keys, text=f"Answer {number}")

    answers = at_once(act)
    won = [number for number, one in enumerate(answers) if number % 4 and isinstance(one, Request)]
    assert len(won) == 1
    stored = selectors.find_request(steve, store_id=harbour, request_id=made.id)
    assert stored.answer is not None
    assert stored.answer.text == f"Answer {won[0]}"
    assert list_all(steve, harbour) == [[]]
    assert len(selectors.list_history(steve, store_id=harbour).items) == 1


def test_who_may_do_what(
    alice: User, bob: User, charlie: User, steve: Actor, ana: Actor, harbour: str
) -> None:
    made = ask(steve, harbour)
    keys = {"store_id": harbour, "request_id": made.id}
    with pytest.raises(PermissionDenied):
        ask(bob.actor, harbour)
    with pytest.raises(PermissionDenied):
        services.answer(actor=steve, **keys, text="Yes.")
    assert headers(selectors.list_pending(bob.actor, store_id=harbour).items)
    elsewhere = replace(ana, stores=frozenset({"STORE-other"}))
    for actor in (charlie.actor, elsewhere):
        with pytest.raises(RequestNotFound):
            selectors.find_request(actor, **keys)
        with pytest.raises(RequestNotFound):
            services.answer(actor=actor, **keys, text="Yes.")
        with pytest.raises(StoreNotFound):
            ask(actor, harbour)
        with pytest.raises(StoreNotFound):
            selectors.list_pending(actor, store_id=harbour)
        assert selectors.list_pending_of_organisation(actor).items == ()
    assert selectors.shown_phone_number(bob.actor, made) == "••••••••••56"
    assert selectors.shown_phone_number(ana, made) == "+34600123456"
    with pytest.raises(PermissionDenied):
        services.cancel(actor=replace(steve, user_id="USER-colleague"), **keys)
    assert services.cancel(actor=steve, **keys).code is Code.CANCELLED


def test_a_step_is_two_reads_of_one_item_and_a_transaction(
    steve: Actor, ana: Actor, harbour: str
) -> None:
    made = ask(steve, harbour)
    with measure() as meter:
        services.answer(actor=ana, store_id=harbour, request_id=made.id, text="Yes.")
    assert [call.operation for call in meter.calls] == ["Query", "TransactWriteItems", "Query"]
