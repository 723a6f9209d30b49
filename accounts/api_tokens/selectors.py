"""Reads of API tokens, and what one may give to one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from accounts import repository
from accounts.api_tokens import repository as stored
from accounts.api_tokens.entities import NEVER_FOR_TOKENS, ApiToken
from accounts.entities import Actor, User
from accounts.permissions import Permission, declared
from accounts.roles.selectors import permission_groups
from storage.cursors import open_sealed, seal
from storage.pages import Page, page_of

VIEW_TOKEN = "accounts.view_token"  # noqa: S105  # a permission
PAGE = 50
LARGEST_PAGE = 100


@dataclass(frozen=True, slots=True)
class OwnedToken:
    """`owner` is None where that person is not stored any more."""

    token: ApiToken
    owner: User | None

    @property
    def works(self) -> bool:
        """As far as token and owner are concerned."""
        return (
            not self.token.has_expired
            and self.owner is not None
            and self.owner.may_log_in
            and not self.token.has_ended_with(self.owner)
        )


class ScopeGroup(NamedTuple):
    """What an app permits and the actor has, by what people call the app."""

    name: str
    permissions: tuple[Permission, ...]


def list_own_tokens(*, actor: Actor) -> list[ApiToken]:
    """Newest first, expired ones included: one request, two where there are some."""
    return stored.tokens_of(actor.org_id, actor.user_id)


def list_tokens(actor: Actor, *, limit: int = PAGE, cursor: str | None = None) -> Page[OwnedToken]:
    """Everybody's, by their ids: one query, and one request for their owners.

    Raises PermissionDenied, InvalidCursor.
    """
    actor.require(VIEW_TOKEN, actor.org_id)
    purpose = f"tokens:{actor.org_id}"
    after = open_sealed(cursor, purpose=purpose)["after"] if cursor else None
    tokens, capacity = stored.tokens_in(actor.org_id, most=limit + 1, after=after)
    page = page_of(
        tokens, limit, lambda token: seal({"after": token.token_id}, purpose=purpose), capacity
    )
    owners = _owners(page.items)
    return page.map(lambda token: OwnedToken(token, owners.get((token.org_id, token.user_id))))


def scope_groups(actor: Actor) -> list[ScopeGroup]:
    """What one may choose for a token, app by app."""
    groups = []
    for name, permissions in permission_groups():
        held = tuple(
            one
            for one in permissions
            if actor.may(one.code, actor.org_id) and one.code not in NEVER_FOR_TOKENS
        )
        if held:
            groups.append(ScopeGroup(name, held))
    return groups


def scope_labels(tokens: Iterable[ApiToken]) -> dict[str, object]:
    """Code → what people call it, of those in `tokens`; the code itself where nobody declares it
    any more."""
    labels = {permission.code: permission.label for permission in declared()}
    return {code: labels.get(code, code) for token in tokens for code in token.scopes}


def _owners(tokens: Iterable[ApiToken]) -> dict[tuple[str, str], User]:
    keys = {(token.org_id, token.user_id) for token in tokens}
    return repository.find_users(keys) if keys else {}
