from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.errors import InvalidToken
from storage.domain import Conflict, Invalid, NotFound


class InvalidApiToken(InvalidToken):
    message = _("This API token is not valid, has expired or was revoked.")


class TokenNotFound(NotFound):
    """Also for those of others, and for one that was revoked meanwhile."""

    code = "token_not_found"
    message = _("There is no such API token. It may have been revoked already.")


class TokenMade(Conflict):
    """The same form was sent before. What it made is not shown again."""

    code = "token_made"
    message = _("This API token was made already, and its text is shown once only.")


class TooManyTokens(Conflict):
    code = "too_many_tokens"
    message = _("You have 50 API tokens, and more are not possible. Revoke one that is not needed.")


class InvalidScopes(Invalid):
    """Under `scopes`: none, unknown ones, or more than one has."""

    code = "invalid_scopes"

    def __init__(self, message: object) -> None:
        super().__init__(message, fields={"scopes": [message]})


class InvalidExpiry(Invalid):
    """Under `expires_at`."""

    code = "invalid_expiry"

    def __init__(self, message: object) -> None:
        super().__init__(message, fields={"expires_at": [message]})
