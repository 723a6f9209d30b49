"""Lists show summaries: the same as the request says, and nothing that is not theirs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from accounts.entities import Actor, User
from storage.meter import measure
from supervisor import repository, selectors, services
from supervisor.entities import (
    LONGEST_EXCERPT,
    Handling,
    Person,
    Question,
    Request,
    Summary,
    now_in_milliseconds,
)
from supervisor.sweeping import Swept, sweep
from supervisor.tables import RequestItem
from tests.supervisor import seeding
from tests.supervisor.invariants import assert_invariants
from tests.supervisor.test_api import Api
from tests.supervisor.test_services import ask, due_at, overdue

LONG = ("He bought it in March and has lost the bill. " * 112)[:5000]
NAMED = Person(f"USER-{'5' * 36}", "Ana María Fernández de la Torre")


@pytest.mark.parametrize(
    ("body", "excerpt"),
    [
        ("", ""),
        ("One\n\n  two\tthree", "One two three"),
        ("x" * 160, "x" * 160),
        ("x" * 161, f"{'x' * 159}…"),
        (f"{'x' * 158} and on", f"{'x' * 158}…"),
        ("x\n" * 2500, f"{'x ' * 79}x…"),
    ],
)
def test_an_excerpt_is_one_short_line(body: str, excerpt: str) -> None:
    assert Question("May he?", body).excerpt == excerpt
    assert len(excerpt) <= LONGEST_EXCERPT


def test_lists_show_what_the_requests_say(steve: Actor, ana: Actor, harbour: str) -> None:
    """In every state, and while it is overdue and nobody has stored that."""
    raw = {"body": LONG, "reference": "Order 7", "tags": ["a", "b"]}
    waiting, claimed, late, swept, answered, corrected, cancelled = (
        ask(steve, harbour, **raw) for _ in range(7)
    )

    def keys(request: Request) -> dict[str, Any]:
        return {"store_id": harbour, "request_id": request.id}

    services.claim(actor=ana, **keys(claimed))
    for one in (late, swept):
        overdue(services.claim(actor=ana, **keys(one)))
    assert services.time_out(found(swept))
    for one in (answered, corrected):
        services.answer(actor=ana, **keys(one), text="Yes.")
    services.correct(
        actor=replace(ana, user_id="USER-eva", name="Eva"), **keys(corrected), text="No."
    )
    services.cancel(actor=steve, **keys(cancelled))

    bound = replace(steve, stores=frozenset({harbour}))
    pending = (
        selectors.list_pending(steve, store_id=harbour),
        selectors.list_pending_of_organisation(steve),
        selectors.list_pending_of_organisation(bound),
    )
    now = now_in_milliseconds()

    def summaries(*requests: Request) -> set[Summary]:
        return {found(one).as_of(now).summary for one in requests}

    for page in pending:
        assert set(page.items) == summaries(waiting, claimed)
    closed = selectors.list_history(steve, store_id=harbour)
    assert set(closed.items) == summaries(late, swept, answered, corrected, cancelled)
    assert {one.answered_by for one in closed.items if one.answered_by} == {
        Person("USER-ana", "Ana"),
        Person("USER-eva", "Eva"),
    }
    assert {one.missed_by for one in closed.items} == {"", "USER-ana"}
    assert_invariants()


def found(request: Request) -> Request:
    return repository.require_request(repository.get_request(request.store_id, request.id))


def test_programs_get_a_list_without_callers_and_the_request_with_everything(
    alice: User, harbour: str
) -> None:
    owner = Api(alice, harbour)
    asked = {"header": "May he?", "body": LONG, "name": "Mr Romero", "phone_number": "+34600123456"}
    made = owner.post("", asked).json()["id"]
    shown = {
        *("id", "store_id", "header", "excerpt", "reference", "priority", "tags", "status"),
        *("status_code", "asked_by", "asked_at", "deadline", "closed_at", "handling"),
        "answered_by",
    }
    (waiting,) = owner.get("/pending").json()["items"]
    assert owner.post(f"/{made}/answer", {"answer": LONG}).status_code == 200
    (closed,) = owner.get("/history").json()["items"]
    assert waiting.keys() == closed.keys() == shown
    assert (waiting["answered_by"], closed["answered_by"]["name"]) == (None, alice.name)
    assert len(waiting["excerpt"]) == LONGEST_EXCERPT
    whole = owner.get(f"/{made}").json()
    assert (whole["body"], whole["answer"]["text"]) == (LONG.strip(), LONG.strip())
    assert (whole["name"], whole["phone_number"]) == ("Mr Romero", "+34600123456")
    for name in shown - {"excerpt", "answered_by"}:
        assert whole[name] == closed[name], name


def test_lists_read_little_however_long_the_bodies_are(
    alice: User, steve: Actor, harbour: str, log_in: Callable[[User], Any]
) -> None:
    fill_with_long(alice.org_id, harbour, 2 * selectors.PAGE)
    browser = log_in(alice)
    for place in (f"?store={harbour}", ""):
        queue = f"/staff/requests/{place}"
        tag = seeding.tag_of(browser.get(queue))
        with measure() as meter:
            assert browser.get(queue, headers={"If-None-Match": tag}).status_code == 304
        (query,) = (call for call in meter.calls if call.operation == "Query")
        assert query.capacity <= 3, place
    with measure() as meter:
        assert len(selectors.list_history(steve, store_id=harbour).items) == selectors.PAGE
    # The store, what is closed, what is overdue.
    assert meter.capacity <= 1 + 3 + 0.5


def fill_with_long(org_id: str, store_id: str, count: int) -> None:
    """As much of everything as a list shows, all in somebody's hands; half of them answered."""
    now = now_in_milliseconds()
    question = Question(
        header="¿Puede devolver la chaqueta que compró en marzo si no conserva el tique?",
        body=LONG,
        reference="Order 2026-000123",
        tags=frozenset({"returns", "jackets"}),
    )
    handling = Handling(NAMED, now, now + timedelta(minutes=15))
    said = {"question": question, "asked_by": NAMED}
    seeding.fill(org_id, store_id, first=0, last=2 * count, handling=handling, **said)


def test_a_long_body_is_written_to_the_table_and_to_one_index(
    steve: Actor, ana: Actor, harbour: str
) -> None:
    def written(act: Callable[[], object]) -> float:
        with measure() as meter:
            act()
        return sum(one.capacity for one in meter.calls if one.operation == "TransactWriteItems")

    def steps(body: str) -> list[float]:
        made = ask(steve, harbour, body=body)
        keys = {"store_id": harbour, "request_id": made.id}
        return [
            written(lambda: ask(steve, harbour, body=body)),
            written(lambda: services.claim(actor=ana, **keys)),
            written(lambda: services.answer(actor=ana, **keys, text="Yes.")),
        ]

    # Four more KB, twice in the transaction and once in the index; who answers moves them.
    short, long = steps("x" * 200), steps("x" * (200 + 4096))
    more = [after - before for before, after in zip(short, long, strict=True)]
    assert more == [12, 12, 24]


def test_a_sweeper_acts_on_what_is_stored_when_it_does(
    steve: Actor, ana: Actor, harbour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the index said a moment before."""
    answered, reopened = (overdue(ask(steve, harbour, body=LONG)) for _ in range(2))
    read = RequestItem.find_many

    def changed_before(*args: Any, **kwargs: Any) -> list[RequestItem]:
        due_at(answered, now_in_milliseconds() + timedelta(hours=1))
        services.answer(actor=ana, store_id=harbour, request_id=answered.id, text="Yes.")
        assert services.time_out(reopened)
        services.reopen(actor=ana, store_id=harbour, request_id=reopened.id)
        return read(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(RequestItem, "find_many", changed_before)
        assert sweep() == Swept(0, 0)
    assert found(reopened).question.body == LONG.strip()
    assert sweep() == Swept(0, 0)
    assert assert_invariants() == {"RESPONSE_RECEIVED": 1, "PENDING_RESPONSE": 1}
