"""Everything that happens to requests: who may do it, what the rules make of it, one transaction.

Of several people who do something at once exactly one wins; the others get StepRefused with the
request as it is then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.entities import Actor
from accounts.errors import PermissionDenied
from accounts.stores.naming import find_store
from storage.audit import Changes, audit_item
from storage.errors import StoreBusy
from storage.idempotency import AlreadyDone, IdempotencyKey
from storage.pauses import ATTEMPTS, pause
from storage.transactions import Transaction
from supervisor import assigning, repository, response_times, stores_in_use, transitions
from supervisor.callbacks.addresses import parse_callback_url
from supervisor.entities import Person, Request, Step, now_in_milliseconds
from supervisor.errors import RequestChanged, RequestNotFound
from supervisor.rules import (
    LONGEST_ADDITION,
    parse_deadline,
    parse_priority,
    parse_question,
    parse_text,
    parse_together,
)

VIEW = "supervisor.view_request"
ASK = "supervisor.add_request"
VIEW_CALLER = "supervisor.view_caller"
ANSWER = "supervisor.answer_request"
ASSIGN = "supervisor.assign_request"


@dataclass(frozen=True, slots=True)
class Asked:
    """`is_new` is False when an earlier request with the same key had been made already."""

    request: Request
    is_new: bool = True


def ask(
    *,
    actor: Actor,
    store_id: str,
    raw: Mapping[str, Any],
    deadline: datetime | None = None,
    callback_url: str = "",
    idempotency: IdempotencyKey | None = None,
) -> Asked:
    """Puts a question into the queue of a store; `raw` as in `rules.parse_question`. With a
    `callback_url` the asker is called when there is news.

    Raises StoreNotFound, also for deleted ones, StoreNotInUse, PermissionDenied, InvalidRequest;
    KeyReused when the key came with another body.
    """
    store = find_store(actor, store_id=store_id)
    actor.require(ASK, actor.org_id, store_id)
    if idempotency and (earlier := _recall(idempotency)):
        return Asked(earlier, is_new=False)
    stores_in_use.require_in_use(store)
    now = now_in_milliseconds()
    question, url, given = parse_together(
        lambda: parse_question(raw),
        lambda: parse_callback_url(callback_url),
        lambda: parse_deadline(deadline, now) if deadline else None,
    )
    due = given or response_times.next_deadline(actor, store_id, question.priority, now, store)
    request = Request(
        id=Request.new_id(),
        org_id=actor.org_id,
        store_id=store_id,
        question=question,
        asked_by=_person(actor),
        asked_at=now,
        deadline=due,
        time_zone=store.time_zone,
        callback_url=url,
    )
    transaction = Transaction()
    if idempotency:
        idempotency.remember(transaction, {"store_id": store_id, "request_id": request.id})
    repository.add_request(transaction, request)
    _record(transaction, actor, request, "ask")
    try:
        transaction.commit()
    except AlreadyDone:
        assert idempotency is not None
        return Asked(_recall(idempotency) or request, is_new=False)
    return Asked(repository.require_request(repository.get_request(store_id, request.id)))


def claim(*, actor: Actor, store_id: str, request_id: str) -> Request:
    """For LEASE from now; again it is prolonged. Raises SomebodyIsOnIt."""
    return _step(
        actor,
        (store_id, request_id),
        ANSWER,
        Step.CLAIM,
        lambda request, now: transitions.claim(request, _person(actor), now),
    )


def release(*, actor: Actor, store_id: str, request_id: str) -> Request:
    return _step(
        actor,
        (store_id, request_id),
        ANSWER,
        Step.RELEASE,
        lambda request, now: transitions.release(request, _person(actor), now),
    )


def assign(*, actor: Actor, store_id: str, request_id: str, user_id: str) -> Request:
    """Into the hands of somebody who may answer there, for LEASE, whosever hands it is in. Raises
    CannotBeAssigned."""

    def change(request: Request, now: datetime) -> Request:
        to = assigning.find_assignee(actor, store_id=store_id, user_id=user_id)
        return transitions.assign(request, to, now)

    said = {"handled_by": (None, user_id)}
    return _step(actor, (store_id, request_id), ASSIGN, Step.ASSIGN, change, said)


def prioritise(
    *, actor: Actor, store_id: str, request_id: str, priority: int, version: int | None = None
) -> Request:
    """The request moves to its new place in the queue. A higher priority brings the deadline
    forward to that of a request which is asked now; none moves it back. `version` is the one that
    was seen, None where that does not matter. Raises InvalidRequest, RequestChanged."""
    wanted = parse_priority(priority)

    def change(request: Request, now: datetime) -> Request:
        due = request.deadline
        if wanted > request.question.priority:
            due = min(due, response_times.next_deadline(actor, store_id, wanted, now))
        return transitions.prioritise(request, wanted, due)

    return _step(
        actor,
        (store_id, request_id),
        ANSWER,
        Step.PRIORITISE,
        change,
        version=version,
    )


def answer(*, actor: Actor, store_id: str, request_id: str, text: str) -> Request:
    """Raises SomebodyIsOnIt, StepRefused, InvalidRequest under `answer`."""
    cleaned = parse_text(text, field="answer")
    return _step(
        actor,
        (store_id, request_id),
        ANSWER,
        Step.ANSWER,
        lambda request, now: transitions.answer(request, cleaned, _person(actor), now),
    )


def correct(
    *, actor: Actor, store_id: str, request_id: str, text: str, version: int | None = None
) -> Request:
    """Another answer than the one that was given; both are kept. `version` as in `prioritise`.
    Raises StepRefused, RequestChanged, InvalidRequest under `answer`."""
    cleaned = parse_text(text, field="answer")
    return _step(
        actor,
        (store_id, request_id),
        ANSWER,
        Step.CORRECT,
        lambda request, now: transitions.correct(request, cleaned, _person(actor), now),
        version=version,
    )


def reopen(
    *, actor: Actor, store_id: str, request_id: str, deadline: datetime | None = None
) -> Request:
    """One that timed out waits again, as long as a new one would."""

    def change(request: Request, now: datetime) -> Request:
        priority = request.question.priority
        due = (
            parse_deadline(deadline, now)
            if deadline
            else response_times.next_deadline(actor, store_id, priority, now)
        )
        return transitions.reopen(request, due)

    return _step(
        actor,
        (store_id, request_id),
        ANSWER,
        Step.REOPEN,
        change,
    )


def note(*, actor: Actor, store_id: str, request_id: str, text: str) -> Request:
    """For colleagues, in the timeline; the asker never sees it."""
    cleaned = parse_text(text, field="note")
    return _step(
        actor,
        (store_id, request_id),
        ANSWER,
        Step.NOTE,
        lambda request, _now: transitions.note(request),
        {"note": (None, cleaned)},
    )


def add(*, actor: Actor, store_id: str, request_id: str, text: str) -> Request:
    """By whoever asked, to a question that still waits, for everybody who sees it. Raises
    PermissionDenied for others, StepRefused, TooManyAdditions, InvalidRequest under `addition`."""
    cleaned = parse_text(text, field="addition", longest=LONGEST_ADDITION)

    def change(request: Request, now: datetime) -> Request:
        if request.asked_by.user_id != actor.user_id:
            raise PermissionDenied
        return transitions.add(request, cleaned, now)

    said = {"addition": (None, cleaned)}
    return _step(actor, (store_id, request_id), ASK, Step.ADD, change, said)


def cancel(*, actor: Actor, store_id: str, request_id: str) -> Request:
    """By whoever asked, or who may answer. Raises SomebodyIsOnIt for the latter."""
    request = _present(actor, store_id, request_id)
    code = ASK if request.asked_by.user_id == actor.user_id else ANSWER
    return _step(
        actor,
        (store_id, request_id),
        code,
        Step.CANCEL,
        lambda now_request, now: transitions.cancel(now_request, _person(actor), now),
    )


def forget_caller(*, actor: Actor, store_id: str, request_id: str) -> Request:
    """Who called is removed for good, because they ask for it. For who may see callers and
    answer."""
    request = _present(actor, store_id, request_id)
    actor.require(VIEW_CALLER, request.org_id, store_id)
    return _step(
        actor,
        (store_id, request_id),
        ANSWER,
        Step.FORGET_CALLER,
        lambda now_request, _now: transitions.forget_caller(now_request),
    )


def forget_caller_of(request: Request, actor: Actor) -> bool:
    """Of a request as it was read, by somebody who was found to be allowed to. False when anything
    else happened meanwhile."""
    return _as_read(request, Step.FORGET_CALLER, transitions.forget_caller(request), actor)


def forget_old_caller(request: Request) -> bool:
    """The same by the clock."""
    return forget_caller_of(request, Actor.system(org_id=request.org_id))


def time_out(request: Request) -> bool:
    """Stores that the deadline of a request, as it was read, has passed. False when somebody else
    has done so, or anything else, meanwhile."""
    clock = Actor.system(org_id=request.org_id)
    return _as_read(request, Step.TIME_OUT, transitions.time_out(request), clock)


def _as_read(request: Request, step: Step, after: Request, actor: Actor) -> bool:
    transaction = Transaction()
    repository.replace_request(transaction, request, after)
    _record(transaction, actor, request, step, _changes(request, after))
    try:
        transaction.commit()
    except repository.Lost:
        return False
    return True


def _step(
    actor: Actor,
    keys: tuple[str, str],
    code: str,
    step: Step,
    change: Callable[[Request, datetime], Request],
    said: Changes | None = None,
    *,
    version: int | None = None,
) -> Request:
    """Reads, changes and writes; after a lost race once more, for what somebody else did may well
    allow it still, and if not, the reason is what became of the request. What changes nothing is
    in nobody's way. Raises RequestChanged where it is not at this `version`
    any more, StoreBusy when others kept being faster."""
    for attempt in range(ATTEMPTS):
        if attempt:
            pause(attempt)
        before = _present(actor, *keys)
        actor.require(code, before.org_id, before.store_id)
        now = now_in_milliseconds()
        current = before.as_of(now)
        after = change(current, now)
        if version not in (None, before.version):
            raise RequestChanged(current)
        transaction = Transaction()
        if after == current:
            repository.require_in_place(transaction, before)
        else:
            repository.replace_request(transaction, before, after)
            if current.code is not before.code:
                clock = Actor.system(org_id=before.org_id)
                _record(transaction, clock, before, Step.TIME_OUT, _changes(before, current))
        _record(transaction, actor, before, step, {**_changes(current, after), **(said or {})})
        try:
            transaction.commit()
        except repository.Lost:
            continue
        return _present(actor, *keys).as_of(now_in_milliseconds())
    raise StoreBusy(f"a request changed {ATTEMPTS} times")


def _present(actor: Actor, store_id: str, request_id: str) -> Request:
    """Raises RequestNotFound, also for what the actor does not reach."""
    request = repository.require_request(repository.get_request(store_id, request_id))
    if request.org_id != actor.org_id or not actor.reaches(store_id):
        raise RequestNotFound
    actor.require(VIEW, request.org_id, store_id)
    return request


def _recall(idempotency: IdempotencyKey) -> Request | None:
    result = idempotency.recall()
    if result is None:
        return None
    found = repository.get_request(result["store_id"], result["request_id"])
    return repository.require_request(found).as_of(now_in_milliseconds())


def _person(actor: Actor) -> Person:
    return Person(actor.user_id, actor.name)


def _changes(before: Request, after: Request) -> Changes:
    values = {
        "priority": (before.question.priority, after.question.priority),
        "code": (before.code.value, after.code.value),
        "answer": (
            before.answer.text if before.answer else None,
            after.answer.text if after.answer else None,
        ),
    }
    return {name: pair for name, pair in values.items() if pair[0] != pair[1]}


def _record(
    transaction: Transaction,
    actor: Actor,
    request: Request,
    step: str,
    changes: Changes | None = None,
) -> None:
    transaction.put(
        audit_item(
            subject=request.audit_subject,
            actor_id=actor.user_id,
            actor_name=actor.name,
            action=f"supervisor.{step}_request",
            changes=changes,
        )
    )
