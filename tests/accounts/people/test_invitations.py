"""Inviting: who may give what to whom, and one invitation for each address."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend

from accounts.entities import User
from accounts.errors import InvalidEmail, PermissionDenied, TooManyAttempts
from accounts.people import invitations, selectors
from accounts.people.entities import Invitation, harmless
from accounts.people.errors import (
    AlreadyInvited,
    AlreadyMember,
    BeyondOwnPermissions,
    InvitationNotFound,
    UnknownRole,
    UnknownStore,
)
from accounts.people.invitations import Sent
from accounts.people.managing import delete_person
from accounts.people.repository import add_invitation
from accounts.permissions import declared_codes
from storage.audit import history
from storage.meter import measure
from storage.transactions import Transaction
from tests.accounts.people.company import (
    ADDRESS,
    ATTEMPTS,
    acting,
    at_once,
    invite,
    link_to,
    mailed_token,
    member,
    own_role,
    store_of,
)


def listed(user: User) -> list[Invitation]:
    return list(selectors.list_invitations(acting(user)).items)


def resend(by: User, invitation: Invitation) -> Sent:
    return invitations.resend_invitation(
        actor=acting(by), invitation_id=invitation.invitation_id, link_to=link_to
    )


def html_of(message: Any) -> str:
    return str(message.alternatives[0][0])


def test_an_invitation_is_mailed_and_listed(alice: User) -> None:
    sent = invite(alice, " Dora@Example.com ", "staff")
    assert sent.by_mail
    (found,) = listed(alice)
    assert found == sent.invitation
    assert (found.email, found.email_key) == ("Dora@Example.com", "dora@example.com")
    assert (found.roles, found.stores, found.inviter) == (("staff",), None, "Alice")
    assert (found.expires_at - found.created_at).days == 7
    (message,) = mail.outbox
    assert message.to == ["Dora@Example.com"]
    assert message.subject == "Alice invites you to Alice's Shop"
    assert "Alice's Shop" in str(message.body)
    assert mailed_token() in html_of(message)
    entry = history(found.audit_subject).items[0]
    assert (entry.action, entry.changes["roles"]) == ("accounts.invite_user", (None, ["staff"]))


def test_the_table_does_not_give_the_link_away(alice: User) -> None:
    sent = invite(alice)
    assert sent.invitation.digest not in mailed_token()


def test_what_strangers_chose_as_a_name_makes_no_link_in_the_mail() -> None:
    assert harmless("Win at https://evil.example.com/now!") == "Win at https evil example com now!"
    assert harmless("St. John's & Sons") == "St. John's & Sons"
    assert len(harmless("x" * 150)) == 61


@pytest.mark.parametrize("roles", [("owner",), ("manager", "owner")])
def test_only_owners_invite_owners(alice: User, roles: tuple[str, ...]) -> None:
    manager = member(alice, "Mia", "manager")
    with pytest.raises(BeyondOwnPermissions):
        invite(manager, ADDRESS, *roles)
    assert invite(alice, ADDRESS, *roles).invitation.roles


def test_nobody_gives_more_than_they_have(alice: User) -> None:
    more = own_role(alice.org_id, 1, "accounts.delete_organisation")
    less = own_role(alice.org_id, 2, "catalog.change_product")
    manager = member(alice, "Mia", "manager")
    with pytest.raises(BeyondOwnPermissions):
        invite(manager, ADDRESS, "viewer", more.role_id)
    assert invite(manager, ADDRESS, "viewer", less.role_id)


def test_who_owns_everything_in_words_is_no_owner(alice: User) -> None:
    everything = own_role(alice.org_id, 1, *declared_codes())
    almighty = member(alice, "Max", everything.role_id)
    with pytest.raises(BeyondOwnPermissions):
        invite(almighty, ADDRESS, "owner")
    assert invite(almighty, ADDRESS, everything.role_id, "manager")


def test_who_is_bound_to_stores_gives_those_only(alice: User) -> None:
    north, south = (store_of(alice, name) for name in ("North", "South"))
    manager = member(alice, "Mia", "manager", stores=[north])
    for beyond in (None, frozenset({north, south}), frozenset({south})):
        with pytest.raises(UnknownStore):
            invite(manager, ADDRESS, "staff", stores=beyond)
    sent = invite(manager, ADDRESS, "staff", stores=frozenset({north}))
    assert sent.invitation.stores == frozenset({north})


def test_what_is_not_there_cannot_be_given(alice: User, charlie: User) -> None:
    gone = own_role(alice.org_id, 1, "catalog.view_product", deleted=True)
    foreign = own_role(charlie.org_id, 2, "catalog.view_product")
    long = "-" + "x" * 2000
    for role in ("king", "ROLE-of-nobody", f"ROLE{long}", gone.role_id, foreign.role_id, ""):
        with pytest.raises(UnknownRole):
            invite(alice, ADDRESS, role)
    stores = ("STORE-of-nobody", f"STORE{long}", store_of(charlie, "Elsewhere"), alice.user_id)
    for store in stores:
        with pytest.raises(UnknownStore):
            invite(alice, ADDRESS, "staff", stores=frozenset({store}))
    with pytest.raises(UnknownStore):
        invite(alice, ADDRESS, "owner", stores=frozenset({store_of(alice, "Here")}))
    with pytest.raises(InvalidEmail):
        invite(alice, "no address")
    assert listed(alice) == []
    assert mail.outbox == []


@pytest.mark.parametrize("role", ["supervisor", "staff", "viewer"])
def test_who_may_not_invite_neither_sees_nor_does_anything(alice: User, role: str) -> None:
    limited, invitation = member(alice, "Lou", role), invite(alice).invitation
    for act in (
        lambda: invite(limited, "emil@example.com"),
        lambda: listed(limited),
        lambda: resend(limited, invitation),
        lambda: invitations.withdraw_invitation(
            actor=acting(limited), invitation_id=invitation.invitation_id
        ),
    ):
        with pytest.raises(PermissionDenied):
            act()
    assert len(mail.outbox) == 1


def test_invitations_of_others_are_not_there(alice: User, charlie: User) -> None:
    invitation = invite(alice).invitation
    assert listed(charlie) == []
    with pytest.raises(InvitationNotFound):
        resend(charlie, invitation)
    with pytest.raises(InvitationNotFound):
        invitations.withdraw_invitation(
            actor=acting(charlie), invitation_id=invitation.invitation_id
        )


# Who is here, or somewhere, already


def test_a_member_is_not_invited_again(alice: User, bob: User) -> None:
    with pytest.raises(AlreadyMember):
        invite(alice, "BOB@example.com")


def test_a_deleted_member_is_to_be_restored(alice: User, bob: User) -> None:
    delete_person(actor=acting(alice), user_id=bob.user_id)
    with pytest.raises(AlreadyMember) as refusal:
        invite(alice, bob.email)
    assert "Restore" in str(refusal.value)


def test_an_account_elsewhere_looks_like_none_to_whoever_invites(
    alice: User, charlie: User
) -> None:
    seen = []
    for address in ("nobody@example.com", charlie.email):
        with measure() as meter:
            sent = invite(alice, address, "staff")
        operations = [call.operation for call in meter.calls]
        seen.append((operations, meter.capacity, sent.by_mail, sent.invitation.roles))
    assert seen[0] == seen[1]
    assert len(listed(alice)) == 2
    usual, elsewhere = mail.outbox
    assert usual.subject == elsewhere.subject
    assert elsewhere.to == [charlie.email]
    assert "has an account in another organisation already" in str(elsewhere.body)
    for part in (str(elsewhere.body), html_of(elsewhere)):
        assert "/accounts/invitation/" not in part
        assert "Charlie" not in part


def test_one_address_has_one_invitation_and_the_second_attempt_is_told_which(alice: User) -> None:
    first = invite(alice).invitation
    with pytest.raises(AlreadyInvited) as refusal:
        invite(alice, "DORA@example.com", "staff")
    assert refusal.value.invitation_id == first.invitation_id
    assert listed(alice) == [first]


def test_of_many_at_once_one_invites(alice: User, settings: Any) -> None:
    settings.LINKS_PER_ADDRESS = ATTEMPTS
    actor = acting(alice)

    def act() -> Sent:
        return invitations.invite_person(
            actor=actor, email=ADDRESS, roles=["staff"], stores=None, link_to=link_to
        )

    outcomes = Counter(type(outcome) for outcome in at_once([act] * ATTEMPTS))
    assert outcomes == {Sent: 1, AlreadyInvited: ATTEMPTS - 1}
    assert len(listed(alice)) == 1
    assert len(mail.outbox) == 1


def test_two_organisations_may_invite_the_same_address(alice: User, charlie: User) -> None:
    assert invite(alice).by_mail
    assert invite(charlie).by_mail


# Again, and no more


def test_sent_again_it_has_a_new_link_and_a_new_while(alice: User, settings: Any) -> None:
    settings.INVITATION_SECONDS = 60
    invitation = invite(alice).invitation
    settings.INVITATION_SECONDS = 3600
    mia = member(alice, "Mia", "manager")
    renewed = resend(mia, invitation).invitation
    assert mailed_token(0) != mailed_token(1)
    assert renewed.expires_at > invitation.expires_at
    assert (renewed.invited_by, renewed.inviter) == (mia.user_id, "Mia")
    assert listed(alice) == [renewed]


def test_nobody_sends_again_what_they_could_not_give(alice: User) -> None:
    invitation = invite(alice, ADDRESS, "owner").invitation
    with pytest.raises(BeyondOwnPermissions):
        resend(member(alice, "Mia", "manager"), invitation)


def test_withdrawn_it_is_gone_and_the_address_is_free_for_another(alice: User) -> None:
    invitation = invite(alice).invitation
    invitations.withdraw_invitation(actor=acting(alice), invitation_id=invitation.invitation_id)
    assert listed(alice) == []
    with pytest.raises(InvitationNotFound):
        resend(alice, invitation)
    assert invite(alice).by_mail


def test_where_the_mail_fails_the_invitation_stays_to_be_sent_again(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> int:
        raise OSError("no such server")

    with monkeypatch.context() as patch:
        patch.setattr(EmailBackend, "send_messages", fail)
        sent = invite(alice)
    assert not sent.by_mail
    assert listed(alice) == [sent.invitation]
    assert resend(alice, sent.invitation).by_mail


def test_an_organisation_mails_so_many_strangers_in_an_hour(alice: User, settings: Any) -> None:
    settings.INVITATIONS_PER_HOUR = 2
    first = invite(alice, "a@example.com").invitation
    invite(alice, "b@example.com")
    with pytest.raises(TooManyAttempts):
        invite(alice, "c@example.com")
    with pytest.raises(TooManyAttempts):
        resend(alice, first)
    assert len(mail.outbox) == 2


# What it costs


def test_the_list_is_one_query_by_address_at_a_thousand_invitations(
    alice: User, charlie: User
) -> None:
    pattern = invite(alice, "middle@example.com").invitation
    transaction = Transaction()
    for number in range(1000):
        address = f"p{number:04}@example.com"
        one = replace(pattern, invitation_id=Invitation.new_id(), email=address, email_key=address)
        add_invitation(transaction, replace(one, version=None))
        if len(transaction) == 100:
            transaction.commit()
            transaction = Transaction()
    invite(charlie)
    with measure() as meter:
        page = selectors.list_invitations(alice.actor, limit=50)
    assert [call.operation for call in meter.calls] == ["Query"]
    assert meter.capacity <= 4
    assert [one.email for one in page.items[:2]] == ["middle@example.com", "p0000@example.com"]
    rest = selectors.list_invitations(alice.actor, limit=50, cursor=page.next_cursor)
    assert rest.items[0].email == "p0049@example.com"


def test_inviting_is_one_read_two_counts_and_one_transaction(alice: User) -> None:
    actor = alice.actor
    role = own_role(alice.org_id, 1, "catalog.view_product")
    with measure() as meter:
        invitations.invite_person(
            actor=actor, email=ADDRESS, roles=[role.role_id], stores=None, link_to=link_to
        )
    operations = [call.operation for call in meter.calls]
    assert operations == ["BatchGetItem", "UpdateItem", "UpdateItem", "TransactWriteItems"]
