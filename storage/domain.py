"""The kinds of "no" that an app can answer; one module of the web layer knows their status codes.

`message` is one sentence for the person who caused it and may be a lazy translation.
`fields` maps a field's name to the sentences that belong beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class DomainError(Exception):
    code = "error"
    message: object = ""

    def __init__(
        self,
        message: object = None,
        *,
        code: str | None = None,
        fields: Mapping[str, Sequence[object]] | None = None,
    ) -> None:
        if message is not None:
            self.message = message
        if code is not None:
            self.code = code
        self.fields: dict[str, list[object]] = {
            name: list(texts) for name, texts in (fields or {}).items()
        }
        super().__init__(self.code)

    def __str__(self) -> str:
        return str(self.message)


class Invalid(DomainError):
    code = "invalid"


class Unauthenticated(DomainError):
    code = "unauthenticated"


class Forbidden(DomainError):
    code = "forbidden"


class NotFound(DomainError):
    """Also the answer for somebody else's things: their existence is not told."""

    code = "not_found"


class Conflict(DomainError):
    """A lost race or a duplicate."""

    code = "conflict"


class LostRace(Conflict):
    """Somebody else was faster; `current` is what is stored now."""

    def __init__(self, current: Any) -> None:
        super().__init__()
        self.current = current


class Unavailable(DomainError):
    """Something that we depend on does not work at the moment."""

    code = "unavailable"


class ShowsCurrent(DomainError):
    """`current` is what is stored now, in JSON's own types; `etag` names that version."""

    def __init__(
        self,
        message: object = None,
        *,
        code: str | None = None,
        etag: str = "",
        current: object = None,
    ):
        super().__init__(message, code=code)
        self.etag = etag
        self.current = current


class PreconditionFailed(ShowsCurrent):
    code = "precondition_failed"


class ConflictWithCurrent(ShowsCurrent, Conflict):
    """A conflict with what has become of it."""


class PreconditionRequired(DomainError):
    code = "precondition_required"


class TooMany(DomainError):
    """`retry_after` is in whole seconds; `first` where nothing was refused just before."""

    code = "too_many_requests"

    def __init__(
        self,
        retry_after: int,
        message: object = None,
        *,
        code: str | None = None,
        first: bool = False,
    ):
        super().__init__(message, code=code)
        self.retry_after = retry_after
        self.first = first
