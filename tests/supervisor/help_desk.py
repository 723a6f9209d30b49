"""A desk that follows the commands of a log of incidents, and what must have become of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from accounts import repository as accounts
from accounts.entities import Actor, User
from accounts.permissions import Grants, Role
from accounts.stores import services as stores
from storage.transactions import Transaction
from supervisor import repository, response_times, services
from supervisor.board_selectors import Board, board_of
from supervisor.entities import Code, Request, Urgency, now_in_milliseconds
from supervisor.sweeping import Swept, sweep
from tests.supervisor.incidents import PEOPLE, STORES, Command, Do, Incident, Line, commands
from tests.supervisor.invariants import assert_invariants

# So that nothing is overdue by itself, however long a replay takes.
_MINUTES = {urgency: 24 * 60 * days for days, urgency in enumerate(Urgency, start=1)}
_HAPPENED: dict[Do, Callable[..., Request]] = {
    Do.REOPEN: services.reopen,
    Do.PRIORITISE: services.prioritise,
    Do.ASSIGN: services.assign,
    Do.ANSWER: services.answer,
    Do.CORRECT: services.correct,
    Do.CANCEL: services.cancel,
}


@dataclass
class Desk:
    """The owner puts requests into hands; `people` ask and answer. `known` are the requests by the
    numbers of their incidents, as they were when something was last done with them."""

    owner: Actor
    stores: list[str]
    people: list[Actor]
    known: dict[str, Request] = field(default_factory=dict)
    seen: dict[str, Incident] = field(default_factory=dict)
    done: Counter[Do] = field(default_factory=Counter)

    def replay(self, lines: Iterable[Line]) -> None:
        for command in commands(lines):
            self._follow(command)

    def assert_ended(self) -> None:
        """Everything is stored as the log says, lists and counters included."""
        incidents = self.seen.values()
        assert assert_invariants() == Counter(incident.code for incident in incidents)
        pages = (
            page for store_id in self.stores for page in repository.requests_of_store(store_id)
        )
        stored = {request.id: request for page in pages for request in page}
        for incident in incidents:
            self._assert_stored(incident, stored[self.known[incident.number].id])
        self._assert_counted()

    def _follow(self, command: Command) -> None:
        incident, person = command.incident, self.people[command.person]
        self.done[command.do] += 1
        self.seen[incident.number] = incident
        if command.do is Do.ASK:
            raw = {"header": incident.number, "body": "", "priority": incident.priority}
            store_id = self.stores[incident.store]
            asked = services.ask(actor=person, store_id=store_id, raw=raw)
            self.known[incident.number] = asked.request
            return
        request = self.known[incident.number]
        if command.do is Do.TIME_OUT:
            _expire(request)
            assert sweep() == Swept(1, 0)
            return
        told: dict[Do, dict[str, Any]] = {
            Do.PRIORITISE: {"priority": incident.priority},
            Do.ASSIGN: {"user_id": person.user_id},
            Do.ANSWER: {"text": f"{incident.number} is resolved."},
            Do.CORRECT: {"text": f"{incident.number} is resolved again."},
        }
        acting = self.owner if command.do in (Do.ASSIGN, Do.REOPEN, Do.PRIORITISE) else person
        keys = {"store_id": request.store_id, "request_id": request.id}
        more = told.get(command.do, {})
        self.known[incident.number] = _HAPPENED[command.do](actor=acting, **keys, **more)

    def _assert_stored(self, incident: Incident, stored: Request) -> None:
        assert stored.question.header == incident.number
        assert stored.store_id == self.stores[incident.store]
        assert (stored.code, stored.question.priority) == (Code(incident.code), incident.priority)
        assert stored.asked_by.user_id == self._id_of(incident.asked_by)
        assert len(stored.earlier_answers) == incident.corrections
        handling = None if stored.handling is None else stored.handling.by.user_id
        assert handling == self._id_of(incident.handled_by)

    def _assert_counted(self) -> None:
        incidents = self.seen.values()
        asked = Counter(self.stores[one.store] for one in incidents)
        answered = Counter(
            self.stores[one.store] for one in incidents if one.answered_by is not None
        )
        answering = Counter(self._id_of(one.answered_by) for one in incidents)
        missing = Counter(self._id_of(one.missed_by) for one in incidents)
        del answering[None], missing[None]
        boards = _boards(self.owner)
        for board in boards:
            for store, tally in board.stores:
                asked[store.store_id] -= tally.asked
                answered[store.store_id] -= tally.answered
            for person, tally in board.people or ():
                answering[person.user_id] -= tally.answered
                missing[person.user_id] -= tally.timed_out
        assert {*asked.values(), *answered.values(), *answering.values(), *missing.values()} == {0}

    def _id_of(self, number: int | None) -> str | None:
        return None if number is None else self.people[number].user_id


def open_desk(owner: User) -> Desk:
    named = [{"name": f"Store {number}", "time_zone": "Europe/Madrid"} for number in range(STORES)]
    made = [stores.create_store(actor=owner.actor, said=one).store.store_id for one in named]
    for store_id in made:
        response_times.change_response_times(
            actor=owner.actor,
            store_id=store_id,
            version=0,
            minutes=_MINUTES,
            only_opening_hours=False,
        )
    supervisors = Grants((Role.SUPERVISOR,))
    people = [_colleague(owner, number) for number in range(PEOPLE)]
    return Desk(owner.actor, made, [replace(one.actor, permissions=supervisors) for one in people])


def _colleague(owner: User, number: int) -> User:
    email = f"person{number}@example.com"
    user = replace(
        owner,
        user_id=User.new_id(),
        name=f"Person {number}",
        email=email,
        email_key=email,
        roles=(Role.SUPERVISOR,),
        version=None,
    )
    transaction = Transaction()
    accounts.add_user(transaction, user)
    transaction.commit()
    return user


def _expire(request: Request) -> None:
    """As if its deadline had passed a minute ago."""
    late = replace(request, deadline=now_in_milliseconds() - timedelta(minutes=1))
    transaction = Transaction()
    repository.replace_request(transaction, request, late)
    transaction.commit()


def _boards(owner: Actor) -> list[Board]:
    """Of today and yesterday: the replay may have begun before midnight."""
    today = board_of(owner)
    return [today, board_of(owner, day=today.day - timedelta(days=1))]
