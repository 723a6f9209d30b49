"""What was asked for last holds, whole, whenever it comes; and one deletion is one."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from accounts import services as account_services
from accounts.entities import User
from accounts.models import AuthUser
from accounts.removal import plan, runner, services
from accounts.removal.errors import Overtaken
from accounts.removal.repository import find_job
from accounts.removal.runner import Outcome
from accounts.tokens import issue_token
from storage.audit import history
from tests.accounts.actions import change, log_in, stored
from tests.accounts.crowd import crowd
from tests.accounts.removal.interposing import before_write
from tests.accounts.removal.shops import (
    delete,
    everything,
    furnish,
    priced,
    restore,
    server,
    settle,
)
from tests.catalog.seeding import seed_one


@pytest.fixture
def shop(alice: User, monkeypatch: pytest.MonkeyPatch) -> User:
    """Small enough to try every moment, and with several pieces of each step."""
    monkeypatch.setattr("accounts.removal.steps.MARKED_AT_ONCE", 6)
    monkeypatch.setattr("catalog.removal.AT_ONCE", 1)
    furnish(alice)
    for data in (
        replace(priced(0), category=("Kitchen",), brand=""),
        replace(priced(2), category=(), brand=""),
    ):
        seed_one(alice.actor, **asdict(data))
    return alice


def without_moments(stored: dict[Any, dict[str, Any]]) -> dict[Any, dict[str, Any]]:
    """Only whether something is deleted, not when."""
    return {
        key: {name: value if name != "deletedAt" else True for name, value in item.items()}
        for key, item in stored.items()
    }


def interrupted_everywhere(
    org_id: str,
    begin: Callable[[], object],
    act: Callable[[], object],
    then: Set[Outcome] = frozenset({Outcome.DONE}),
    every: int = 1,
) -> Iterator[int]:
    """`act` before the first write of the work that `begin` asks for, before the one `every` later,
    and so on; yields after each, until there is no such write. `then` is how it ends where `act`
    came."""
    for moment in itertools.count(1, every):
        begin()
        with before_write(moment, act) as seen:
            outcome = runner.work_on(org_id)
        if seen[0] < moment:
            assert outcome is Outcome.DONE
            return
        assert outcome in then
        yield moment


def test_a_restoration_in_the_middle_of_a_deletion_brings_everything_back(shop: User) -> None:
    before = everything()
    moments = 0
    for moment in interrupted_everywhere(
        shop.org_id,
        begin=lambda: services.delete_organisation(actor=server(shop.org_id)),
        act=lambda: restore(shop),
        every=2,
    ):
        moments = moment
        assert everything() == before, f"before write {moment}"
    assert moments > 10
    restore(shop)
    assert everything() == before


def test_a_deletion_at_any_moment_of_a_restoration_takes_everything_again(
    shop: User, settings: Any
) -> None:
    before = everything()
    delete(shop)
    deleted = without_moments(everything())
    assert deleted != without_moments(before)
    settings.REMOVAL_SETTLES_SECONDS = 3600
    moments = 0

    def delete_again() -> None:
        services.delete_organisation(actor=server(shop.org_id))
        assert runner.work_on(shop.org_id) is Outcome.WAITING

    for moment in interrupted_everywhere(
        shop.org_id,
        begin=lambda: services.restore_organisation(actor=server(shop.org_id)),
        act=delete_again,
        then={Outcome.WAITING},
    ):
        moments = moment
        # Whoever restored may have been about to write to the navigation.
        settle(shop.org_id)
        assert runner.work_on(shop.org_id) is Outcome.DONE
        assert without_moments(everything()) == deleted, f"before write {moment}"
    assert moments > 5
    assert everything() == before


def test_of_many_deletions_at_once_one_counts(alice: User) -> None:
    crowd(20, alice.org_id)
    actor = replace(alice.actor, confirmed_at=datetime.now(UTC))
    start = threading.Barrier(64)

    def attempt(_number: int) -> str:
        start.wait(30)
        organisation = services.delete_organisation(actor=actor, name="Alice's Shop")
        services.work_on(organisation.org_id)
        return organisation.org_id

    with ThreadPoolExecutor(64) as pool:
        assert set(pool.map(attempt, range(64))) == {alice.org_id}
    assert runner.work_on(alice.org_id) is Outcome.DONE
    actions = [entry.action for entry in history(f"organisation#{alice.org_id}").items]
    assert actions == ["accounts.delete_organisation", "accounts.add_organisation"]
    of_alice = [entry.action for entry in history(alice.audit_subject).items]
    assert of_alice.count("accounts.delete_user") == 1
    assert find_job(alice.org_id) is None


def test_two_runners_at_once_do_no_harm(shop: User) -> None:
    before = everything()
    services.delete_organisation(actor=server(shop.org_id))
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(runner.work_on, [shop.org_id] * 4)) == {Outcome.DONE}
    restore(shop)
    assert everything() == before


def test_whoever_was_overtaken_by_a_restoration_withholds_nothing(shop: User) -> None:
    services.delete_organisation(actor=server(shop.org_id))
    stalled = find_job(shop.org_id)
    assert stalled is not None
    restore(shop)
    services.delete_organisation(actor=server(shop.org_id))
    before = everything()
    overtaken = set()
    for step in plan.steps_of(stalled.task):
        if step.name != "owners":
            # Who has nothing to write when an organisation is deleted does not notice.
            try:
                step.work(stalled)
            except Overtaken:
                overtaken.add(step.name)
    assert {"members", "catalog", "late catalog"} <= overtaken
    assert everything() == before


def test_a_login_that_is_under_way_leads_nowhere(alice: User) -> None:
    user = log_in()
    delete(alice)
    account_services.log_in(user=user, via="session")
    browser = Client()
    browser.force_login(AuthUser.of(user))
    assert browser.get("/staff/products/").headers["Location"].startswith("/accounts/login/")
    token = issue_token(user).text
    response = Client().get("/api/v1/users/me", headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == 401


def test_whoever_changes_meanwhile_is_deleted_as_changed(alice: User) -> None:
    def rename() -> None:
        change(replace(stored(alice), name="Alicia"))

    names = set()
    for _moment in interrupted_everywhere(
        alice.org_id,
        begin=lambda: services.delete_organisation(actor=server(alice.org_id)),
        act=rename,
    ):
        names.add(stored(alice).name)
        assert stored(alice).deleted_at is not None
        restore(alice)
    assert names == {"Alicia"}
