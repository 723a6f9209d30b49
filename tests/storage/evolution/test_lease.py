from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from storage import pauses
from storage.configuration import configuration
from storage.evolution.errors import LeaseHeld, LeaseLost
from storage.evolution.lease import KEY, Lease, holder_name
from storage.evolution.ledger_table import MigrationItem
from storage.transactions import Transaction
from tests.storage.faults import Answer, injected, refusal, reply_lost

pytestmark = pytest.mark.usefixtures("store")


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def test_the_second_is_told_who_holds_it_and_since_when() -> None:
    clock = Clock()
    with Lease(clock=clock) as first:
        clock.now += 20
        with pytest.raises(LeaseHeld) as refusal, Lease(clock=clock):
            pass
    said = str(refusal.value)
    assert first.holder in said
    assert "since 1970-01-12 13:46:40 UTC" in said
    assert "ends in 40 s" in said


def test_it_is_free_when_its_holder_is_done() -> None:
    with Lease():
        pass
    with Lease() as second:
        second.still_ours()
    assert MigrationItem.find(*KEY) is None


def test_an_abandoned_one_is_taken_over_after_its_time_and_not_before() -> None:
    clock = Clock()
    abandoned = Lease(clock=clock, seconds=30)
    abandoned._acquire()
    clock.now += 29
    with pytest.raises(LeaseHeld), Lease(clock=clock):
        pass
    clock.now += 2
    with Lease(clock=clock), pytest.raises(LeaseLost, match="Another run has taken over"):
        abandoned.still_ours()


def test_nobody_waits_for_a_process_of_this_machine_that_is_gone() -> None:
    held = "from storage.evolution.lease import Lease; Lease()._acquire()"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    code = (
        "import os; from storage.configuration import *;"
        " configure(StorageConfiguration(os.environ['DYNAMODB_ENDPOINT'],"
        f" table_prefix={configuration().table_prefix!r})); {held}"
    )
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=60)
    assert MigrationItem.find(*KEY, consistent=True) is not None
    with Lease() as lease:
        lease.still_ours()


def test_a_holder_elsewhere_is_waited_for_whatever_its_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Lease()._acquire()
    MigrationItem.amend(*KEY, actions=[MigrationItem.position.set({"place": "x", "process": 1})])
    with pytest.raises(LeaseHeld), Lease():
        pass


def test_a_holder_that_was_asleep_without_anybody_noticing_goes_on() -> None:
    clock = Clock()
    with Lease(clock=clock, seconds=30) as lease:
        clock.now += 1000
        lease.still_ours()


def test_what_a_former_holder_writes_with_the_lease_is_refused() -> None:
    clock = Clock()
    former = Lease(clock=clock, seconds=30)
    former._acquire()
    clock.now += 31
    with Lease(clock=clock):
        transaction = Transaction()
        transaction.put(MigrationItem("shop", "0001"))
        former.stage_check(transaction)
        with pytest.raises(LeaseLost):
            transaction.commit()
    assert MigrationItem.find("shop", "0001") is None


def test_a_lost_reply_does_not_lock_us_out() -> None:
    with injected("UpdateItem", reply_lost), Lease() as lease:
        lease.still_ours()


def test_waiting_for_another_run_ends_when_it_ends() -> None:
    first = Lease()
    first._acquire()
    ending = threading.Timer(0.3, first._release)
    ending.start()
    with Lease(wait_seconds=20) as second:
        second.still_ours()
    ending.join()


def test_it_is_renewed_while_its_holder_works() -> None:
    with Lease(seconds=0.6) as lease:
        before = MigrationItem.find(*KEY, consistent=True)
        threading.Event().wait(1.5)
        after = MigrationItem.find(*KEY, consistent=True)
        lease.still_ours()
    assert before is not None
    assert after is not None
    assert after.expires_at > before.expires_at


IN_USE = refusal("TransactionConflictException", message="Transaction is ongoing for the item")


def test_a_transaction_on_the_lease_does_not_get_in_the_way_of_taking_or_renewing_it() -> None:
    clock = Clock()
    with injected("UpdateItem", IN_USE, IN_USE) as bodies, Lease(clock=clock) as lease:
        clock.now += 100
        with injected("UpdateItem", IN_USE):
            lease.still_ours()
    assert len(bodies) == 5


@pytest.mark.parametrize("fault", [IN_USE, refusal("AccessDeniedException")], ids=["use", "denied"])
def test_renewing_goes_on_after_any_failure(
    fault: Answer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pauses, "LONGEST_PAUSE_SECONDS", 0.001)
    with Lease(seconds=3) as lease:
        failed = threading.Event()
        with injected("UpdateItem", always=fault):
            while not caplog.records:
                failed.wait(0.05)
        before = MigrationItem.find(*KEY, consistent=True)
        assert before is not None
        while (now := MigrationItem.find(*KEY, consistent=True)) is not None:
            if now.expires_at > before.expires_at:
                break
            failed.wait(0.05)
        lease.still_ours()
    assert "could not be renewed" in caplog.text
    assert lease.holder not in caplog.text


def test_exactly_one_of_many_gets_it() -> None:
    held: list[Lease] = []
    refused: list[LeaseHeld] = []
    start = threading.Barrier(16)

    def attempt() -> None:
        lease = Lease()
        start.wait()
        try:
            lease._acquire()
        except LeaseHeld as refusal:
            refused.append(refusal)
        else:
            held.append(lease)

    threads = [threading.Thread(target=attempt) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(held), len(refused)) == (1, 15)


def test_a_user_without_a_name_has_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.setattr("getpass.getuser", nobody)
    assert holder_name().startswith("user ")
