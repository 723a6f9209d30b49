"""How programs say who they are."""

from __future__ import annotations

from django.http import HttpRequest
from ninja.security import HttpBearer

from accounts.api_tokens.bearer import actor_of_api_token
from accounts.api_tokens.entities import is_api_token
from accounts.entities import ANONYMOUS, Actor
from accounts.errors import LoginNeeded, SecondFactorMissing
from accounts.tokens import actor_of_token


class BearerAuth(HttpBearer):
    """`Authorization: Bearer <token>`, an access token of a login or an API token; `request.auth`
    is then the Actor. One read.

    `login_only` is for what a person does and no API token. `before_second_factor`, which is so
    too, lets in who has to set up a second factor first.
    """

    def __init__(self, *, login_only: bool = False, before_second_factor: bool = False) -> None:
        super().__init__()
        self.login_only = login_only or before_second_factor
        self.before_second_factor = before_second_factor

    def authenticate(self, request: HttpRequest, token: str) -> Actor:  # noqa: ARG002  # ninja's
        """Raises InvalidToken, LoginNeeded, SecondFactorMissing. Without the header ninja itself
        answers 401."""
        by_api_token = is_api_token(token)
        actor = actor_of_api_token(token) if by_api_token else actor_of_token(token)
        if by_api_token and self.login_only:
            raise LoginNeeded
        if actor.without_second_factor and not self.before_second_factor:
            raise SecondFactorMissing
        return actor


def visitor(request: HttpRequest) -> Actor | None:
    """After BearerAuth, for operations open to everybody: nobody in particular.

    Not for who sent other credentials: that is a mistake they should hear of.
    """
    return None if "Authorization" in request.headers else ANONYMOUS
