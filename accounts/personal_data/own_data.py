"""What accounts keeps about people, as `docs/personal-data.md` lists it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from accounts import passwords, repository
from accounts.api_tokens import repository as api_tokens
from accounts.api_tokens.errors import TokenNotFound
from accounts.audit_trail import record
from accounts.entities import Actor, Membership, User
from accounts.people.entities import Invitation
from accounts.personal_data import repository as stored
from accounts.personal_data.entities import Erasure
from accounts.personal_data.keepers import Facts, Section
from accounts.roles.selectors import names_of
from accounts.stores.repository import find_stores
from storage.audit import AuditEntry, Changes, entries_by, entries_of, redact_actor, redact_subject
from storage.transactions import Transaction

# What the history of somebody who is erased may go on to say: nothing that tells who it was.
KEPT_IN_HISTORY = frozenset(
    {"roles", "stores", "deleted_at", "deactivated_at", "removed_with", "via", "source"}
)


class AccountsKeeper:
    name = "account"

    def export(self, user: User) -> Iterator[Section]:
        """Without hashes and secrets, and without the names of other people."""
        yield Section("profile", _profile(user))
        membership = repository.get_membership(user.org_id, user.user_id)
        if membership is not None:
            yield from _organisation(membership)
        yield Section("sessions", _sessions(user))
        yield Section("api_tokens", _api_tokens(user))
        yield Section("invitations_sent", _invitations(user))
        yield Section("history_about_you", _about(user))
        yield Section("history_by_you", _by(user))

    def erase(self, erasure: Erasure) -> Iterator[None]:
        yield from stored.remove_sessions(erasure.pk)
        yield from _remove_tokens(erasure)
        if erasure.email_key:
            _withdraw(stored.invitation_to(erasure.org_id, erasure.email_key))
            yield
        yield from stored.forget_inviter(erasure.org_id, erasure.user_id)
        for _ in redact_subject(erasure.audit_subject, _without_person):
            yield
        for _ in redact_actor(erasure.user_id, _Redaction(erasure)):
            yield


class _Redaction:
    def __init__(self, erasure: Erasure) -> None:
        self._erasure = erasure

    def __call__(self, entry: AuditEntry) -> Changes:
        if entry.subject == self._erasure.audit_subject:
            return _without_person(entry)
        return {
            field: pair
            for field, pair in entry.changes.items()
            if not self._erasure.is_named_by(pair)
        }


def _without_person(entry: AuditEntry) -> Changes:
    return {field: pair for field, pair in entry.changes.items() if field in KEPT_IN_HISTORY}


def withdraw_invitations_to(email_key: str) -> Iterator[int]:
    """In all organisations; yields how many, for each hundred of all that are open, which it reads.

    Raises ChangedMeanwhile.
    """
    for invitations in stored.invitations_to(email_key):
        _withdraw(invitations)
        yield len(invitations)


def _withdraw(invitations: list[Invitation]) -> None:
    for invitation in invitations:
        transaction = Transaction()
        stored.withdraw(transaction, invitation)
        actor = Actor.system(org_id=invitation.org_id)
        record(transaction, actor, invitation.audit_subject, "accounts.withdraw_invitation")
        transaction.commit()


def _remove_tokens(erasure: Erasure) -> Iterator[None]:
    while tokens := api_tokens.tokens_of(erasure.org_id, erasure.user_id):
        transaction = Transaction()
        api_tokens.remove_tokens(transaction, tokens, counted=False)
        # Somebody else was faster with one, so it is looked again.
        with suppress(TokenNotFound):
            transaction.commit()
        yield


def _profile(user: User) -> Facts:
    return {
        "id": user.user_id,
        "name": user.name,
        "email": user.email,
        "email_normalised": user.email_key,
        "language": user.language,
        "time_zone": user.time_zone,
        "theme": user.theme,
        "has_password": passwords.is_usable(user.password),
        "second_factor_since": user.second_factor_since,
        "last_login_at": user.last_login_at,
        "created_at": user.created_at,
        "updated_at": user.updated_at,
        "deactivated_at": user.deactivated_at,
        "tokens_ended_at": user.tokens_ended_at,
        "deleted_at": user.deleted_at,
    }


def _organisation(membership: Membership) -> Iterator[Section]:
    user, organisation = membership.user, membership.organisation
    yield Section("organisation", {"id": organisation.org_id, "name": organisation.name})
    names = names_of(membership.custom_roles)
    roles = ({"id": role, "name": names.get(role, "")} for role in user.roles)
    yield Section("roles", roles)
    yield Section("stores", _stores(user))


def _stores(user: User) -> Facts:
    """`bound_to` is null for who is bound to none and so works in all."""
    if user.stores is None:
        return {"bound_to": None}
    found = find_stores(user.org_id, user.stores)
    return {
        "bound_to": [
            {"id": store_id, "name": found[store_id].name if store_id in found else ""}
            for store_id in sorted(user.stores)
        ]
    }


def _sessions(user: User) -> Iterator[Facts]:
    for page in repository.sessions_of(user.pk):
        for session in page:
            yield {
                "kind": "program" if session.is_program else "browser",
                "device": str(session.device),
                "logged_in_at": session.created_at,
                "last_used_at": session.last_seen,
                "expires_at": session.expires_at,
            }


def _api_tokens(user: User) -> Iterator[Facts]:
    for token in api_tokens.tokens_of(user.org_id, user.user_id):
        yield {
            "name": token.name,
            "prefix": token.prefix,
            "scopes": token.scopes,
            "created_at": token.created_at,
            "expires_at": token.expires_at,
            "last_used_at": token.last_used_at,
        }


def _invitations(user: User) -> Iterator[Facts]:
    """That are open; the address is what the person typed."""
    for invitation in stored.invitations_by(user.org_id, user.user_id):
        yield {
            "email": invitation.email,
            "roles": list(invitation.roles),
            "sent_at": invitation.created_at,
            "expires_at": invitation.expires_at,
        }


def _about(user: User) -> Iterator[Facts]:
    for entry in entries_of(user.audit_subject):
        changes: dict[str, Any] = {
            field: {"old": old, "new": new} for field, (old, new) in entry.changes.items()
        }
        yield {
            "at": entry.at,
            "action": entry.action,
            "by": "yourself" if entry.actor_id == user.user_id else "somebody else",
            "changes": changes,
        }


def _by(user: User) -> Iterator[Facts]:
    """Which fields were changed and not to what: that is about other things and other people."""
    for entry in entries_by(user.user_id):
        if entry.subject != user.audit_subject:
            yield {
                "at": entry.at,
                "action": entry.action,
                "subject": entry.subject,
                "fields": sorted(entry.changes),
            }
