"""What requests say about the people who ask and answer, for those who want to see it or to have it
erased. What was asked and answered belongs to the organisation and stays, without names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from accounts.entities import User
from accounts.personal_data.entities import Erasure
from accounts.personal_data.keepers import Facts, Section
from accounts.stores.repository import every_store
from storage.audit import entries_by
from storage.errors import StoreBusy
from storage.pauses import ATTEMPTS
from storage.transactions import MAX_ACTIONS, Transaction
from supervisor import notice_repository, repository
from supervisor.entities import Answer, Person, Request
from supervisor.removal_repository import remove_some_deliveries

_AT_ONCE = 100
# What people write into the history of a request.
_WRITTEN = ("answer", "note", "addition")


class RequestsKeeper:
    """What somebody asked is in an index, and what they wrote is in the history of what they did,
    so an export reads nothing of others. Names are where no index of that person leads, such as in
    whose hands a request was put, so an erasure reads all requests of the organisation, a hundred
    at a time."""

    name = "requests"

    def export(self, user: User) -> Iterator[Section]:
        yield Section("questions_you_asked", _asked_by(user))
        yield Section("what_you_wrote_about_requests", _written_by(user))

    def erase(self, erasure: Erasure) -> Iterator[None]:
        for page in _pages(erasure.org_id):
            for request in page:
                if without_name(request, erasure.user_id) != request:
                    _erase(request, erasure.user_id)
            yield


class NoticesKeeper:
    """What somebody wants to be told, whether they are on duty, and what they were told."""

    name = "notices"

    def export(self, user: User) -> Iterator[Section]:
        notices = notice_repository.get_notices(user.org_id, user.user_id)
        if notices.version is not None:
            facts = {
                "on_duty": notices.on_duty,
                "urgency": notices.urgency.value,
                "near_deadline": notices.near_deadline,
                "stores": notices.stores,
            }
            yield Section("mails_about_requests", facts)

    def erase(self, erasure: Erasure) -> Iterator[None]:
        if notice_repository.knows(erasure.org_id, erasure.user_id):
            transaction = Transaction()
            notice_repository.remove_person(transaction, erasure.org_id, erasure.user_id)
            transaction.commit()
        yield


def without_name(request: Request, user_id: str) -> Request:
    """With nothing about that person but their id; where they asked, nobody is called any more."""

    def nameless(person: Person) -> Person:
        return Person(user_id, "") if person.user_id == user_id else person

    def unsigned(answer: Answer) -> Answer:
        return replace(answer, by=nameless(answer.by))

    handling = request.handling
    return replace(
        request,
        asked_by=nameless(request.asked_by),
        callback_url="" if request.asked_by.user_id == user_id else request.callback_url,
        handling=replace(handling, by=nameless(handling.by)) if handling else None,
        answer=unsigned(request.answer) if request.answer else None,
        earlier_answers=tuple(map(unsigned, request.earlier_answers)),
    )


def _erase(request: Request, user_id: str) -> None:
    is_called = bool(request.callback_url) and request.asked_by.user_id == user_id
    if is_called:
        _remove_calls(request.id)
    current: Request | None = request
    for _ in range(ATTEMPTS):
        if current is None:
            return
        transaction = Transaction()
        repository.replace_request(transaction, current, without_name(current, user_id))
        try:
            transaction.commit()
        except repository.Lost:
            current = repository.get_request(request.store_id, request.id)
        else:
            # What was noted meanwhile; without the address there will be none.
            if is_called:
                _remove_calls(request.id)
            return
    raise StoreBusy("the request keeps changing")


def _remove_calls(request_id: str) -> None:
    """They have the address, and are found by the request only as long as it has it."""
    transaction = Transaction()
    while remove_some_deliveries(transaction, request_id, most=MAX_ACTIONS):
        transaction.commit()
        transaction = Transaction()


def _pages(org_id: str) -> Iterator[list[Request]]:
    for store in every_store(org_id):
        yield from repository.requests_of_store(store.store_id)


def _asked_by(user: User) -> Iterator[Facts]:
    """Newest first: a query for each hundred, and a read of these."""
    after: dict[str, Any] | None = None
    while True:
        found = repository.asked_by(user.user_id, most=_AT_ONCE, after=after)
        for request in repository.requests_at(found.summaries):
            question = request.question
            yield {
                "id": request.id,
                "store_id": request.store_id,
                "asked_at": request.asked_at,
                "header": question.header,
                "body": question.body,
                "reference": question.reference,
                "tags": question.tags,
            }
        after = found.last_key
        if after is None:
            return


def _written_by(user: User) -> Iterator[Facts]:
    """Answers, corrections, notes and additions, oldest first: a query for each hundred things
    that they did."""
    for entry in entries_by(user.user_id):
        kind, _hash, request_id = entry.subject.partition("#")
        for what in filter(entry.changes.__contains__, _WRITTEN if kind == "request" else ()):
            text = entry.changes[what][1]
            yield {"request_id": request_id, "at": entry.at, "what": what, "text": text}
