from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ClientError

from accounts import repository, services
from accounts.entities import User
from accounts.import_targets import PEOPLE
from storage.errors import StoreUnavailable
from storage.intake import Counts
from storage.meter import measure
from tests.accounts.actions import change, stored
from tests.accounts.fixtures import PASSWORD
from tests.accounts.imports import (
    DORA,
    entries,
    import_organisations,
    import_people,
    person,
    reasons,
)
from tests.storage.faults import injected, refusal, reply_lost

pytestmark = pytest.mark.usefixtures("store")


def people(count: int) -> list[dict[str, Any]]:
    return [{"email": f"p{number}@example.com", "name": f"P {number}"} for number in range(count)]


def test_a_hundred_people_are_two_reads_and_four_transactions(alice: User) -> None:
    writer = PEOPLE.writer(org_id=None, owner_email=alice.email, dry_run=False, options={})
    with measure() as first:
        writer.process(entries(people(100)))
    assert [call.operation for call in first.calls] == [
        "BatchGetItem",  # their organisation, once in a run
        "BatchGetItem",
        *["TransactWriteItems"] * 4,
    ]
    writer.close()
    again = PEOPLE.writer(org_id=None, owner_email=alice.email, dry_run=False, options={})
    with measure() as second:
        again.process(entries(people(100)))
    assert [call.operation for call in second.calls] == ["BatchGetItem"] * 3
    again.close()


def test_one_row_that_fails_takes_no_other_with_it(alice: User) -> None:
    """Somebody signs up between the look at the addresses and the write."""

    def be_late(_request: object) -> None:
        services.sign_up(email="p5@example.com", password=PASSWORD)

    with injected("TransactWriteItems", be_late):
        outcome = import_people(*people(40), owner=alice)
    assert outcome.counts == Counts(created=39, refused=1)
    assert reasons(outcome) == [(6, "email", "There is an account")]


def not_taken(mark: str) -> Callable[[AWSPreparedRequest], AWSResponse | None]:
    """The store's answer to every write with these words in it."""
    too_big = "Item size to update has exceeded the maximum allowed size."
    cancelled = refusal(
        "TransactionCanceledException",
        Message="Transaction cancelled",
        CancellationReasons=[
            {"Code": "None"},
            {"Code": "ValidationError", "Message": too_big},
        ],
    )
    return lambda request: cancelled(request) if mark.encode() in request.body else None


def test_a_person_whom_the_store_does_not_take_is_refused_alone(alice: User) -> None:
    with injected("TransactWriteItems", always=not_taken("p5@example.com")):
        outcome = import_people(*people(40), owner=alice)
    assert outcome.counts == Counts(created=39, refused=1)
    (refused,) = outcome.refusals
    assert (refused.line, refused.field, refused.value) == (6, "", "p5@example.com")
    assert refused.reason == (
        "The store does not take this row:"
        " Item size to update has exceeded the maximum allowed size."
    )


def test_an_owner_whom_the_store_does_not_take_stays_one_and_the_rest_goes_on(alice: User) -> None:
    import_people({**DORA, "role": "owner"}, owner=alice)
    rows = [{"email": alice.email, "role": "staff"}, {"email": "emil@example.com"}]
    with injected("TransactWriteItems", always=not_taken(alice.user_id)):
        outcome = import_people(*rows, org_id=alice.org_id, change_roles=True)
    assert outcome.counts == Counts(created=1, refused=1)
    assert reasons(outcome) == [(1, "", "The store does not")]
    assert stored(alice) == alice


def test_an_organisation_that_the_store_does_not_take_is_refused_alone(store: None) -> None:
    rows = [{"external_id": str(number), "name": f"Shop {number}."} for number in range(20)]
    with injected("TransactWriteItems", always=not_taken("Shop 7.")):
        outcome = import_organisations(*rows)
    assert outcome.counts == Counts(created=19, refused=1)
    assert reasons(outcome) == [(8, "", "The store does not")]


@pytest.mark.parametrize(
    ("answer", "raised"),
    [("AccessDeniedException", ClientError), ("ThrottlingException", StoreUnavailable)],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_wrong_with_the_store_as_a_whole_ends_the_import(
    alice: User, answer: str, raised: type[Exception]
) -> None:
    with (
        injected("TransactWriteItems", always=refusal(answer)),
        pytest.raises(raised),
    ):
        import_people(*people(3), owner=alice)


def test_a_change_at_the_same_moment_is_kept_and_the_row_tried_on_top(
    alice: User, bob: User
) -> None:
    def be_late(_request: object) -> None:
        change(replace(stored(bob), language="es"))

    row = {"email": bob.email, "name": "Robert"}
    with injected("TransactWriteItems", be_late):
        outcome = import_people(row, owner=alice)
    assert outcome.counts == Counts(changed=1)
    assert (stored(bob).name, stored(bob).language) == ("Robert", "es")


def test_somebody_who_never_stands_still_is_refused_alone(alice: User, bob: User) -> None:
    def be_late(_request: object) -> None:
        change(replace(stored(bob), language="es" if stored(bob).language == "en" else "en"))

    def pass_on(_request: object) -> None:
        """The write that was late with."""

    rows = [{"email": bob.email, "name": "Robert"}, DORA]
    with injected("TransactWriteItems", *[be_late, pass_on] * 3):
        outcome = import_people(*rows, owner=alice)
    assert outcome.counts == Counts(created=1, refused=1)
    assert reasons(outcome) == [(1, "", "Somebody else changed this")]
    assert stored(bob).name == "Bob"


def test_a_reply_that_is_lost_makes_nobody_twice(alice: User) -> None:
    with injected("TransactWriteItems", reply_lost):
        outcome = import_people(*people(3), owner=alice)
    assert outcome.counts == Counts(created=3)
    assert repository.count_users(alice.org_id) == 4


def test_two_imports_at_once_leave_each_person_once(alice: User) -> None:
    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(import_people, *people(150), owner=alice) for _ in range(2)]
        counts = [one.result().counts for one in running]
    assert sum(one.created for one in counts) == 150
    assert sum(one.created + one.unchanged for one in counts) == 300
    users = list(repository.users_of(alice.org_id))
    assert len(users) == 151
    assert {person(f"p{number}@example.com").user_id for number in range(150)} < {
        user.user_id for user in users
    }


def test_two_imports_of_organisations_at_once_leave_each_once(store: None) -> None:
    rows = [{"external_id": str(number), "name": f"Shop {number}"} for number in range(100)]
    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(import_organisations, *rows) for _ in range(2)]
        counts = [one.result().counts for one in running]
    assert sum(one.created for one in counts) == 100
    assert sum(one.unchanged for one in counts) == 100
    assert repository.count_organisations() == 100


def test_two_owners_leaving_at_once_leave_one(alice: User) -> None:
    """Alice sees that Dora remains, and then Dora goes first."""
    import_people({**DORA, "role": "owner"}, owner=alice)

    def go_first(_request: object) -> None:
        row = {"email": "dora@example.com", "role": "staff"}
        import_people(row, org_id=alice.org_id, change_roles=True)

    row = {"email": alice.email, "role": "staff"}
    with injected("TransactWriteItems", go_first):
        outcome = import_people(row, org_id=alice.org_id, change_roles=True)
    assert reasons(outcome) == [(1, "role", "This is the only")]
    owners = [user.email_key for user in repository.users_of(alice.org_id) if user.is_owner]
    assert owners == [alice.email_key]
