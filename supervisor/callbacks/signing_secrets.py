"""The secret of an organisation that signs its calls: made with the first call or when somebody
says so; shown to those who may change settings and have just proved who they are, and replaced when
they say so."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from accounts.entities import Actor
from accounts.errors import PermissionDenied
from storage.audit import audit_item
from storage.errors import StoreBusy
from storage.pauses import ATTEMPTS
from storage.transactions import Transaction
from supervisor.callbacks.secret_repository import (
    EarlierSecret,
    SecretChanged,
    SecretUnreadable,
    SigningSecret,
    get_secret,
    save_secret,
)
from supervisor.callbacks.signing import new_secret

CHANGE = "supervisor.change_settings"
EARLIER_STAYS_VALID = timedelta(days=1)
# The header of signatures stays below a kilobyte.
MOST_EARLIER = 9


def find_secret(actor: Actor) -> SigningSecret | None:
    """One read; None where none is made yet. Raises PermissionDenied, also for who is bound to some
    stores, ConfirmationNeeded, SecretUnreadable."""
    _require(actor)
    actor.require_confirmation()
    return get_secret(actor.org_id)


def describe_secret(actor: Actor) -> SigningSecret | None:
    """As `find_secret`, without the texts of the secrets, and nobody has to confirm for it."""
    _require(actor)
    found = get_secret(actor.org_id)
    if found is None:
        return None
    earlier = tuple(replace(one, text="") for one in found.earlier)
    return replace(found, current="", earlier=earlier)


def replace_secret(*, actor: Actor) -> SigningSecret:
    """Or makes the first. From now on calls are signed with a new one, and for EARLIER_STAYS_VALID
    with the one before as well, unless that cannot be read: receivers may have any of those that
    were replaced within that time. The latest MOST_EARLIER of them stay. Raises PermissionDenied,
    ConfirmationNeeded."""
    _require(actor)
    actor.require_confirmation()
    for _ in range(ATTEMPTS):
        now = datetime.now(UTC).replace(microsecond=0)
        secret = SigningSecret(actor.org_id, new_secret(), now)
        verb = "replace"
        try:
            before = get_secret(actor.org_id)
        except SecretUnreadable as unreadable:
            secret = replace(secret, version=unreadable.version)
        else:
            if before is None:
                verb = "make"
            else:
                secret = replace(secret, earlier=_earlier(before, now), version=before.version)
        saved = _saved(actor, secret, verb)
        if saved is not None:
            return saved
    raise StoreBusy("the secret keeps changing")


def secrets_to_sign_with(org_id: str) -> tuple[str, ...]:
    """All that are valid, the newest first: one read; the first is made. For the server itself.
    Raises SecretUnreadable."""
    for _ in range(ATTEMPTS):
        now = datetime.now(UTC)
        found = get_secret(org_id)
        if found is None:
            made = SigningSecret(org_id, new_secret(), now.replace(microsecond=0))
            found = _saved(Actor.system(org_id=org_id), made, "make")
        if found is not None:
            return found.valid_at(now)
    raise StoreBusy("the secret keeps changing")


def _earlier(before: SigningSecret, now: datetime) -> tuple[EarlierSecret, ...]:
    replaced = EarlierSecret(before.current, now + EARLIER_STAYS_VALID)
    valid = (one for one in before.earlier if now < one.until)
    return (replaced, *valid)[:MOST_EARLIER]


def _saved(actor: Actor, secret: SigningSecret, verb: str) -> SigningSecret | None:
    """None when somebody else was faster."""
    transaction = Transaction()
    saved = save_secret(transaction, secret)
    transaction.put(
        audit_item(
            subject=secret.audit_subject,
            actor_id=actor.user_id,
            actor_name=actor.name,
            action=f"supervisor.{verb}_callback_secret",
        )
    )
    try:
        transaction.commit()
    except SecretChanged:
        return None
    return saved


def _require(actor: Actor) -> None:
    actor.require(CHANGE, actor.org_id)
    if actor.stores is not None:
        raise PermissionDenied
