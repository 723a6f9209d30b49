from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.entities import Actor
from storage.audit import history
from storage.errors import StoreUnavailable
from supervisor import selectors, services
from supervisor.entities import Code, Request
from supervisor.rounds import in_rounds
from supervisor.sweeping import Swept, sweep
from tests.supervisor.test_services import ask, at_once, headers, overdue


def test_each_overdue_request_times_out_once_whoever_sweeps(steve: Actor, harbour: str) -> None:
    late = [overdue(ask(steve, harbour, header=str(number))) for number in range(12)]
    ask(steve, harbour, header="in time")
    sweeps = at_once(lambda _: sweep(), 8)
    done = [one for one in sweeps if isinstance(one, Swept)]
    assert len(done) == 8, sweeps
    assert sum(one.timed_out for one in done) == len(late)
    for request in late:
        stored = selectors.find_request(steve, store_id=harbour, request_id=request.id)
        assert (stored.code, stored.closed_at) == (Code.TIMEOUT, request.deadline)
        actions = [entry.action for entry in history(request.audit_subject).items]
        assert actions.count("supervisor.time_out_request") == 1
    assert headers(selectors.list_pending(steve, store_id=harbour).items) == ["in time"]
    assert sweep() == Swept(0, 0)


def test_a_store_that_fails_once_leaves_one_request_for_the_next_round(
    steve: Actor, harbour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        overdue(ask(steve, harbour))
    time_out, calls = services.time_out, iter(range(99))

    def failing(request: Request) -> bool:
        if next(calls) == 1:
            raise StoreUnavailable("TransactWriteItems: timeout")
        return time_out(request)

    monkeypatch.setattr(services, "time_out", failing)
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("sweep_requests", stdout=out)
    assert out.getvalue() == "2 requests timed out.\n"
    assert sweep() == Swept(1, 0)


def test_rounds_go_on_after_one_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    failures = (StoreUnavailable("Query: timeout"), KeyError("damaged"))
    outcomes = iter((*failures, None, KeyboardInterrupt))
    slept: list[float] = []

    def work() -> int:
        outcome = next(outcomes)
        if outcome is not None:
            raise outcome
        return 0

    monkeypatch.setattr("supervisor.rounds.time.sleep", slept.append)
    with pytest.raises(KeyboardInterrupt):
        in_rounds(work, every=5)
    assert slept == [5, 5, 5]


def test_the_command_says_how_many(steve: Actor, harbour: str) -> None:
    overdue(ask(steve, harbour))
    out = StringIO()
    call_command("sweep_requests", stdout=out)
    assert out.getvalue() == "1 request timed out.\n"
