from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from storage.client import call
from storage.evolution.errors import LeaseLost, MigrationError
from storage.evolution.items.checkpoints import (
    Checkpoint,
    Counts,
    Progress,
    claim,
    forget,
    position_key,
    position_text,
)
from storage.evolution.lease import Lease
from storage.evolution.ledger_table import MigrationItem
from tests.storage.evolution.gadgets import new_job
from tests.storage.faults import cancellation, injected, reply_lost

pytestmark = pytest.mark.usefixtures("store")

HALFWAY = Progress('{"id":{"S":"g1"}}', counts=Counts(seen=3, changed=2, unchanged=1))


def never() -> int:
    raise AssertionError("a job that has begun keeps its number of segments")


def advance(checkpoint: Checkpoint, reached: Progress, stored: Progress | None = None) -> None:
    action = checkpoint.advance(stored or checkpoint.progress, reached)
    call("TransactWriteItems", {"TransactItems": [action]})


def test_a_job_begins_with_the_wanted_number_of_segments() -> None:
    found = claim(new_job(), "token", lambda: 3)
    assert [(one.name, one.number, one.segments) for one in found] == [
        ("segment-0000", 0, 3),
        ("segment-0001", 1, 3),
        ("segment-0002", 2, 3),
    ]
    assert {one.progress for one in found} == {Progress()}


@pytest.mark.parametrize("wanted, made", [(0, 1), (1000, 64)])
def test_the_number_of_segments_has_bounds(wanted: int, made: int) -> None:
    assert len(claim(new_job(), "token", lambda: wanted)) == made


def test_whoever_claims_a_job_finds_how_far_it_is_and_keeps_its_segments() -> None:
    job = new_job()
    first, _ = claim(job, "first", lambda: 2)
    advance(first, HALFWAY)
    found = claim(job, "second", never)
    assert [one.progress for one in found] == [HALFWAY, Progress()]
    assert {one.token for one in found} == {"second"}
    assert {one.segments for one in found} == {2}


def test_a_runner_that_was_replaced_cannot_move_a_checkpoint() -> None:
    job = new_job()
    (first,) = claim(job, "first", lambda: 1)
    claim(job, "second", never)
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        advance(first, HALFWAY)
    assert [one.progress for one in claim(job, "third", never)] == [Progress()]


@pytest.mark.parametrize("stored", [Progress(), Progress('{"id":{"S":"other"}}')])
def test_a_checkpoint_moves_only_from_where_it_is(stored: Progress) -> None:
    job = new_job()
    (checkpoint,) = claim(job, "token", lambda: 1)
    advance(checkpoint, HALFWAY)
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        advance(checkpoint, Progress('{"id":{"S":"g2"}}'), stored)


def test_a_segment_that_is_done_stays_so() -> None:
    (checkpoint,) = claim(new_job(), "token", lambda: 1)
    done = Progress(HALFWAY.position, done=True, counts=HALFWAY.counts)
    advance(checkpoint, done)
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        advance(checkpoint, Progress('{"id":{"S":"g2"}}'), done)


def test_phases_of_a_job_have_checkpoints_of_their_own() -> None:
    job = new_job()
    (first,) = claim(job, "token", lambda: 1)
    advance(first, HALFWAY)
    (other,) = claim(job, "token", lambda: 1, phase="stale")
    assert (other.name, other.progress) == ("stale-0000", Progress())


def test_a_forgotten_job_begins_anew_and_other_jobs_stay() -> None:
    job, other = new_job(), new_job()
    for one in (job, other):
        for checkpoint in claim(one, "token", lambda: 30):
            advance(checkpoint, HALFWAY)
    claim(job, "token", lambda: 2, phase="stale")
    forget(job)
    forget(job)
    assert claim(job, "token", lambda: 1)[0].progress == Progress()
    assert {one.progress for one in claim(other, "token", never)} == {HALFWAY}
    assert MigrationItem.find(f"#job {job}", "stale-0000", consistent=True) is None


def test_a_runner_whose_checkpoint_was_forgotten_does_not_bring_it_back() -> None:
    job = new_job()
    (checkpoint,) = claim(job, "token", lambda: 1)
    forget(job)
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        advance(checkpoint, HALFWAY)
    assert checkpoint.stored() is None


def test_a_lost_reply_to_the_first_claim_does_no_harm() -> None:
    with injected("TransactWriteItems", reply_lost):
        found = claim(new_job(), "token", lambda: 2)
    assert len(found) == 2


def test_two_that_begin_a_job_at_once_agree_on_its_segments() -> None:
    job = new_job()

    def slow() -> int:
        claim(job, "fast", lambda: 2)
        return 4

    found = claim(job, "slow", slow)
    assert [(one.segments, one.token) for one in found] == [(2, "slow"), (2, "slow")]


def test_a_transaction_of_the_runner_before_is_waited_for() -> None:
    job = new_job()
    claim(job, "first", lambda: 1)
    conflict = cancellation("TransactionConflict", "None")
    with injected("TransactWriteItems", conflict, conflict) as bodies:
        assert claim(job, "second", never)[0].token == "second"
    assert len(bodies) == 3


def test_a_runner_that_lost_its_lease_takes_no_checkpoints_back() -> None:
    job = new_job()
    with Lease() as lease:
        (mine,) = claim(job, lease.token, lambda: 1, leased=True)
        with pytest.raises(LeaseLost, match=f"taken over {job}"):
            claim(job, "replaced", never, leased=True)
        stored = mine.stored()
        assert stored is not None
        assert stored.token == lease.token
        assert claim(job, lease.token, never, leased=True) == [mine]


def test_a_runner_that_lost_its_lease_begins_no_job_anew() -> None:
    job = new_job()
    with Lease(), pytest.raises(LeaseLost):
        claim(job, "replaced", lambda: 1, leased=True)
    with pytest.raises(LeaseLost):
        claim(job, "of a lease that is over", lambda: 1, leased=True)
    assert MigrationItem.find(f"#job {job}", "segment-0000", consistent=True) is None


def test_a_creation_that_conflicts_is_looked_at_again() -> None:
    with injected("TransactWriteItems", cancellation("TransactionConflict")):
        assert len(claim(new_job(), "token", lambda: 1)) == 1


@pytest.mark.parametrize(
    "key",
    [
        {"id": {"S": 'a "quoted" ü'}},
        {"id": {"N": "12345678901234567890.5"}},
        {"id": {"B": b"\x00\xff"}, "at": {"N": "-1"}},
    ],
    ids=["text", "number", "bytes"],
)
def test_every_key_can_be_a_position(key: Any) -> None:
    assert position_key(position_text(key)) == key


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"id": 1}', '{"id": {"B": "*"}}'])
def test_what_is_no_position_is_refused(text: str) -> None:
    with pytest.raises(MigrationError, match="is no key"):
        position_key(text)


def test_counts_add_up() -> None:
    one = Counts(seen=3, changed=1, read_units=0.1)
    assert one + Counts(seen=4, removed=2, read_units=0.2) == Counts(7, 1, 2, 0, 0, 0.3, 0.0)
