"""What is stored about the logins of programs: sessions of their own, one for each login."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime

from accounts.entities import OwnSession, SessionLogin
from accounts.errors import InvalidRefreshToken
from accounts.tables import SessionItem, login_values, own_session_of
from storage.transactions import OnFailure, Transaction

# No digest of a cookie looks like that, so no cookie opens such an item.
_NAMESPACE = "refresh#"


@dataclass(frozen=True, slots=True)
class Family:
    """All refresh tokens that come from one login, of which the latest one works.

    `refresh_digest` is that of its secret.
    """

    session: OwnSession
    user_pk: str
    refresh_digest: str = field(repr=False)


def stored_key(family_id: bytes) -> str:
    return _NAMESPACE + hashlib.sha256(family_id).hexdigest()


def add_family(
    transaction: Transaction,
    family_id: bytes,
    login: SessionLogin,
    *,
    refresh_digest: str,
    credential_digest: str,
    expires_at: datetime,
) -> None:
    item = SessionItem(
        stored_key(family_id),
        session_data="",
        expires_at=expires_at,
        last_seen=int(login.at.timestamp()),
        refresh_digest=refresh_digest,
        credential_digest=credential_digest,
    )
    for name, value in login_values(login).items():
        setattr(item, name, value)
    transaction.put(item, condition=SessionItem.session_key.does_not_exist())


def get_family(family_id: bytes) -> Family | None:
    """Strongly consistent: a token that was renewed or ended is known as such at once. None also
    once it has expired."""
    item = SessionItem.find(stored_key(family_id), consistent=True)
    if item is None or item.refresh_digest is None or item.expires_at <= datetime.now(UTC):
        return None
    return Family(own_session_of(item), item.user, item.refresh_digest)


def rotate(
    transaction: Transaction, family: Family, refresh_digest: str, *, on_failure: OnFailure
) -> None:
    """The commit raises `on_failure` when the family has another secret by then, or is gone."""
    transaction.update(
        SessionItem(family.session.stored_key),
        [
            SessionItem.refresh_digest.set(refresh_digest),
            SessionItem.last_seen.set(int(datetime.now(UTC).timestamp())),
        ],
        condition=SessionItem.refresh_digest == family.refresh_digest,
        on_failure=on_failure,
    )


def remove_family(transaction: Transaction, family: Family) -> None:
    """The commit raises InvalidRefreshToken when somebody else has ended it meanwhile."""
    transaction.delete(
        SessionItem(family.session.stored_key),
        condition=SessionItem.session_key.exists(),
        on_failure=InvalidRefreshToken,
    )
