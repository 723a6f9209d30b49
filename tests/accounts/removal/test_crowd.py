"""Ten thousand people go with their organisation, whoever dies on the way."""

from __future__ import annotations

import signal
import time
from collections import Counter

from accounts import repository
from accounts.entities import User
from accounts.removal import runner, services
from accounts.removal.entities import job_id
from accounts.removal.repository import find_job
from accounts.removal.runner import Outcome
from storage.meter import measure
from tests.accounts.crowd import crowd
from tests.accounts.removal.shops import server
from tests.commands import manage

PEOPLE = 10_000


def test_all_are_deleted_although_a_runner_is_killed(alice: User) -> None:
    crowd(PEOPLE, alice.org_id)
    deleted = services.delete_organisation(actor=server(alice.org_id))
    child = manage("finish_removals")
    _wait_until_somebody_is_deleted(alice.org_id)
    child.kill()
    child.communicate()
    assert child.returncode == -signal.SIGKILL
    halfway = find_job(alice.org_id)
    assert halfway is not None

    with measure() as meter:
        assert runner.work_on(alice.org_id) is Outcome.DONE
    people = list(repository.users_of(alice.org_id))
    assert len(people) == PEOPLE + 1
    assert {(user.deleted_at, user.removed_with) for user in people} == {
        (deleted.deleted_at, job_id(alice.org_id))
    }
    assert find_job(alice.org_id) is None
    # A query, a transaction and the place, for every 49 people.
    calls = Counter(call.operation for call in meter.calls)
    assert calls["TransactWriteItems"] <= PEOPLE / 49 + 5
    assert len(meter.calls) <= 3 * (PEOPLE / 49) + 15


def _wait_until_somebody_is_deleted(org_id: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        job = find_job(org_id)
        assert job is not None, "finished before it could be killed"
        if job.step == "members" and job.position:
            return
        time.sleep(0.02)
    raise AssertionError("no progress")
