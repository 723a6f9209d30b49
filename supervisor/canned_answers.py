"""Texts that an organisation often answers with: who may use, make and change them.

The titles of all are one item, which every change of them writes: so they are never more than
`MOST_CANNED_ANSWERS`, and a menu of them is one read.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from accounts.entities import Actor
from accounts.errors import PermissionDenied
from accounts.repository import require_organisation
from storage.audit import audit_item
from storage.errors import StoreBusy
from storage.pauses import ATTEMPTS, pause
from storage.transactions import Transaction
from supervisor import settings_repository
from supervisor.errors import CannedAnswerChanged, CannedAnswerNotFound, TooManyCannedAnswers
from supervisor.rules import parse_canned_answer
from supervisor.settings_entities import MOST_CANNED_ANSWERS, CannedAnswer, Contents
from supervisor.settings_repository import ListChanged, SettingChanged

ANSWER = "supervisor.answer_request"
CHANGE = "supervisor.change_settings"
_ID = re.compile(r"ANSWER-[0-9a-f-]{36}")


def list_titles(actor: Actor) -> list[tuple[str, str]]:
    """(id, title) of all, by title: one read. Raises PermissionDenied."""
    _require_to_see(actor)
    return settings_repository.get_contents(actor.org_id).in_order


def find_canned_answer(actor: Actor, *, answer_id: str) -> CannedAnswer:
    """One read. Raises PermissionDenied, CannedAnswerNotFound."""
    _require_to_see(actor)
    found = (
        settings_repository.get_canned_answer(actor.org_id, answer_id)
        if _ID.fullmatch(answer_id)
        else None
    )
    if found is None:
        raise CannedAnswerNotFound
    return found


def may_change(actor: Actor) -> bool:
    """All stores use them, so whoever is bound to some leaves them as they are."""
    return actor.stores is None and actor.may(CHANGE, actor.org_id)


def require_to_change(actor: Actor) -> None:
    """Raises PermissionDenied."""
    actor.require(CHANGE, actor.org_id)
    if not may_change(actor):
        raise PermissionDenied


def add_canned_answer(*, actor: Actor, title: str, text: str) -> CannedAnswer:
    """Raises PermissionDenied, InvalidRequest, TooManyCannedAnswers, OrganisationNotFound."""
    require_to_change(actor)
    title, text = parse_canned_answer(title, text)
    answer = CannedAnswer(actor.org_id, CannedAnswer.new_id(), title, text)

    def write(transaction: Transaction, contents: Contents) -> CannedAnswer:
        if len(contents.titles) >= MOST_CANNED_ANSWERS:
            raise TooManyCannedAnswers
        titles = {**contents.titles, answer.id: title}
        settings_repository.save_contents(transaction, replace(contents, titles=titles))
        return settings_repository.save_canned_answer(transaction, answer)

    changes = {"title": (None, title), "text": (None, text)}
    return _written(actor, answer, write, "add", changes)


def change_canned_answer(
    *, actor: Actor, answer_id: str, version: int, title: str, text: str
) -> CannedAnswer:
    """`version` is the one that the actor saw. Nothing is written where nothing differs.

    Raises PermissionDenied, InvalidRequest, CannedAnswerNotFound, CannedAnswerChanged,
    OrganisationNotFound.
    """
    require_to_change(actor)
    title, text = parse_canned_answer(title, text)
    stored = _at_version(actor, answer_id, version)
    wanted = replace(stored, title=title, text=text)
    if wanted == stored:
        return stored

    def write(transaction: Transaction, contents: Contents) -> CannedAnswer:
        if contents.titles.get(answer_id) != title:
            titles = {**contents.titles, answer_id: title}
            settings_repository.save_contents(transaction, replace(contents, titles=titles))
        return settings_repository.save_canned_answer(transaction, wanted)

    pairs = {"title": (stored.title, title), "text": (stored.text, text)}
    changes = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
    return _written(actor, wanted, write, "change", changes)


def delete_canned_answer(*, actor: Actor, answer_id: str, version: int) -> CannedAnswer:
    """For good. Raises PermissionDenied, CannedAnswerNotFound, CannedAnswerChanged,
    OrganisationNotFound."""
    require_to_change(actor)
    stored = _at_version(actor, answer_id, version)

    def write(transaction: Transaction, contents: Contents) -> CannedAnswer:
        titles = {id: title for id, title in contents.titles.items() if id != answer_id}
        settings_repository.save_contents(transaction, replace(contents, titles=titles))
        settings_repository.delete_canned_answer(transaction, stored)
        return stored

    changes = {"title": (stored.title, None), "text": (stored.text, None)}
    return _written(actor, stored, write, "delete", changes)


def _written(
    actor: Actor,
    answer: CannedAnswer,
    write: Callable[[Transaction, Contents], CannedAnswer],
    verb: str,
    changes: dict[str, Any],
) -> CannedAnswer:
    """Once more where somebody else changed the list, but not this answer."""
    for attempt in range(ATTEMPTS):
        if attempt:
            pause(attempt)
        contents = settings_repository.get_contents(actor.org_id, consistent=True)
        transaction = Transaction()
        require_organisation(transaction, actor.org_id)
        written = write(transaction, contents)
        transaction.put(
            audit_item(
                subject=answer.audit_subject,
                actor_id=actor.user_id,
                actor_name=actor.name,
                action=f"supervisor.{verb}_canned_answer",
                changes=changes,
            )
        )
        try:
            transaction.commit()
        except ListChanged:
            # Perhaps because this answer went with it.
            if answer.version is not None:
                _at_version(actor, answer.id, answer.version)
            continue
        except SettingChanged:
            raise CannedAnswerChanged(find_canned_answer(actor, answer_id=answer.id)) from None
        return written
    raise StoreBusy("the list of canned answers kept changing")


def _at_version(actor: Actor, answer_id: str, version: int) -> CannedAnswer:
    stored = find_canned_answer(actor, answer_id=answer_id)
    if stored.version != version:
        raise CannedAnswerChanged(stored)
    return stored


def _require_to_see(actor: Actor) -> None:
    if not actor.may(CHANGE, actor.org_id):
        actor.require(ANSWER, actor.org_id)
