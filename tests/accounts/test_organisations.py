"""Renaming an organisation, below the pages."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from accounts import directory, repository
from accounts.entities import Actor, User
from accounts.errors import (
    InvalidName,
    OrganisationChanged,
    OrganisationNotFound,
    PermissionDenied,
)
from accounts.organisations import rename_organisation
from storage.audit import history
from storage.meter import measure
from storage.transactions import Transaction


def test_of_64_at_once_one_succeeds_and_the_others_see_it(alice: User) -> None:
    def attempt(number: int) -> tuple[str, str]:
        try:
            renamed = rename_organisation(actor=alice.actor, name=f"Shop {number}", version=1)
        except OrganisationChanged as lost:
            return "lost", lost.current.name
        return "won", renamed.name

    with ThreadPoolExecutor(16) as threads:
        outcomes = list(threads.map(attempt, range(64)))
    ((_, winner),) = [outcome for outcome in outcomes if outcome[0] == "won"]
    assert outcomes.count(("lost", winner)) == 63
    stored = directory.find_organisation(alice.actor, org_id=alice.org_id)
    assert (stored.name, stored.version) == (winner, 2)
    actions = [entry.action for entry in history(stored.audit_subject).items]
    assert actions == ["accounts.change_organisation", "accounts.add_organisation"]


def test_what_it_returns_is_what_is_stored(alice: User) -> None:
    renamed = rename_organisation(actor=alice.actor, name="New", version=1)
    assert renamed == directory.find_organisation(alice.actor, org_id=alice.org_id)


@pytest.mark.parametrize("name", ["", " \t", "\u202e", "x" * 151])
def test_a_name_that_cannot_be_costs_nothing(alice: User, name: str) -> None:
    with measure() as meter, pytest.raises(InvalidName):
        rename_organisation(actor=alice.actor, name=name, version=1)
    assert meter.calls == []


def test_viewers_and_nobody_may_not(bob: User) -> None:
    for actor in (bob.actor, Actor("", "", "")):
        with measure() as meter, pytest.raises(PermissionDenied):
            rename_organisation(actor=actor, name="New", version=1)
        assert meter.calls == []


def test_a_deleted_organisation_is_not_renamed(alice: User) -> None:
    stored = directory.find_organisation(alice.actor, org_id=alice.org_id)
    transaction = Transaction()
    repository.change_organisation(transaction, replace(stored, deleted_at=stored.created_at))
    transaction.commit()
    with pytest.raises(OrganisationNotFound):
        rename_organisation(actor=alice.actor, name="New", version=2)
