"""After an erasure nothing in the whole store says who it was."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

import storage.configuration
from accounts.entities import Actor, User
from accounts.personal_data.erasure import begin, begin_again, due_erasures, erased, finish, work_on
from accounts.personal_data.export import document_of
from accounts.removal import services as removal
from storage.audit import entries_by, entries_of
from storage.configuration import configuration
from tests.accounts.actions import stored
from tests.accounts.personal_data.zephyrine import (
    TRACES,
    lived_in,
    raw_items,
    residue,
    traces_in,
)
from tests.commands import run


def erase(user: User) -> None:
    assert work_on(begin(actor=Actor.system(org_id=user.org_id), user=stored(user)))


def test_an_export_has_every_trace_that_is_stored(zephyrine: User) -> None:
    found = set().union(*map(traces_in, raw_items()))
    assert found == TRACES
    exported = b"".join(document_of(zephyrine))
    json.loads(exported)
    assert traces_in(exported.decode()) == TRACES


def test_nothing_is_left_of_a_person_but_ids(zephyrine: User, alice: User) -> None:
    before = {entry.at: entry for entry in entries_by(zephyrine.user_id)}
    assert len(before) > 10
    erase(zephyrine)
    assert residue() == []
    after = list(entries_by(zephyrine.user_id))
    assert [(entry.at, entry.subject, entry.action) for entry in after] == [
        (entry.at, entry.subject, entry.action) for entry in before.values()
    ]
    assert {entry.actor_name for entry in after} == {""}
    about = [entry.action for entry in entries_of(zephyrine.audit_subject)]
    assert {"accounts.accept_invitation", "accounts.erase_user"} <= set(about)
    assert list(erased()) == [zephyrine.pk]
    assert stored(alice).name == "Alice"


def test_erasing_again_finds_nothing_to_do(zephyrine: User) -> None:
    erase(zephyrine)
    items = sorted(raw_items())
    assert work_on(begin_again(pk=zephyrine.pk))
    assert len(items) == len(list(raw_items()))
    assert residue() == []


def test_whoever_goes_with_the_organisation_is_erased_as_well(zephyrine: User) -> None:
    removal.destroy_organisation(
        actor=Actor.system(org_id=zephyrine.org_id), name="A Shop", force=True
    )
    run("finish_removals")
    assert residue() == []
    assert zephyrine.pk in set(erased())


def test_with_several_shards_it_is_the_same(
    alice: User, charlie: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    sharded = replace(configuration(), shards=3)
    monkeypatch.setattr(storage.configuration, "_configuration", sharded)
    user = lived_in(alice, charlie)
    begin(actor=Actor.system(org_id=user.org_id), user=user)
    for erasure in due_erasures():
        finish(erasure)
    assert residue() == []
    assert list(erased()) == [user.pk]
