"""Whom an API token speaks for, and what it may do."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from accounts.api_tokens import repository
from accounts.api_tokens.entities import ApiToken, Scoped, read_text
from accounts.api_tokens.errors import InvalidApiToken
from accounts.entities import Actor
from storage.errors import StoreError

LAST_USE_PRECISION = timedelta(hours=1)


def actor_of_api_token(text: str) -> Actor:
    """Its owner with no more than its scopes, read afresh: one request, and a write once an hour.

    It never counts as confirmed. Raises InvalidApiToken, whatever is wrong: also where the owner
    may not log in any more, or might not for a while since it was made.
    """
    said = read_text(text)
    if said is None:
        raise InvalidApiToken
    token, owner = repository.get_token_and_owner(said.org_id, said.token_id, said.user_id)
    if (
        token is None
        or owner is None
        or not token.admits(said.secret)
        or token.user_id != said.user_id
        or not owner.active
        or token.has_ended_with(owner.user)
    ):
        raise InvalidApiToken
    _note_use(token)
    actor = owner.actor
    # What it does is told apart from what its owner does, by who reads the history.
    return replace(
        actor,
        name=f"{actor.name} · {token.name}",
        permissions=Scoped(actor.permissions, token.scopes),
        confirmed_at=None,
    )


def _note_use(token: ApiToken) -> None:
    """Nobody misses it when it fails, and it brings back no token that was revoked meanwhile."""
    now = datetime.now(UTC)
    if token.last_used_at is None or now - token.last_used_at >= LAST_USE_PRECISION:
        with suppress(StoreError):
            repository.note_use(token, now, not_since=now - LAST_USE_PRECISION)
