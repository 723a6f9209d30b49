from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from accounts import passwords, repository
from accounts.entities import Role, User
from accounts.errors import InvalidCredentials
from accounts.import_targets import PEOPLE, TARGETS
from storage.audit import history
from storage.intake import Counts, KnowsIdentity
from storage.meter import measure
from tests.accounts.actions import change, log_in, stored
from tests.accounts.fixtures import PASSWORD
from tests.accounts.imports import (
    DORA,
    LONG_AGO,
    SOURCE,
    import_people,
    person,
    reasons,
)

pytestmark = pytest.mark.usefixtures("store")


def names(target: str) -> set[str]:
    (found,) = [one for one in TARGETS if one.name == target]
    return {field.name for field in found.fields}


# People


def test_a_row_becomes_a_person_of_the_owners_organisation(alice: User) -> None:
    outcome = import_people(DORA, owner=alice)
    assert outcome.counts == Counts(created=1)
    dora = person("dora@example.com")
    assert (dora.org_id, dora.name, dora.email) == (alice.org_id, "Dora Diaz", "Dora@Example.com")
    assert (dora.roles, dora.language, dora.created_at) == ((Role.STAFF,), "es", LONG_AGO)
    assert dora.deleted_at is None


def test_an_address_is_enough(alice: User) -> None:
    import_people({"email": "dora@example.com"}, owner=alice)
    dora = person("dora@example.com")
    assert (dora.name, dora.roles, dora.language) == ("dora", (Role.VIEWER,), "")


def test_a_second_run_changes_nothing_and_writes_nothing(alice: User) -> None:
    rows = [DORA, {"email": "emil@example.com", "deleted_at": LONG_AGO}]
    import_people(*rows, owner=alice)
    with measure() as meter:
        outcome = import_people(*rows, owner=alice)
    assert outcome.counts == Counts(unchanged=2)
    assert {call.operation for call in meter.calls} == {"GetItem", "BatchGetItem"}


def test_only_what_differs_changes_and_the_history_says_what(alice: User) -> None:
    import_people(DORA, owner=alice)
    before = person("dora@example.com")
    row = {**DORA, "name": "Dora Diez", "role": "owner"}
    outcome = import_people(row, owner=alice, change_roles=True)
    assert outcome.counts == Counts(changed=1)
    after = person("dora@example.com")
    assert (after.name, after.roles) == ("Dora Diez", (Role.OWNER,))
    assert (after.password, after.credential_stamp) == (before.password, before.credential_stamp)
    entry, first = history(f"user#{after.user_id}").items
    assert (entry.action, entry.actor_id) == ("accounts.import_user", alice.user_id)
    assert entry.changes == {
        "name": ("Dora Diaz", "Dora Diez"),
        "roles": (["staff"], ["owner"]),
    }
    assert first.changes["source"] == (None, SOURCE)
    assert first.changes["created_at"] == (None, "2019-03-05T08:30:00+00:00")


def test_fields_left_out_stay_and_empty_ones_become_empty(alice: User) -> None:
    import_people(DORA, owner=alice)
    assert import_people({"email": "dora@example.com"}, owner=alice).counts == Counts(unchanged=1)
    nothing = dict.fromkeys(("name", "role", "language", "created_at"), None)
    import_people({"email": "dora@example.com", **nothing}, owner=alice)
    dora = person("dora@example.com")
    assert (dora.name, dora.language) == ("dora", "")
    # These cannot be empty.
    assert (dora.roles, dora.created_at) == ((Role.STAFF,), LONG_AGO)


def test_somebody_who_signed_up_keeps_the_password_and_the_session(alice: User, bob: User) -> None:
    import_people({"email": "BOB@example.com", "name": "Robert"}, owner=alice)
    after = stored(bob)
    assert (after.name, after.email) == ("Robert", "bob@example.com")
    assert after.credential_stamp == bob.credential_stamp
    assert log_in("bob@example.com").user_id == bob.user_id


def test_a_dry_run_counts_the_same_and_writes_nothing(alice: User, bob: User) -> None:
    rows = [DORA, {"email": "bob@example.com", "name": "Robert"}, {"email": "nonsense"}]
    with measure() as meter:
        tried = import_people(*rows, owner=alice, dry_run=True)
    assert {call.operation for call in meter.calls} == {"GetItem", "BatchGetItem"}
    assert tried.counts == Counts(created=1, changed=1, refused=1)
    done = import_people(*rows, owner=alice)
    assert (done.counts, done.refusals) == (tried.counts, tried.refusals)


@pytest.mark.parametrize(
    ("row", "field", "reason"),
    [
        ({"email": None}, "email", "This field is required."),
        ({"email": "  "}, "email", "This field is required."),
        ({"email": "dora"}, "email", "Enter an e-mail address"),
        ({"name": "n" * 151}, "name", "This name is too"),
        ({"name": 7}, "name", "Expected a text."),
        ({"role": "admin"}, "role", "Expected one of: owner,"),
        ({"language": "xx"}, "language", "Expected one of: en,"),
        ({"created_at": "2019"}, "created_at", "Expected a date with"),
        ({"created_at": datetime(2019, 1, 1)}, "created_at", "Expected a date with"),  # noqa: DTZ001
        ({"deleted_at": datetime(9999, 1, 1, tzinfo=UTC)}, "deleted_at", "This moment is in"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_a_row_that_breaks_a_rule_is_refused_with_the_reason(
    alice: User, row: dict[str, Any], field: str, reason: str
) -> None:
    outcome = import_people(DORA, {"email": "emil@example.com", **row}, owner=alice)
    assert outcome.counts == Counts(created=1, refused=1)
    assert reasons(outcome) == [(2, field, reason)]


def test_everything_wrong_with_a_row_is_said_at_once(alice: User) -> None:
    row = {"email": "dora", "role": "admin", "language": "xx"}
    outcome = import_people(row, owner=alice)
    assert outcome.counts == Counts(refused=1)
    assert [refused.field for refused in outcome.refusals] == ["email", "role", "language"]
    assert outcome.refusals[1].value == "admin"


def test_the_second_row_with_an_address_is_refused_and_names_the_first(alice: User) -> None:
    outcome = import_people(DORA, {"email": " DORA@example.com"}, owner=alice)
    assert outcome.counts == Counts(created=1, refused=1)
    assert reasons(outcome) == [(2, "email", "Row 1 has this")]
    assert person("dora@example.com").name == "Dora Diaz"


def test_whoever_reads_the_rows_can_know_which_mean_the_same(alice: User) -> None:
    writer = PEOPLE.writer(org_id=None, owner_email=alice.email, dry_run=True, options={})
    assert isinstance(writer, KnowsIdentity)
    assert writer.identity({"email": " DORA@example.com"}) == "dora@example.com"
    assert writer.identity({"email": "nonsense"}) is None
    writer.close()


# Roles


@pytest.mark.parametrize("dry_run", [True, False])
def test_whoever_was_promoted_here_is_not_demoted_by_a_second_run(
    alice: User, dry_run: bool
) -> None:
    row = {**DORA, "role": "viewer"}
    import_people(row, owner=alice)
    change(replace(person("dora@example.com"), roles=(Role.STAFF,)))
    assert import_people(row, owner=alice, dry_run=dry_run).counts == Counts(unchanged=1)
    renamed = {**row, "name": "Dora Diez"}
    assert import_people(renamed, owner=alice, dry_run=dry_run).counts == Counts(changed=1)
    assert person("dora@example.com").roles == (Role.STAFF,)


def test_the_other_system_decides_on_roles_where_the_mapping_says_so(alice: User) -> None:
    import_people(DORA, owner=alice, change_roles=False)
    row = {**DORA, "role": "viewer"}
    assert import_people(row, owner=alice, change_roles=True).counts == Counts(changed=1)
    assert person("dora@example.com").roles == (Role.VIEWER,)


# Passwords


@pytest.mark.parametrize("target", [one.name for one in TARGETS])
def test_there_is_no_field_for_a_password_or_its_hash(target: str) -> None:
    assert not [name for name in names(target) if "pass" in name or "hash" in name]


def test_nobody_imported_can_log_in_and_it_looks_like_a_wrong_password(alice: User) -> None:
    import_people({**DORA, "password": "md5$salt$5f4dcc3b5aa765d61d8327deb882cf99"}, owner=alice)
    dora = person("dora@example.com")
    assert not passwords.is_usable(dora.password)
    costs = []
    for email, password in (
        ("dora@example.com", PASSWORD),
        ("dora@example.com", ""),
        ("dora@example.com", dora.password),
        ("alice@example.com", "wrong horse battery"),
    ):
        with measure() as meter, pytest.raises(InvalidCredentials):
            log_in(email, password)
        costs.append([call.operation for call in meter.calls])
    assert costs == [["UpdateItem", "UpdateItem", "GetItem", "BatchGetItem"]] * 4


# Deletion


@pytest.mark.parametrize(
    "said", [{"deleted": True}, {"deleted_at": LONG_AGO}], ids=["flag", "moment"]
)
def test_deleted_people_arrive_deleted(alice: User, said: dict[str, Any]) -> None:
    import_people({**DORA, **said}, owner=alice)
    deleted_at = person("dora@example.com").deleted_at
    assert deleted_at is not None
    assert said.get("deleted_at", deleted_at) == deleted_at
    assert import_people({**DORA, **said}, owner=alice).counts == Counts(unchanged=1)


@pytest.mark.parametrize(
    "said", [{"deleted": False}, {"deleted": None}, {"deleted_at": None}], ids=str
)
def test_nobody_is_restored(alice: User, bob: User, said: dict[str, Any]) -> None:
    change(replace(stored(bob), deleted_at=LONG_AGO))
    outcome = import_people({"email": bob.email, "name": "Robert", **said}, owner=alice)
    assert reasons(outcome) == [(1, "deleted", "This person has been")]
    assert stored(bob).deleted_at == LONG_AGO
    assert stored(bob).name == "Bob"


def test_whom_the_other_system_deletes_is_out_at_once(alice: User, bob: User) -> None:
    import_people({"email": bob.email, "deleted": True}, owner=alice)
    with pytest.raises(InvalidCredentials):
        log_in(bob.email)


# Owners


@pytest.mark.parametrize("said", [{"role": "viewer"}, {"deleted": True}], ids=str)
@pytest.mark.parametrize("dry_run", [True, False])
def test_the_last_owner_stays_one(alice: User, said: dict[str, Any], dry_run: bool) -> None:
    row = {"email": alice.email, **said}
    outcome = import_people(row, owner=alice, dry_run=dry_run, change_roles=True)
    assert outcome.counts == Counts(refused=1)
    assert outcome.refusals[0].field in said
    assert stored(alice) == alice


@pytest.mark.parametrize("dry_run", [True, False])
def test_one_of_two_owners_stays_even_when_both_are_to_go(alice: User, dry_run: bool) -> None:
    import_people({**DORA, "role": "owner"}, owner=alice)
    both = [{"email": email, "role": "staff"} for email in (alice.email, "dora@example.com")]
    outcome = import_people(*both, org_id=alice.org_id, dry_run=dry_run, change_roles=True)
    assert outcome.counts == Counts(changed=1, refused=1)
    assert reasons(outcome) == [(2, "role", "This is the only")]
    owners = [user for user in repository.users_of(alice.org_id) if user.is_owner]
    assert len(owners) == (2 if dry_run else 1)


@pytest.mark.parametrize("dry_run", [True, False])
def test_ownership_is_handed_over_in_one_run_in_any_order(alice: User, dry_run: bool) -> None:
    rows = [{"email": alice.email, "role": "staff"}, {**DORA, "role": "owner"}]
    outcome = import_people(*rows, org_id=alice.org_id, dry_run=dry_run, change_roles=True)
    assert outcome.counts == Counts(created=1, changed=1)
    assert import_people(*rows, org_id=alice.org_id, change_roles=True).counts.refused == 0
    owners = [user.email_key for user in repository.users_of(alice.org_id) if user.is_owner]
    assert owners == ["dora@example.com"]
