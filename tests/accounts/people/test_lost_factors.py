"""Colleagues who lost phone and recovery codes are helped by who manages them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.core import mail

from accounts.entities import User
from accounts.errors import ConfirmationNeeded
from accounts.people.errors import BeyondOwnPermissions, NotOneself
from accounts.people.lost_factors import remove_second_factor_of
from accounts.second_factor.errors import NoSecondFactor
from storage.audit import history
from tests.accounts.people.company import acting, browser_of, fresh, member
from tests.accounts.second_factors import switch_on


def test_an_owner_removes_it_and_the_person_hears_of_it(alice: User, bob: User) -> None:
    switch_on(bob)
    mail.outbox.clear()
    page = f"/staff/people/{bob.user_id}/"
    browser = browser_of(alice)
    assert f"{page}second-factor/remove/" in browser.get(page).content.decode()
    assert browser.get(f"{page}second-factor/remove/").status_code == 200
    response = browser.post(f"{page}second-factor/remove/")
    assert response.headers["Location"] == page
    assert fresh(bob).second_factor_since is None
    (message,) = mail.outbox
    assert message.to == [bob.email]
    entry = history(bob.audit_subject).items[0]
    assert (entry.action, entry.actor_id) == ("accounts.disable_second_factor", alice.user_id)
    assert "second-factor" not in browser.get(page).content.decode()
    assert browser.post(f"{page}second-factor/remove/").status_code == 409


def test_only_of_whom_one_manages_and_after_confirming(alice: User, bob: User) -> None:
    mia = member(alice, "Mia", "manager")
    switch_on(alice)
    switch_on(mia)
    for actor, user, refusal in (
        (acting(mia), alice, BeyondOwnPermissions),
        (acting(mia), mia, NotOneself),
        (acting(mia), bob, NoSecondFactor),
        (replace(acting(alice), confirmed_at=None), mia, ConfirmationNeeded),
    ):
        with pytest.raises(refusal):
            remove_second_factor_of(actor=actor, user_id=user.user_id)
    assert fresh(alice).second_factor_since is not None
    assert fresh(mia).second_factor_since is not None
