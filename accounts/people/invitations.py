"""Inviting people by e-mail, and accepting.

A link names the invitation and carries a stamp of which the item has the digest, signed. Accepting
deletes the item, and sending again renews the stamp: so a link works once, and only the last one.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.signing import BadSignature, Signer

from accounts import attempts, mail, passwords
from accounts.audit_trail import record
from accounts.entities import (
    Actor,
    Membership,
    Organisation,
    Role,
    User,
    clean_name,
    normalise_email,
)
from accounts.errors import (
    MailNotSent,
    NameMissing,
    OrganisationNotFound,
)
from accounts.language import language_of_page
from accounts.people import repository
from accounts.people.authority import may_reach
from accounts.people.checks import require_to_give
from accounts.people.entities import Access, Invitation, digest_of, harmless, in_order, is_id
from accounts.people.errors import (
    AlreadyInvited,
    AlreadyMember,
    BeyondOwnPermissions,
    InvalidInvitation,
    InvitationNotFound,
)
from accounts.permissions import CustomRole
from accounts.repository import add_user, get_user, require_organisation
from accounts.stores.selectors import find_stores
from storage.audit import Changes
from storage.throttle import Throttle
from storage.transactions import Transaction

ADD_USER = "accounts.add_user"
_SALT = "accounts.invitation"
_LONGEST_TOKEN = 512
_WINDOW_SECONDS = 3600
_FIRST_VERSION = 1

LinkTo = Callable[[str], str]
"""Token → the address of the page that accepts it."""


@dataclass(frozen=True, slots=True)
class Sent:
    """`by_mail` is False where the mail could not be sent: the invitation holds, without a link."""

    invitation: Invitation
    by_mail: bool


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """What a link leads to. `access` has those of the roles and stores that still exist."""

    invitation: Invitation
    organisation: Organisation
    access: Access


def invite_person(
    *,
    actor: Actor,
    email: str,
    roles: Iterable[str],
    stores: frozenset[str] | None,
    link_to: LinkTo,
) -> Sent:
    """One open invitation for each address of an organisation, valid for INVITATION_SECONDS.

    Owners take a recent confirmation. Raises PermissionDenied, BeyondOwnPermissions,
    ConfirmationNeeded; InvalidEmail, UnknownRole, UnknownStore; AlreadyMember, AlreadyInvited;
    TooManyAttempts. An address that has an account in another organisation is invited like any
    other, and the mail says what is in the way.
    """
    actor.require(ADD_USER, actor.org_id)
    email_key, roles = normalise_email(email), in_order(roles)
    around = repository.look_around(actor.org_id, roles=filter(_is_own, roles), email_key=email_key)
    require_to_give(actor, roles, stores, around.roles)
    _require_confirmation(actor, roles)
    _require_no_member(actor, around.holder)
    _count(actor, email_key)

    stamp, now = Invitation.new_stamp(), _now()
    invitation = Invitation(
        org_id=actor.org_id,
        invitation_id=Invitation.new_id(),
        email=email.strip(),
        email_key=email_key,
        roles=roles,
        stores=stores,
        digest=digest_of(stamp),
        invited_by=actor.user_id,
        inviter=actor.name,
        created_at=now,
        expires_at=_expiry(now),
    )
    transaction = Transaction()
    repository.add_invitation(transaction, invitation)
    require_organisation(transaction, actor.org_id)
    record(transaction, actor, invitation.audit_subject, "accounts.invite_user", _said(invitation))
    try:
        transaction.commit()
    except AlreadyInvited:
        raise AlreadyInvited(repository.invitation_to(actor.org_id, email_key)) from None
    stored = replace(invitation, version=_FIRST_VERSION)
    return _sent(stored, stamp, around.organisation, link_to, around.holder is not None)


def resend_invitation(*, actor: Actor, invitation_id: str, link_to: LinkTo) -> Sent:
    """A new link for a new while; the one before stops working, whether or not the mail goes out.

    Raises PermissionDenied, BeyondOwnPermissions, ConfirmationNeeded; InvitationNotFound,
    AlreadyMember; TooManyAttempts, ChangedMeanwhile.
    """
    actor.require(ADD_USER, actor.org_id)
    invitation = _found(actor, invitation_id)
    around = repository.look_around(
        actor.org_id, roles=filter(_is_own, invitation.roles), email_key=invitation.email_key
    )
    if not may_reach(actor, invitation.roles, invitation.stores, around.roles):
        raise BeyondOwnPermissions
    _require_confirmation(actor, invitation.roles)
    _require_no_member(actor, around.holder)
    _count(actor, invitation.email_key)
    stamp = Invitation.new_stamp()
    renewed = replace(
        invitation,
        digest=digest_of(stamp),
        invited_by=actor.user_id,
        inviter=actor.name,
        expires_at=_expiry(_now()),
    )
    transaction = Transaction()
    renewed = repository.renew_invitation(transaction, renewed)
    record(transaction, actor, invitation.audit_subject, "accounts.resend_invitation")
    transaction.commit()
    return _sent(renewed, stamp, around.organisation, link_to, around.holder is not None)


def withdraw_invitation(*, actor: Actor, invitation_id: str) -> Invitation:
    """The link stops working. For whoever sent it last, or could have sent it. Raises
    PermissionDenied, BeyondOwnPermissions, InvitationNotFound."""
    actor.require(ADD_USER, actor.org_id)
    invitation = _found(actor, invitation_id)
    if invitation.invited_by != actor.user_id and not _might_send(actor, invitation):
        raise BeyondOwnPermissions
    transaction = Transaction()
    repository.remove_invitation(transaction, invitation)
    record(transaction, actor, invitation.audit_subject, "accounts.withdraw_invitation")
    transaction.commit()
    return invitation


def open_invitation(token: str) -> OpenInvitation:
    """What a link leads to: two requests, none for a link that nobody issued; one more where it is
    bound to stores, and where whoever sent it has own roles.

    Raises InvalidInvitation, whatever is wrong: forged, expired, used, withdrawn, sent again; the
    organisation is gone, or whoever sent it could not send it any more.
    """
    org_id, invitation_id, stamp = _parts(token)
    invitation = repository.get_invitation(org_id, invitation_id) if org_id else None
    if (
        invitation is None
        or not invitation.is_open
        or not hmac.compare_digest(invitation.digest, digest_of(stamp))
    ):
        raise InvalidInvitation
    own = tuple(filter(_is_own, invitation.roles))
    around = repository.look_around(org_id, roles=own, people=(invitation.invited_by,))
    organisation = around.organisation
    if organisation is None or organisation.deleted_at is not None:
        raise InvalidInvitation
    there = tuple(role for role in invitation.roles if not _is_own(role) or role in around.roles)
    access = Access(there, _existing(invitation))
    inviter = around.people.get(invitation.invited_by)
    if inviter is None or not _may_still_give(inviter, organisation, access, around.roles):
        raise InvalidInvitation
    return OpenInvitation(invitation, organisation, access)


def accept_invitation(*, token: str, name: str, password: str, client_address: str) -> User:
    """The person that the invitation was for; uses the link up.

    Counts as an attempt of the client until it succeeds. Raises InvalidInvitation; NameMissing,
    InvalidName, WeakPassword; EmailTaken where the address has an account somewhere else;
    TooManyAttempts.
    """
    per_client, client_key = (
        attempts.acceptances_per_client(),
        attempts.client_key(client_address),
    )
    attempts.hit(per_client, client_key)
    opened = open_invitation(token)
    invitation, now = opened.invitation, _now()
    name = clean_name(name, field="name")
    if not name:
        raise NameMissing(field="name")
    user = User(
        org_id=invitation.org_id,
        user_id=User.new_id(),
        name=name,
        email=invitation.email,
        email_key=invitation.email_key,
        password="",
        credential_stamp=User.new_stamp(),
        roles=opened.access.roles,
        language=language_of_page(),
        stores=opened.access.stores,
        created_at=now,
        updated_at=now,
    )
    passwords.require_strong(password, user)
    user = replace(user, password=passwords.hashed(password))
    transaction = Transaction()
    # First, for of many at once the link is what all but one have to hear about.
    repository.remove_invitation(transaction, invitation)
    add_user(transaction, user)
    require_organisation(transaction, invitation.org_id)
    # By id: a name would stay here when the inviter is erased.
    changes = {**_said(invitation), "invited_by": (None, invitation.invited_by)}
    record(transaction, user, user.audit_subject, "accounts.accept_invitation", changes)
    try:
        transaction.commit()
    except (InvitationNotFound, OrganisationNotFound):
        raise InvalidInvitation from None
    per_client.forgive(client_key)
    return replace(user, version=_FIRST_VERSION)


def _may_still_give(
    inviter: User, organisation: Organisation, access: Access, own: dict[str, CustomRole]
) -> bool:
    """`own` has the own roles that are given, by id."""
    if missing := set(inviter.custom_roles) - own.keys():
        own = own | repository.look_around(inviter.org_id, roles=missing).roles
    held = tuple(own[role] for role in inviter.custom_roles if role in own)
    # Whoever still has to set up a second factor has lost no permission.
    actor = replace(Membership(inviter, organisation, held).actor, without_second_factor=False)
    return (
        inviter.may_log_in
        and actor.may(ADD_USER, inviter.org_id)
        and may_reach(actor, access.roles, access.stores, own)
    )


def _might_send(actor: Actor, invitation: Invitation) -> bool:
    own = [role for role in invitation.roles if _is_own(role)]
    known = repository.look_around(actor.org_id, roles=own).roles if own else {}
    return may_reach(actor, invitation.roles, invitation.stores, known)


def _require_confirmation(actor: Actor, roles: Iterable[str]) -> None:
    if Role.OWNER in roles:
        actor.require_confirmation()


def _is_own(role: str) -> bool:
    return is_id("ROLE", role)


def _found(actor: Actor, invitation_id: str) -> Invitation:
    invitation = repository.get_invitation(actor.org_id, invitation_id)
    if invitation is None:
        raise InvitationNotFound
    return invitation


def _existing(invitation: Invitation) -> frozenset[str] | None:
    """Whoever was to work in some stores is not let into all when those are gone."""
    if not invitation.stores:
        return invitation.stores
    found = find_stores(Actor.system(org_id=invitation.org_id), store_ids=invitation.stores)
    return frozenset(each for each, store in found.items() if store.deleted_at is None)


def _require_no_member(actor: Actor, holder: tuple[str, str] | None) -> None:
    """One's own people may be known; of others nothing is told."""
    if holder is not None and holder[0] == actor.org_id:
        member = get_user(*holder)
        is_deleted = member is not None and member.deleted_at is not None
        raise AlreadyMember(deleted_id=holder[1] if is_deleted else "")


def _sent(
    invitation: Invitation,
    stamp: str,
    organisation: Organisation | None,
    link_to: LinkTo,
    has_account: bool,
) -> Sent:
    claims = [invitation.org_id, invitation.invitation_id, stamp]
    name = "invitation_elsewhere" if has_account else "invitation"
    try:
        mail.send(
            name,
            to=invitation.email,
            # Nobody knows that of the receiver; in a shop people mostly speak the same one.
            language=mail.spoken(),
            inviter=harmless(invitation.inviter),
            organisation=harmless(organisation.name if organisation else ""),
            link=link_to(_signer().sign_object(claims)),
            expires_at=invitation.expires_at,
        )
    except MailNotSent:
        return Sent(invitation, by_mail=False)
    return Sent(invitation, by_mail=True)


def _said(invitation: Invitation) -> Changes:
    stores = invitation.stores
    return {
        "roles": (None, list(invitation.roles)),
        "stores": (None, None if stores is None else sorted(stores)),
    }


def _count(actor: Actor, email_key: str) -> None:
    """Mails to strangers in our name: so many for each organisation, and to each address."""
    per_organisation = Throttle(
        "invitation", settings.INVITATIONS_PER_HOUR, window_seconds=_WINDOW_SECONDS
    )
    attempts.hit(per_organisation, actor.org_id)
    attempts.hit(attempts.links_per_address(), email_key)


def _signer() -> Signer:
    # Not the usual colon: mail programs differ in whether it is part of an address.
    return Signer(salt=_SALT, sep=".")


def _parts(token: str) -> tuple[str, str, str]:
    """Nothing that works for what was not signed by us, or by an older version of us."""
    try:
        claims: Any = _signer().unsign_object(token) if len(token) <= _LONGEST_TOKEN else None
    except (BadSignature, ValueError):
        claims = None
    if not isinstance(claims, list) or len(claims) != 3:
        return "", "", ""
    org_id, invitation_id, stamp = claims
    if not all(isinstance(part, str) for part in claims):
        return "", "", ""
    return org_id, invitation_id, stamp


def _expiry(now: datetime) -> datetime:
    return now + timedelta(seconds=settings.INVITATION_SECONDS)


def _now() -> datetime:
    """Whole seconds, as they are stored."""
    return datetime.now(UTC).replace(microsecond=0)
