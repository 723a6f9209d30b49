"""What is destroyed is gone, to the last marker; the history stays."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from django.test import Client

from accounts.entities import User
from accounts.errors import OrganisationNotFound, PermissionDenied
from accounts.models import AuthUser
from accounts.refresh import start_family
from accounts.removal import runner, services
from accounts.removal.errors import NotDeleted, WrongName
from accounts.removal.runner import Outcome
from storage.audit import history
from storage.meter import measure
from tests.accounts.actions import sign_up
from tests.accounts.crowd import crowd, member, write
from tests.accounts.removal.interposing import before_write
from tests.accounts.removal.shops import anything, delete, everything, furnish, server, settle
from tests.catalog.seeding import seed

NAME = "Alice's Shop"


class Died(Exception):
    """Of a runner, in the middle of it."""


def die() -> None:
    raise Died


def what_says_something() -> dict[Any, dict[str, Any]]:
    """Without headings of categories that have no products, and notes of whom to erase."""
    says = {"card", "label", "children"}
    return {
        key: item
        for key, item in everything().items()
        if (key[0] != "product-listing" or says & item.keys()) and not key[1].startswith("ERASURE-")
    }


def people_and_their_logins(alice: User) -> None:
    for user in crowd(60, alice.org_id)[:3]:
        Client().force_login(AuthUser.of(user))
        start_family(user=user, user_agent="curl")
    Client().force_login(AuthUser.of(alice))


def test_nothing_is_left_although_runners_die(charlie: User) -> None:
    seed(2, actor=charlie.actor, first=100)
    alone = what_says_something()
    alice = sign_up("alice@example.com", organisation_name=NAME)
    furnish(alice)
    people_and_their_logins(alice)
    seed(12, actor=alice.actor, make=anything)
    delete(alice)
    services.destroy_organisation(actor=server(alice.org_id), name=NAME)
    for moment in range(1, 6):
        with before_write(moment, die), pytest.raises(Died):
            runner.work_on(alice.org_id)
    with measure() as meter:
        assert runner.work_on(alice.org_id) is Outcome.DONE
    assert what_says_something() == alone
    # A query for the sessions of each person, and few more for what is read in pages.
    assert Counter(call.operation for call in meter.calls)["Query"] <= 61 + 30
    newest = history(f"organisation#{alice.org_id}").items[0]
    assert newest.action == "accounts.destroy_organisation"
    assert history(alice.audit_subject).items[0].action == "accounts.destroy_user"
    assert sign_up("alice@example.com").user_id != alice.user_id


def test_only_what_is_deleted_is_destroyed_unless_forced(alice: User) -> None:
    def destroy(name: str = NAME, *, force: bool = False) -> None:
        services.destroy_organisation(actor=server(alice.org_id), name=name, force=force)

    with pytest.raises(NotDeleted):
        destroy()
    with pytest.raises(WrongName):
        destroy("Charlie & Co", force=True)
    delete(alice)
    services.restore_organisation(actor=server(alice.org_id))
    with pytest.raises(NotDeleted):
        destroy()
    destroy(force=True)
    assert runner.work_on(alice.org_id) is Outcome.DONE
    with pytest.raises(OrganisationNotFound):
        destroy()
    assert what_says_something() == {}


def test_not_even_an_owner_destroys(alice: User) -> None:
    with pytest.raises(PermissionDenied):
        services.destroy_organisation(actor=alice.actor, name=NAME, force=True)


def test_it_waits_for_what_was_under_way_and_takes_that_too(alice: User, settings: Any) -> None:
    settings.REMOVAL_SETTLES_SECONDS = 3600
    services.destroy_organisation(actor=server(alice.org_id), name=NAME, force=True)
    assert runner.work_on(alice.org_id) is Outcome.WAITING
    write([member(alice.org_id, 1)])
    settle(alice.org_id)
    with before_write(2, lambda: write([member(alice.org_id, 0)])):
        assert runner.work_on(alice.org_id) is Outcome.DONE
    assert what_says_something() == {}
