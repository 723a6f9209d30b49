from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from accounts import repository
from accounts.entities import User, imported_organisation_id
from accounts.errors import PermissionDenied
from accounts.import_targets import PEOPLE
from accounts.intake.errors import (
    NoSwitch,
    SourceMissing,
    UnknownOption,
    UnknownOrganisation,
    UnknownOwner,
)
from storage.audit import history
from storage.intake import Counts
from tests.accounts.actions import change, stored
from tests.accounts.imports import (
    DORA,
    LONG_AGO,
    SOURCE,
    change_organisation,
    import_organisations,
    import_people,
    organisation,
    person,
    reasons,
)

pytestmark = pytest.mark.usefixtures("store")

# Organisations


def test_organisations_keep_their_identity(store: None) -> None:
    rows = [{"external_id": "7", "name": "Seven Ltd"}, {"external_id": "8", "name": "Eight Ltd"}]
    assert import_organisations(*rows).counts == Counts(created=2)
    assert import_organisations(*rows).counts == Counts(unchanged=2)
    renamed = {"external_id": "7", "name": "Seven & Co"}
    assert import_organisations(renamed).counts == Counts(changed=1)
    seven = organisation("7")
    assert seven is not None
    assert (seven.name, seven.org_id) == ("Seven & Co", imported_organisation_id(SOURCE, "7"))
    assert imported_organisation_id("another-crm", "7") != seven.org_id
    changed, made = history(f"organisation#{seven.org_id}").items
    assert changed.changes == {"name": ("Seven Ltd", "Seven & Co")}
    assert made.action == "accounts.import_organisation"
    assert made.changes["external_id"] == (None, "7")


def test_a_name_does_as_an_id_where_that_is_all_there_is(store: None) -> None:
    row = {"external_id": " Seven  Ltd ", "name": "Seven Ltd"}
    assert import_organisations(row, dry_run=True).counts == Counts(created=1)
    assert organisation("Seven Ltd") is None
    assert import_organisations(row).counts == Counts(created=1)
    import_people({**DORA, "organisation": "Seven Ltd"})
    assert person("dora@example.com").org_id == imported_organisation_id(SOURCE, "Seven Ltd")


def test_rows_about_organisations_are_refused_with_the_reason(store: None) -> None:
    outcome = import_organisations(
        {"external_id": "7", "name": "Seven Ltd"},
        {"external_id": "7", "name": "Seven again"},
        {"external_id": "8", "name": None},
        {"external_id": 9, "name": "Nine"},
        {"external_id": None, "name": "Ten"},
    )
    assert outcome.counts == Counts(created=1, refused=4)
    assert reasons(outcome) == [
        (2, "external_id", "Row 1 is about"),
        (3, "name", "This field is required."),
        (4, "external_id", "Expected a text."),
        (5, "external_id", "This field is required."),
    ]


def test_people_find_the_organisation_that_was_imported_before(store: None) -> None:
    row = {**DORA, "organisation": "7"}
    assert reasons(import_people(row)) == [(1, "organisation", "This organisation has not")]
    import_organisations({"external_id": "7", "name": "Seven Ltd"})
    assert import_people(row).counts == Counts(created=1)
    assert import_people(row).counts == Counts(unchanged=1)
    membership = repository.membership_by_email("dora@example.com")
    assert membership is not None
    assert membership.organisation.name == "Seven Ltd"
    (entry,) = history(f"user#{membership.user.user_id}").items
    assert (entry.actor_id, entry.actor_name) == ("SYSTEM", "system")


def test_a_deleted_organisation_takes_nobody_in_and_is_not_restored(store: None) -> None:
    import_organisations({"external_id": "7", "name": "Seven Ltd"})
    seven = organisation("7")
    assert seven is not None
    change_organisation(replace(seven, deleted_at=LONG_AGO))
    refused = import_people({**DORA, "organisation": "7"})
    assert reasons(refused) == [(1, "organisation", "This organisation has been")]
    refused = import_organisations({"external_id": "7", "name": "Seven Ltd"})
    assert reasons(refused) == [(1, "", "This organisation has been")]


def test_it_must_be_clear_which_organisation_is_meant(alice: User) -> None:
    assert reasons(import_people(DORA)) == [(1, "organisation", "The row names no")]
    named = import_people({**DORA, "organisation": "7"}, org_id=alice.org_id, source="")
    assert reasons(named) == [(1, "organisation", "The row names an")]


# Who may


def test_what_cannot_start_says_why(alice: User) -> None:
    with pytest.raises(UnknownOwner):
        import_people(owner=replace(alice, email="nobody@example.com"))
    with pytest.raises(UnknownOrganisation):
        import_people(org_id="ORG-gone")
    with pytest.raises(SourceMissing):
        import_organisations(source="")
    with pytest.raises(UnknownOption, match="“publish” here, only: source, change_roles"):
        import_people(publish=True)
    with pytest.raises(UnknownOption, match="“change_roles” here, only: source"):
        import_organisations(change_roles=True)
    with pytest.raises(NoSwitch, match="“change_roles” is true or false"):
        PEOPLE.writer(
            org_id=None, owner_email=None, dry_run=True, options={"change_roles": "false"}
        )


def test_an_owner_may_import_people_and_a_viewer_may_not(alice: User, bob: User) -> None:
    assert import_people(DORA, owner=alice).counts == Counts(created=1)
    with pytest.raises(PermissionDenied):
        import_people({**DORA, "name": "Changed"}, owner=bob)
    assert person("dora@example.com").name == "Dora Diaz"


def test_an_owner_reaches_no_other_organisation(alice: User, charlie: User) -> None:
    with pytest.raises(PermissionDenied):
        import_people(DORA, owner=charlie, org_id=alice.org_id)
    with pytest.raises(PermissionDenied):
        import_organisations({"external_id": "7", "name": "Seven Ltd"}, owner=charlie)
    import_organisations({"external_id": "7", "name": "Seven Ltd"})
    outcome = import_people({**DORA, "organisation": "7"}, owner=charlie)
    assert reasons(outcome) == [(1, "organisation", "You are not allowed")]


def test_an_address_of_another_organisation_is_refused_without_saying_of_which(
    alice: User, charlie: User
) -> None:
    row = {"email": alice.email, "name": "Mine now", "role": "viewer"}
    outcome = import_people(row, owner=charlie)
    assert outcome.counts == Counts(refused=1)
    (refused,) = outcome.refusals
    assert refused.reason == "There is an account with this e-mail address already."
    assert alice.org_id not in str(refused)
    assert "Alice's Shop" not in str(refused)
    assert stored(alice) == alice


def test_everybody_counts_what_they_may_see(alice: User, bob: User, charlie: User) -> None:
    def count(**options: Any) -> int:
        arguments: dict[str, Any] = {
            "org_id": None,
            "owner_email": None,
            "dry_run": True,
            "options": {},
        }
        writer = PEOPLE.writer(**{**arguments, **options})
        writer.close()
        return writer.count()

    change(replace(stored(bob), deleted_at=LONG_AGO))
    assert count(owner_email=alice.email) == 2
    assert count(owner_email=charlie.email) == 1
    assert count() == 3
    assert repository.count_organisations() == 2


def test_only_a_dry_run_says_that_it_imports_no_organisations(alice: User) -> None:
    row = {**DORA, "organisation": "never"}
    (real,) = import_people(row).refusals
    assert real.reason == "This organisation has not been imported. Organisations come first."
    (tried,) = import_people(row, dry_run=True).refusals
    assert tried.reason.endswith("a dry run imports none.")
