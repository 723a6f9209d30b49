"""The page of a form once more, with what is wrong beside the fields and what was typed in them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.forms import DomainForm
from storage.domain import Conflict, DomainError, Forbidden, TooMany, Unavailable

INVALID = 422
_STATUSES: tuple[tuple[type[DomainError], int], ...] = (
    (Forbidden, 403),
    (Conflict, 409),
    (TooMany, 429),
    (Unavailable, 503),
)


def page_again(
    request: HttpRequest,
    template: str,
    form: DomainForm,
    error: DomainError | None,
    **context: object,
) -> HttpResponse:
    """`error` is what a service refused; None where the form itself found what is wrong."""
    if error is not None:
        form.refuse(error)
    return as_refused(render(request, template, {"form": form, **context}), error)


def as_refused(response: HttpResponse, error: DomainError | None) -> HttpResponse:
    """The page of a form that shows the error already, with its status and Retry-After."""
    response.status_code = next(
        (status for kind, status in _STATUSES if isinstance(error, kind)), INVALID
    )
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after)
    return response
