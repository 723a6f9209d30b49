"""How programs say who they are."""

from __future__ import annotations

from django.http import HttpRequest
from ninja.security import HttpBearer

from accounts.entities import ANONYMOUS, Actor
from accounts.tokens import actor_of_token


class BearerAuth(HttpBearer):
    """`Authorization: Bearer <access_token>`; `request.auth` is then the Actor. One read."""

    def authenticate(self, request: HttpRequest, token: str) -> Actor:  # noqa: ARG002  # ninja's
        """Raises InvalidToken. Without the header ninja itself answers 401."""
        return actor_of_token(token)


def visitor(request: HttpRequest) -> Actor | None:
    """After BearerAuth, for operations open to everybody: nobody in particular.

    Not for who sent other credentials: that is a mistake they should hear of.
    """
    return None if "Authorization" in request.headers else ANONYMOUS
