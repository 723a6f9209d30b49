"""Accepting an invitation: once, in time, and only with the link that was mailed last."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from django.core import mail

from accounts import repository, services
from accounts.entities import User
from accounts.errors import EmailTaken, InvalidName, NameMissing, TooManyAttempts, WeakPassword
from accounts.people import invitations
from accounts.people.errors import AlreadyMember, InvalidInvitation
from accounts.stores.services import delete_store
from accounts.tables import role_item
from storage.audit import history
from storage.meter import measure
from storage.transactions import Transaction
from tests.accounts.actions import CLIENT, log_in
from tests.accounts.fixtures import PASSWORD
from tests.accounts.links import altered
from tests.accounts.people.company import (
    ADDRESS,
    ATTEMPTS,
    accept,
    acting,
    at_once,
    fresh,
    invite,
    link_to,
    mailed_token,
    own_role,
    store_of,
)


def test_whoever_accepts_is_in_with_what_was_given(alice: User) -> None:
    role, store = own_role(alice.org_id, 1, "catalog.view_product"), store_of(alice, "North")
    invite(alice, "Dora@Example.com", "staff", role.role_id, stores=frozenset({store}))
    user = accept(mailed_token(), "  Dora   D. ")
    assert fresh(user) == replace(user, updated_at=fresh(user).updated_at)
    assert (user.org_id, user.name, user.email) == (alice.org_id, "Dora D.", "Dora@Example.com")
    assert (user.roles, user.stores) == (("staff", role.role_id), frozenset({store}))
    assert log_in(ADDRESS).user_id == user.user_id
    entry = history(user.audit_subject).items[0]
    assert (entry.action, entry.actor_id) == ("accounts.accept_invitation", user.user_id)
    assert entry.changes["invited_by"] == (None, alice.user_id)


def test_a_link_works_once_and_leaves_no_invitation(alice: User) -> None:
    invite(alice)
    token = mailed_token()
    accept(token)
    for act in (lambda: accept(token, "Another"), lambda: invitations.open_invitation(token)):
        with pytest.raises(InvalidInvitation):
            act()
    with pytest.raises(AlreadyMember):
        invite(alice)


def test_of_many_at_once_one_accepts(alice: User) -> None:
    invite(alice)
    token = mailed_token()

    def act_as(number: int) -> User:
        return invitations.accept_invitation(
            token=token, name=f"D {number}", password=PASSWORD, client_address=f"192.0.2.{number}"
        )

    outcomes = at_once(partial(act_as, number) for number in range(ATTEMPTS))
    assert Counter(type(one) for one in outcomes) == {User: 1, InvalidInvitation: ATTEMPTS - 1}
    assert repository.count_users(alice.org_id) == 2
    (winner,) = (one for one in outcomes if isinstance(one, User))
    assert log_in(ADDRESS).name == winner.name


def test_only_the_last_link_works(alice: User) -> None:
    invitation = invite(alice).invitation
    invitations.resend_invitation(
        actor=acting(alice), invitation_id=invitation.invitation_id, link_to=link_to
    )
    with pytest.raises(InvalidInvitation):
        accept(mailed_token(0))
    assert accept(mailed_token(1))


@pytest.mark.parametrize("end", ["withdrawn", "expired", "organisation deleted"])
def test_what_has_ended_does_not_work(alice: User, settings: Any, end: str) -> None:
    settings.INVITATION_SECONDS = 0 if end == "expired" else 60
    invitation = invite(alice).invitation
    if end == "withdrawn":
        invitations.withdraw_invitation(actor=acting(alice), invitation_id=invitation.invitation_id)
    elif end == "organisation deleted":
        organisation = repository.get_organisation(alice.org_id)
        assert organisation is not None
        transaction = Transaction()
        repository.change_organisation(
            transaction, replace(organisation, deleted_at=datetime.now(UTC))
        )
        transaction.commit()
    with pytest.raises(InvalidInvitation):
        accept(mailed_token())
    assert repository.count_users(alice.org_id) == 1


def test_what_nobody_issued_is_not_even_looked_for(alice: User) -> None:
    invite(alice)
    token = mailed_token()
    for forged in (altered(token), "", "of-nobody", token.partition(".")[0], "x" * 9999):
        with measure() as meter, pytest.raises(InvalidInvitation):
            invitations.open_invitation(forged)
        assert meter.calls == []


def test_what_was_deleted_meanwhile_is_dropped(alice: User) -> None:
    kept = own_role(alice.org_id, 1, "catalog.view_product")
    gone = own_role(alice.org_id, 2, "catalog.view_product")
    store = store_of(alice, "North")
    invite(alice, ADDRESS, kept.role_id, gone.role_id, stores=frozenset({store}))
    transaction = Transaction()
    deleted = replace(gone, deleted_at=datetime.now(UTC), version=1)
    transaction.put(role_item(deleted))
    transaction.commit()
    delete_store(actor=acting(alice), store_id=store, version=1)
    user = accept(mailed_token())
    assert user.roles == (kept.role_id,)
    assert user.stores == frozenset(), "not all stores"


@pytest.mark.parametrize(
    ("name", "password", "refusal"),
    [
        ("", PASSWORD, NameMissing),
        ("\u202e", PASSWORD, NameMissing),
        ("x" * 151, PASSWORD, InvalidName),
        ("Dora", "short", WeakPassword),
        ("Dora", "dora@example.com", WeakPassword),
    ],
)
def test_a_name_and_a_good_password_are_needed_and_the_link_stays(
    alice: User, name: str, password: str, refusal: type[Exception]
) -> None:
    invite(alice)
    with pytest.raises(refusal):
        accept(mailed_token(), name, password)
    assert accept(mailed_token())


def test_who_got_an_account_elsewhere_meanwhile_is_told(alice: User) -> None:
    invite(alice)
    services.sign_up(email=ADDRESS, password=PASSWORD)
    with pytest.raises(EmailTaken):
        accept(mailed_token())
    assert repository.count_users(alice.org_id) == 1


def test_a_client_tries_so_often(alice: User, settings: Any) -> None:
    settings.LOGIN_ATTEMPTS_PER_CLIENT = 2
    invite(alice)
    for _ in range(2):
        with pytest.raises(InvalidInvitation):
            accept("of-nobody")
    with pytest.raises(TooManyAttempts):
        accept(mailed_token())
    assert len(mail.outbox) == 1


def test_who_succeeds_does_not_count(alice: User, settings: Any) -> None:
    settings.LOGIN_ATTEMPTS_PER_CLIENT = 1
    for number in range(2):
        invite(alice, f"d{number}@example.com")
        assert accept(mailed_token())


def test_opening_is_two_reads_and_accepting_one_transaction_more(alice: User) -> None:
    invite(alice)
    token = mailed_token()
    with measure() as opening:
        invitations.open_invitation(token)
    assert [call.operation for call in opening.calls] == ["GetItem", "BatchGetItem"]
    assert opening.capacity <= 3
    with measure() as accepting:
        invitations.accept_invitation(
            token=token, name="Dora", password=PASSWORD, client_address=CLIENT
        )
    operations = [call.operation for call in accepting.calls]
    throttled = ["UpdateItem", "GetItem", "BatchGetItem", "TransactWriteItems", "UpdateItem"]
    assert operations == throttled
