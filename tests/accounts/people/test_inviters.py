"""Who an invitation comes from: owners have to have proved it, and nobody gives what they lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command

from accounts.entities import User
from accounts.errors import ConfirmationNeeded, TooManyAttempts
from accounts.people import invitations, managing, selectors
from accounts.people.errors import BeyondOwnPermissions, InvalidInvitation
from accounts.people.repository import add_invitation, get_invitation
from accounts.repository import change_organisation, get_organisation
from storage.audit import history
from storage.configuration import configuration, configure
from storage.transactions import Transaction
from tests.accounts.people.company import (
    ADDRESS,
    accept,
    acting,
    fresh,
    invite,
    link_to,
    mailed_token,
    member,
    own_role,
    store_of,
)


def withdraw(by: User, invitation_id: str) -> None:
    invitations.withdraw_invitation(actor=acting(by), invitation_id=invitation_id)


def resend(by: User, invitation_id: str) -> None:
    invitations.resend_invitation(actor=acting(by), invitation_id=invitation_id, link_to=link_to)


def demote(user: User, by: User, **said: Any) -> None:
    managing.change_access(
        actor=acting(by), user_id=user.user_id, version=fresh(user).version or 0, **said
    )


def deactivate(user: User, by: User) -> None:
    managing.deactivate_person(actor=acting(by), user_id=user.user_id)


def delete(user: User, by: User) -> None:
    managing.delete_person(actor=acting(by), user_id=user.user_id)


def erase(user: User, by: User) -> None:
    delete(user, by)
    managing.destroy_person(actor=acting(by), user_id=user.user_id, typed=user.email)


def bind(user: User, by: User) -> None:
    demote(user, by, roles=("manager",), stores=frozenset({store_of(by, "North")}))


def test_who_invites_owners_has_confirmed_it_lately(alice: User) -> None:
    stale = replace(acting(alice), confirmed_at=datetime.now(UTC) - timedelta(hours=1))

    def act(*roles: str) -> Any:
        return invitations.invite_person(
            actor=stale, email=ADDRESS, roles=roles, stores=None, link_to=link_to
        )

    with pytest.raises(ConfirmationNeeded):
        act("viewer", "owner")
    sent = invite(alice, ADDRESS, "owner").invitation
    with pytest.raises(ConfirmationNeeded):
        invitations.resend_invitation(
            actor=stale, invitation_id=sent.invitation_id, link_to=link_to
        )
    assert len(mail.outbox) == 1
    withdraw(alice, sent.invitation_id)
    assert act("manager").by_mail


@pytest.mark.parametrize(
    "loses",
    [
        pytest.param(lambda user, by: demote(user, by, roles=("manager",)), id="demoted"),
        pytest.param(deactivate, id="deactivated"),
        pytest.param(delete, id="deleted"),
        pytest.param(erase, id="erased"),
    ],
)
def test_nobody_becomes_an_owner_through_somebody_who_is_none_any_more(
    alice: User, loses: Callable[[User, User], None]
) -> None:
    olga = member(alice, "Olga", "owner")
    sent = invite(olga, ADDRESS, "owner").invitation
    loses(olga, alice)
    for act in (invitations.open_invitation, accept):
        with pytest.raises(InvalidInvitation):
            act(mailed_token())
    resend(alice, sent.invitation_id)
    assert accept(mailed_token()).is_owner


@pytest.mark.parametrize(
    "loses",
    [
        pytest.param(lambda user, by: demote(user, by, roles=("supervisor",)), id="may not invite"),
        pytest.param(bind, id="bound to stores"),
    ],
)
def test_what_the_inviter_may_not_give_any_more_nobody_gets(
    alice: User, loses: Callable[[User, User], None]
) -> None:
    mia = member(alice, "Mia", "manager")
    invite(mia, ADDRESS, "staff")
    loses(mia, alice)
    with pytest.raises(InvalidInvitation):
        accept(mailed_token())


def test_own_roles_of_the_inviter_count_and_a_second_factor_to_come_does_not(alice: User) -> None:
    role = own_role(alice.org_id, 1, "accounts.add_user", "catalog.view_product")
    given = own_role(alice.org_id, 2, "catalog.view_product")
    max_ = member(alice, "Max", role.role_id)
    invite(max_, ADDRESS, given.role_id)
    organisation = get_organisation(alice.org_id, consistent=True)
    assert organisation is not None
    transaction = Transaction()
    change_organisation(transaction, replace(organisation, second_factor_required=True))
    transaction.commit()
    assert accept(mailed_token()).roles == (given.role_id,)


def test_only_who_might_have_sent_it_withdraws_it(alice: User) -> None:
    own = own_role(alice.org_id, 1, "accounts.delete_organisation")
    mia = member(alice, "Mia", "manager", stores=[store_of(alice, "North")])
    for roles in (("owner",), ("viewer", own.role_id), ("viewer",)):
        sent = invite(alice, ADDRESS, *roles).invitation
        with pytest.raises(BeyondOwnPermissions):
            withdraw(mia, sent.invitation_id)
        withdraw(alice, sent.invitation_id)
    olga = member(alice, "Olga", "owner")
    hers = invite(olga, ADDRESS, "owner").invitation
    demote(olga, alice, roles=("manager",))
    withdraw(olga, hers.invitation_id)
    assert not selectors.list_invitations(acting(alice)).items


def test_nobodys_mailbox_is_filled_whether_or_not_the_address_has_an_account(
    alice: User, charlie: User, settings: Any
) -> None:
    settings.LINKS_PER_ADDRESS = 2
    for address in ("nobody@example.com", charlie.email):
        mail.outbox.clear()
        sent = invite(alice, address).invitation
        resend(alice, sent.invitation_id)
        with pytest.raises(TooManyAttempts):
            resend(alice, sent.invitation_id)
        withdraw(alice, sent.invitation_id)
        with pytest.raises(TooManyAttempts):
            invite(alice, address)
        assert len(mail.outbox) == 2


def test_expired_long_ago_they_are_removed_in_every_shard(alice: User, charlie: User) -> None:
    before = configuration()
    configure(replace(before, shards=4))
    try:
        kept = [invite(by, "late@example.com").invitation for by in (alice, charlie)]
        gone = []
        for invitation, days in zip(kept, (31, 400), strict=True):
            old = replace(
                invitation,
                invitation_id=invitation.new_id(),
                email_key=ADDRESS,
                expires_at=datetime.now(UTC) - timedelta(days=days),
                version=None,
            )
            transaction = Transaction()
            add_invitation(transaction, old)
            transaction.commit()
            gone.append(old)
        out = StringIO()
        call_command("finish_removals", stdout=out)
        call_command("finish_removals", stdout=out)
    finally:
        configure(before)
    assert out.getvalue() == "2 invitations that had expired long ago are removed.\n"
    for one in gone:
        assert get_invitation(one.org_id, one.invitation_id) is None
        entry = history(one.audit_subject).items[0]
        assert (entry.action, entry.actor_name) == ("accounts.expire_invitation", "system")
    assert all(get_invitation(one.org_id, one.invitation_id) for one in kept)
    assert invite(alice, ADDRESS).by_mail, "the address is free"
