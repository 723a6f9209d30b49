"""The sessions of one person: which there are, and ending them.

Sessions that the change of a password has ended are still stored until they expire; they are
told by their digest, as at a request, and count as gone.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice

from django.contrib.auth import HASH_SESSION_KEY
from django.utils.crypto import constant_time_compare

from accounts import repository
from accounts.audit_trail import record
from accounts.entities import OwnSession, User
from accounts.errors import SessionNotFound
from accounts.models import AuthUser
from accounts.sessions import SessionStore
from accounts.tokens import credential_digest
from storage.transactions import MAX_ACTIONS, Transaction

# Each takes two actions, for the session and for its audit entry.
_AT_ONCE = MAX_ACTIONS // 2


# More than anybody has; those that work are the newest, for a new password ends all from before.
_PAGES = 10


def list_own_sessions(*, user: User) -> list[OwnSession]:
    """The latest hundred that work, newest login first: two requests."""
    for page in repository.sessions_of(user.pk):
        return [session for session in page if _works(session, user)]
    return []


def end_session(*, user: User, session_id: str) -> OwnSession:
    """It is refused from its next request on. Raises SessionNotFound, also for other people's and
    beyond the latest thousand."""
    pages = islice(repository.sessions_of(user.pk), _PAGES)
    found = (one for page in pages for one in page if one.id == session_id)
    session = next(found, None)
    if session is None:
        raise SessionNotFound
    transaction = Transaction()
    _end(transaction, session, user)
    transaction.commit()
    return session


def end_other_sessions(*, user: User, current_id: str) -> int:
    """All but the one with this id, of the latest thousand; how many were still of use.

    A session that somebody else ends at the same moment is passed over.
    """
    pages = islice(repository.sessions_of(user.pk), _PAGES)
    others = [one for page in pages for one in page if one.id != current_id]
    working = [one for one in others if _works(one, user)]
    for start in range(0, len(working), _AT_ONCE):
        group = working[start : start + _AT_ONCE]
        transaction = Transaction()
        for session in group:
            _end(transaction, session, user)
        try:
            transaction.commit()
        except SessionNotFound:
            _end_one_by_one(group, user)
    return len(working)


def _end_one_by_one(sessions: list[OwnSession], user: User) -> None:
    for session in sessions:
        transaction = Transaction()
        _end(transaction, session, user)
        try:
            transaction.commit()
        except SessionNotFound:
            continue


def _end(transaction: Transaction, session: OwnSession, user: User) -> None:
    repository.remove_session(transaction, session)
    record(
        transaction,
        user,
        user.audit_subject,
        "accounts.end_session",
        {"device": (str(session.device), None)},
    )


def _works(session: OwnSession, user: User) -> bool:
    if session.expires_at <= datetime.now(UTC):
        return False
    if session.is_program:
        return constant_time_compare(session.credential_digest, credential_digest(user))
    person = AuthUser.of(user)
    digest = str(SessionStore().decode(session.data).get(HASH_SESSION_KEY, ""))
    known = (person.get_session_auth_hash(), *person.get_session_auth_fallback_hash())
    return any(constant_time_compare(digest, one) for one in known)
