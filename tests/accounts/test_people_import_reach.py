"""Whom an import for a person reaches, and what it does beside changing fields."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from accounts import repository
from accounts.entities import User
from accounts.people import managing
from storage.intake import Counts
from storage.transactions import Transaction
from tests.accounts.browsers import is_logged_in
from tests.accounts.imports import DORA, import_people, person, reasons
from tests.accounts.people.company import acting, browser_of, fresh, member, own_role, store_of
from tests.storage.faults import injected

pytestmark = pytest.mark.usefixtures("store")

BEYOND = (1, "role", "You cannot give more")


def test_an_import_for_a_manager_makes_changes_and_unmakes_no_owner(alice: User) -> None:
    manager = member(alice, "Mona", "manager")
    for row in (
        {**DORA, "role": "owner"},
        {"email": manager.email, "role": "owner"},
        {"email": alice.email, "role": "viewer"},
        {"email": alice.email, "name": "Not Alice"},
    ):
        for dry_run in (True, False):
            refused = import_people(row, owner=manager, change_roles=True, dry_run=dry_run)
            assert reasons(refused) == [BEYOND]
    assert (fresh(manager).roles, fresh(alice)) == (("manager",), alice)
    assert import_people({**DORA, "role": "manager"}, owner=manager).counts == Counts(created=1)
    # What the server imports knows no such bounds.
    row = {"email": manager.email, "role": "owner"}
    assert import_people(row, org_id=alice.org_id, change_roles=True).counts == Counts(changed=1)


def test_own_roles_and_stores_of_whoever_imports_are_bounds_as_well(alice: User) -> None:
    here, there = store_of(alice, "Here"), store_of(alice, "There")
    imports = ("accounts.add_user", "accounts.change_user", "accounts.view_user")
    clerk = own_role(alice.org_id, 1, *imports)
    stronger = own_role(alice.org_id, 2, "catalog.delete_product")
    one = member(alice, "One", clerk.role_id)
    strong = member(alice, "Strong", stronger.role_id)
    assert reasons(import_people({"email": strong.email, "name": "x"}, owner=one)) == [BEYOND]
    weak = member(alice, "Weak", clerk.role_id)
    assert import_people({"email": weak.email, "name": "x"}, owner=one).counts == Counts(changed=1)
    gone = {"email": weak.email, "deleted": True}
    assert reasons(import_people(gone, owner=one)) == [(1, "deleted", "You are not allowed")]

    bound = member(alice, "Bound", "manager", stores=[here])
    assert import_people(DORA, owner=bound).counts == Counts(created=1)
    assert person("dora@example.com").stores == frozenset({here})
    for elsewhere in (member(alice, "There", "staff", stores=[there]), member(alice, "All")):
        row = {"email": elsewhere.email, "name": "x"}
        assert reasons(import_people(row, owner=bound)) == [BEYOND]


def test_who_becomes_an_owner_works_in_all_stores(alice: User) -> None:
    bound = member(alice, "Bound", "manager", stores=[store_of(alice, "Here")])
    row = {"email": bound.email, "role": "owner"}
    assert import_people(row, owner=alice, change_roles=True).counts == Counts(changed=1)
    assert (fresh(bound).roles, fresh(bound).stores) == (("owner",), None)


def test_who_was_deleted_by_an_import_does_not_come_back_with_old_sessions(
    alice: User, bob: User
) -> None:
    client = browser_of(bob)
    import_people({"email": bob.email, "deleted": True}, owner=alice)
    stamp = fresh(bob).credential_stamp
    # Saying it again changes nothing.
    import_people({"email": bob.email, "deleted": True}, owner=alice)
    managing.restore_person(actor=acting(alice), user_id=bob.user_id)
    assert not is_logged_in(client)
    assert fresh(bob).credential_stamp == stamp


def test_nobody_arrives_in_an_organisation_that_is_deleted_meanwhile(alice: User) -> None:
    organisation = repository.get_organisation(alice.org_id)
    assert organisation is not None

    def meanwhile(_request: Any) -> None:
        transaction = Transaction()
        deleted = replace(organisation, deleted_at=datetime.now(UTC))
        repository.change_organisation(transaction, deleted)
        transaction.commit()

    rows = [{"email": f"p{number}@example.com"} for number in range(2)]
    with injected("TransactWriteItems", meanwhile):
        outcome = import_people(*rows, owner=alice)
    assert outcome.counts == Counts(refused=2)
    assert reasons(outcome)[0] == (1, "organisation", "This organisation has been")
    assert repository.membership_by_email("p0@example.com") is None
