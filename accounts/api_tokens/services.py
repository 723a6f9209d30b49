"""Making API tokens and revoking them."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts import mail, repository
from accounts.api_tokens import repository as stored
from accounts.api_tokens.entities import (
    NEVER_FOR_TOKENS,
    ApiToken,
    TokenText,
    digest_of,
    is_id,
    new_id,
    new_secret,
)
from accounts.api_tokens.errors import InvalidExpiry, InvalidScopes, TokenNotFound
from accounts.audit_trail import record
from accounts.entities import Actor, User, clean_name
from accounts.errors import MailNotSent, NameMissing, UserNotFound
from accounts.permissions import declared_codes
from storage.transactions import MAX_ACTIONS, Transaction

ADD_TOKEN = "accounts.add_token"  # noqa: S105  # a permission
DELETE_TOKEN = "accounts.delete_token"  # noqa: S105
# Each takes two actions, for the token and for its audit entry; one more counts them.
_AT_ONCE = (MAX_ACTIONS - 1) // 2
_DAY = timedelta(days=1)


def make_token(
    *,
    actor: Actor,
    owner: User,
    name: str,
    scopes: Iterable[str],
    expires_at: datetime,
    token_id: str = "",
) -> tuple[ApiToken, str]:
    """A token of the actor's own, and its text, which nobody is told again. `owner` is the actor
    as a person, who is told by mail.

    `token_id` is one that `new_id` made; making it twice is refused, so a form can be sent twice
    without harm. Raises PermissionDenied, ConfirmationNeeded, NameMissing, InvalidName,
    InvalidScopes, InvalidExpiry, TokenMade, TooManyTokens.
    """
    actor.require(ADD_TOKEN, actor.org_id)
    actor.require_confirmation()
    codes = frozenset(scopes)
    _require_scopes(actor, codes)
    now = datetime.now(UTC).replace(microsecond=0)
    expires_at = expires_at.astimezone(UTC).replace(microsecond=0)
    _require_expiry(expires_at, now)
    text = TokenText(
        token_id if is_id(token_id) else new_id(), actor.user_id, actor.org_id, new_secret()
    )
    token = ApiToken(
        org_id=actor.org_id,
        token_id=text.token_id,
        user_id=actor.user_id,
        name=_clean(name),
        scopes=codes,
        digest=digest_of(text.secret),
        created_at=now,
        expires_at=expires_at,
    )
    transaction = Transaction()
    stored.add_token(transaction, token)
    changes = {
        "token": (None, _named(token)),
        "scopes": (None, sorted(codes)),
        "expires_at": (None, token.expires_at.isoformat()),
    }
    record(transaction, actor, f"user#{token.user_id}", "accounts.add_token", changes)
    transaction.commit()
    _tell(owner, token)
    return token, str(text)


def revoke_own_token(*, actor: Actor, token_id: str) -> ApiToken:
    """It is refused from its next request on. Raises TokenNotFound, also for other people's."""
    token = stored.get_token(actor.org_id, token_id)
    if token is None or token.user_id != actor.user_id:
        raise TokenNotFound
    _revoke([token], actor)
    return token


def revoke_own_tokens(*, actor: Actor) -> int:
    """All of them; how many were left. One that somebody else revokes meanwhile is passed over."""
    tokens = stored.tokens_of(actor.org_id, actor.user_id)
    count = 0
    for start in range(0, len(tokens), _AT_ONCE):
        group = tokens[start : start + _AT_ONCE]
        try:
            _revoke(group, actor)
            count += len(group)
        except TokenNotFound:
            count += sum(_revoked(token, actor) for token in group)
    return count


def revoke_token(*, actor: Actor, token_id: str) -> ApiToken:
    """Anybody's of the organisation, of people who have more as well: stopping a token that has
    leaked must not wait for them. Raises PermissionDenied, TokenNotFound."""
    actor.require(DELETE_TOKEN, actor.org_id)
    token = stored.get_token(actor.org_id, token_id)
    if token is None:
        raise TokenNotFound
    owner = repository.get_user(token.org_id, token.user_id)
    try:
        _revoke([token], actor, counted=owner is not None)
    except UserNotFound:
        # Somebody is just erasing the owner.
        _revoke([token], actor, counted=False)
    return token


def _revoke(tokens: list[ApiToken], actor: Actor, *, counted: bool = True) -> None:
    """At most _AT_ONCE, of one person."""
    transaction = Transaction()
    stored.remove_tokens(transaction, tokens, counted=counted)
    for token in tokens:
        changes = {"token": (_named(token), None)}
        record(transaction, actor, f"user#{token.user_id}", "accounts.revoke_token", changes)
    transaction.commit()


def _revoked(token: ApiToken, actor: Actor) -> bool:
    with suppress(TokenNotFound):
        _revoke([token], actor)
        return True
    return False


def _require_scopes(actor: Actor, codes: frozenset[str]) -> None:
    if not codes:
        raise InvalidScopes(_("Choose at least one thing that the token may do."))
    if not codes <= declared_codes():
        raise InvalidScopes(_("There is no such permission."))
    if codes & NEVER_FOR_TOKENS:
        raise InvalidScopes(_("A token never does what needs a confirmation of who you are."))
    if not actor.may_give(codes, actor.stores):
        raise InvalidScopes(_("A token may do no more than you may."))


def _require_expiry(expires_at: datetime, now: datetime) -> None:
    if expires_at <= now:
        raise InvalidExpiry(_("Choose a day that is still to come."))
    # To the end of the last day, in whichever time zone that is.
    if expires_at > now + (settings.API_TOKEN_DAYS + 1) * _DAY:
        raise InvalidExpiry(
            _("That is too late: %(days)d days at most.") % {"days": settings.API_TOKEN_DAYS}
        )


def _clean(text: str) -> str:
    name = clean_name(text, field="name")
    if not name:
        raise NameMissing("name")
    return name


def _tell(owner: User, token: ApiToken) -> None:
    with suppress(MailNotSent):
        mail.send(
            "api_token_made",
            to=owner.email,
            language=mail.spoken(owner.language),
            person=owner.name,
            token=token,
        )


def _named(token: ApiToken) -> str:
    return f"{token.name} ({token.prefix}…)"
