from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from accounts.entities import Actor, User
from accounts.errors import PermissionDenied
from storage.audit import history
from storage.meter import measure
from storage.transactions import Transaction
from supervisor import canned_answers, settings_repository
from supervisor.errors import (
    CannedAnswerChanged,
    CannedAnswerNotFound,
    InvalidRequest,
    TooManyCannedAnswers,
)
from supervisor.settings_entities import MOST_CANNED_ANSWERS, CannedAnswer, Contents
from tests.supervisor.test_services import at_once


def add(user: User, title: str = "Returns", text: str = "Within thirty days.") -> CannedAnswer:
    return canned_answers.add_canned_answer(actor=user.actor, title=title, text=text)


def titles(actor: Actor) -> list[str]:
    return [title for _, title in canned_answers.list_titles(actor)]


def fill(user: User, count: int) -> None:
    """As if so many had been made."""
    transaction = Transaction()
    names = {f"ANSWER-{number}": f"{number:03} {'t' * 70}" for number in range(count)}
    settings_repository.save_contents(transaction, Contents(user.org_id, names))
    transaction.commit()


def test_answers_are_made_changed_and_deleted(alice: User, ana: Actor) -> None:
    made = add(alice)
    add(alice, title="Exchange")
    assert titles(ana) == ["Exchange", "Returns"]
    keys: dict[str, Any] = {"actor": alice.actor, "answer_id": made.id}
    changed = canned_answers.change_canned_answer(
        **keys, version=1, title="Going back", text="Within\r\nsixty days. "
    )
    assert (changed.text, changed.version) == ("Within\nsixty days.", 2)
    assert canned_answers.find_canned_answer(ana, answer_id=made.id) == changed
    assert titles(ana) == ["Exchange", "Going back"]
    with pytest.raises(CannedAnswerChanged) as race:
        canned_answers.delete_canned_answer(**keys, version=1)
    assert race.value.current == changed
    canned_answers.delete_canned_answer(**keys, version=2)
    assert titles(ana) == ["Exchange"]
    with pytest.raises(CannedAnswerNotFound):
        canned_answers.find_canned_answer(ana, answer_id=made.id)
    entries = history(made.audit_subject, limit=5).items
    assert [entry.action.removeprefix("supervisor.") for entry in entries] == [
        *("delete_canned_answer", "change_canned_answer", "add_canned_answer")
    ]
    assert entries[1].changes["title"] == ("Returns", "Going back")


def test_what_is_the_same_is_not_written(alice: User) -> None:
    made = add(alice)
    with measure() as meter:
        same = canned_answers.change_canned_answer(
            actor=alice.actor, answer_id=made.id, version=1, title=made.title, text=made.text
        )
    assert same == made
    assert [call.operation for call in meter.calls] == ["GetItem"]


def test_there_are_never_more_than_the_most(alice: User) -> None:
    fill(alice, MOST_CANNED_ANSWERS - 3)
    answers = at_once(lambda number: add(alice, title=f"New {number}"), 6)
    assert sum(isinstance(one, CannedAnswer) for one in answers) == 3, answers
    assert sum(isinstance(one, TooManyCannedAnswers) for one in answers) == 3, answers
    assert len(titles(alice.actor)) == MOST_CANNED_ANSWERS
    with measure() as meter:
        canned_answers.list_titles(alice.actor)
    assert [call.operation for call in meter.calls] == ["GetItem"]
    assert meter.calls[0].capacity <= 3


def test_of_many_who_change_one_at_once_one_wins(alice: User) -> None:
    made = add(alice)

    def act(number: int) -> CannedAnswer:
        keys: dict[str, Any] = {"actor": alice.actor, "answer_id": made.id, "version": 1}
        if number % 2:
            return canned_answers.delete_canned_answer(**keys)
        title = f"Title {number}"
        return canned_answers.change_canned_answer(**keys, title=title, text="Other")

    answers = at_once(act, 12)
    assert sum(isinstance(one, CannedAnswer) for one in answers) == 1, answers
    refused = (CannedAnswerChanged, CannedAnswerNotFound)
    assert sum(isinstance(one, refused) for one in answers) == 11, answers
    stored = settings_repository.get_canned_answer(alice.org_id, made.id)
    assert titles(alice.actor) == ([stored.title] if stored else [])


def test_what_is_wrong_is_said_of_every_field(alice: User) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        add(alice, title=" ", text="x" * 5001)
    assert set(refusal.value.fields) == {"title", "text"}


def test_who_may_see_and_change_them(
    alice: User, bob: User, charlie: User, steve: Actor, ana: Actor
) -> None:
    made = add(alice)
    for actor in (bob.actor, steve):
        with pytest.raises(PermissionDenied):
            canned_answers.list_titles(actor)
    assert titles(charlie.actor) == []
    for answer_id in (made.id, "ANSWER-", "x" * 2000):
        with pytest.raises(CannedAnswerNotFound):
            canned_answers.find_canned_answer(charlie.actor, answer_id=answer_id)
    bound = replace(alice.actor, stores=frozenset({"STORE-one"}))
    for actor in (ana, bound):
        with pytest.raises(PermissionDenied):
            canned_answers.add_canned_answer(actor=actor, title="Title", text="Text")
        with pytest.raises(PermissionDenied):
            canned_answers.delete_canned_answer(actor=actor, answer_id=made.id, version=1)
    assert titles(ana) == ["Returns"]
