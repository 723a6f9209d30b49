"""Item operations while the store fails: nothing is changed twice, nothing is left out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest

from storage.client import call
from storage.evolution.errors import MigrationError
from storage.evolution.items import run as running
from storage.evolution.items.checkpoints import Progress, claim
from tests.storage.evolution.gadgets import (
    before,
    counts,
    gadget,
    put,
    run,
    stored,
    write,
)
from tests.storage.evolution.item_runs import COUNT_UP, ITEMS, WRITE
from tests.storage.evolution.item_runs import gadgets as gadgets
from tests.storage.evolution.item_runs import job as job
from tests.storage.evolution.item_runs import quick as quick
from tests.storage.faults import Answer, cancellation, injected, raw_answer, refusal, reply_lost

pytestmark = pytest.mark.usefixtures("quick")


def pass_on(request: AWSPreparedRequest) -> None:
    """The store answers."""


def forgotten(request: AWSPreparedRequest) -> None:
    """The reply is lost, and the store does not remember the request's token either."""
    body = json.loads(request.body)
    del body["ClientRequestToken"]
    request.body = json.dumps(body).encode()
    request.headers["Content-Length"] = str(len(request.body))
    reply_lost(request)


class TestTransactionsConflict:
    @pytest.mark.parametrize(
        "code", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"]
    )
    def test_a_conflict_is_tried_again(self, code: str, job: str, gadgets: None) -> None:
        with injected(WRITE, *[cancellation("None", code)] * 4):
            run(COUNT_UP, job=job)
        assert counts() == {1: ITEMS}

    def test_transactions_become_smaller_and_grow_again(self, job: str, gadgets: None) -> None:
        with injected(WRITE, *[cancellation("TransactionConflict")] * 4) as bodies:
            run(COUNT_UP, job=job)
        sizes = [len(body["TransactItems"]) - 1 for body in bodies]
        assert sizes[:7] == [99, 99, 49, 24, 12, 24, 48]
        assert 99 in sizes[7:]

    def test_patience_has_an_end_and_the_run_can_be_taken_up(
        self, job: str, gadgets: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(running, "CONFLICT_SECONDS", 0.05)
        with (
            injected(WRITE, pass_on, always=cancellation("TransactionConflict")),
            pytest.raises(
                MigrationError, match=r'item \{"id".*others were in the way.*TransactionConflict'
            ),
        ):
            run(COUNT_UP, job=job)
        assert counts() == {1: 99, 0: ITEMS - 99}
        run(COUNT_UP, job=job)
        assert counts() == {1: ITEMS}

    def test_an_item_that_a_refusal_leaves_out_is_looked_for(self, job: str) -> None:
        put(gadget(1, count=0), gadget(2, count=0))
        bare = cancellation("ConditionalCheckFailed", "None", "None")
        with injected(WRITE, bare):
            summary = run(COUNT_UP, job=job)
        assert counts() == {1: 2}
        assert (summary["changed"], summary["conflicts"]) == (2, 1)

    def test_a_request_that_is_still_at_work_is_waited_for(self, job: str, gadgets: None) -> None:
        busy = refusal("TransactionInProgressException", Message="in progress")
        with injected(WRITE, *[busy] * 4):
            run(COUNT_UP, job=job)
        assert counts() == {1: ITEMS}


class TestTheStoreFails:
    @pytest.mark.parametrize("lost", [1, 2, 3, 4, 7])
    @pytest.mark.parametrize("fault", [reply_lost, forgotten])
    def test_a_lost_reply_changes_nothing_twice(
        self, fault: Answer, lost: int, job: str, gadgets: None
    ) -> None:
        with injected(WRITE, pass_on, *[fault] * lost):
            summary = run(COUNT_UP, job=job)
        assert counts() == {1: ITEMS}
        assert (summary["seen"], summary["changed"]) == (ITEMS, ITEMS)

    def test_a_lost_reply_at_the_end_changes_nothing_twice(self, job: str) -> None:
        put(gadget(1, count=0))
        with injected(WRITE, *[forgotten] * 4):
            assert run(COUNT_UP, job=job)["changed"] == 1
        assert counts() == {1: 1}

    def test_a_reply_lost_beside_a_concurrent_write_loses_neither(
        self, job: str, gadgets: None
    ) -> None:
        def written_then_changed(request: AWSPreparedRequest) -> None:
            try:
                forgotten(request)
            finally:
                item = stored()["g000050"]
                write({**item, "count": item["count"] + 100, "version": item["version"] + 1})

        with injected(WRITE, *[written_then_changed] * 1):
            run(COUNT_UP, job=job)
        assert counts() == {1: ITEMS - 1, 101: 1}

    @pytest.mark.parametrize(
        "fault",
        [
            raw_answer(500, b""),
            raw_answer(503, b"<html>"),
            refusal("ThrottlingException"),
            refusal("ProvisionedThroughputExceededException"),
        ],
        ids=["500", "503", "throttled", "exceeded"],
    )
    @pytest.mark.parametrize("operation", [WRITE, "Scan"])
    def test_an_outage_is_waited_for(
        self, operation: str, fault: Answer, job: str, gadgets: None
    ) -> None:
        with injected(operation, *[fault] * 4):
            run(COUNT_UP, job=job)
        assert counts() == {1: ITEMS}

    @pytest.mark.parametrize("operation", [WRITE, "Scan"])
    def test_a_long_outage_ends_the_run_and_it_can_be_taken_up(
        self, operation: str, job: str, gadgets: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(running, "UNAVAILABLE_SECONDS", 0.05)
        with (
            injected(operation, always=raw_answer(503, b"")),
            pytest.raises(MigrationError, match="the store has not answered for"),
        ):
            run(COUNT_UP, job=job)
        assert counts() == {0: ITEMS}
        run(COUNT_UP, job=job)
        assert counts() == {1: ITEMS}

    @pytest.mark.parametrize("operation", [WRITE, "Scan"])
    def test_a_refusal_ends_the_run_with_its_reason(
        self, operation: str, job: str, gadgets: None
    ) -> None:
        denied = refusal("AccessDeniedException", message="not for you")
        with (
            injected(operation, always=denied),
            pytest.raises(MigrationError, match="AccessDeniedException: not for you"),
        ):
            run(COUNT_UP, job=job)
        assert counts() == {0: ITEMS}

    def test_an_item_that_the_store_refuses_is_found_among_the_others(
        self, job: str, gadgets: None
    ) -> None:
        def invalid(request: AWSPreparedRequest) -> Any:
            if b"g000217" not in request.body:
                return None
            return refusal("ValidationException", message="no such thing")(request)

        with (
            injected(WRITE, always=invalid),
            pytest.raises(MigrationError, match=r'"g000217".*no such thing'),
        ):
            run(COUNT_UP, job=job)
        assert counts() == {1: 217, 0: ITEMS - 217}

    def test_a_reason_that_names_the_item_is_passed_on(self, job: str, gadgets: None) -> None:
        fault = cancellation(*["None"] * 3, "ValidationError")
        with (
            injected(WRITE, fault),
            pytest.raises(MigrationError, match=r'"g000003".*ValidationError'),
        ):
            run(COUNT_UP, job=job)
        assert counts() == {0: ITEMS}

    def test_a_checkpoint_that_somebody_else_moved_stops_the_run(
        self, job: str, gadgets: None
    ) -> None:
        def move() -> None:
            (checkpoint,) = claim(job, "mine", lambda: 1)
            elsewhere = Progress('{"id":{"S":"g000400"}}')
            call("UpdateItem", checkpoint.advance(checkpoint.progress, elsewhere)["Update"])

        claim(job, "mine", lambda: 1)
        with (
            injected(WRITE, before(move)),
            pytest.raises(MigrationError, match="only this runner can move"),
        ):
            run(COUNT_UP, job=job, token="mine")
        assert counts() == {0: ITEMS}
