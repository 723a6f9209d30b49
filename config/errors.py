"""The one place that knows which error is which HTTP status, for pages and for the JSON API."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import orjson
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.middleware.csrf import REASON_NO_CSRF_COOKIE
from django.shortcuts import resolve_url
from django.template.loader import get_template
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from ninja.errors import HttpError, ValidationError

from accounts.access import to_login
from accounts.errors import ConfirmationNeeded
from accounts.second_factor.confirmation_views import ask_for_confirmation
from config import validation
from config.theme import theme_of
from config.ways_on import ways_on
from storage.domain import (
    Conflict,
    DomainError,
    Forbidden,
    Invalid,
    NotFound,
    PreconditionFailed,
    PreconditionRequired,
    ShowsCurrent,
    TooMany,
    Unauthenticated,
    Unavailable,
)
from storage.errors import InvalidCursor, StoreUnavailable

if TYPE_CHECKING:
    from ninja import NinjaAPI

    from config.middleware import GetResponse

log = logging.getLogger("backroom.errors")

API_PREFIX = "/api/"
STORE_RETRY_AFTER_SECONDS = 2
DESIGNED = frozenset({400, 403, 404, 409, 429, 500, 503})

DOMAIN_STATUS: dict[type[DomainError], int] = {
    Invalid: 422,
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    PreconditionFailed: 412,
    PreconditionRequired: 428,
    TooMany: 429,
    Unavailable: 503,
    DomainError: 400,
}
CODES = {
    400: "bad_request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    411: "length_required",
    412: "precondition_failed",
    413: "too_large",
    415: "unsupported_media_type",
    422: "invalid",
    428: "precondition_required",
    429: "too_many_requests",
    500: "internal_error",
    503: "store_unavailable",
}
DETAILS = {
    400: _("The request could not be understood. Check the address, or go back and try again."),
    401: _("Log in to continue."),
    403: _("Your account does not have the permission for this."),
    404: _("The address may be mistyped, or what was here has been removed."),
    405: _("This address does not support that kind of request."),
    409: _("Somebody changed this at the same moment. Reload it, and make your change again."),
    411: _("Send the length of the body in the header Content-Length, not the body in chunks."),
    412: _("This has changed since you read it. Reload it, and make your change again."),
    413: _("What you sent is too large."),
    415: _("Send the body as JSON, and the header Content-Type: application/json."),
    422: _("Some of what you entered cannot be accepted."),
    428: _("Say which version you are changing."),
    429: _("There were too many attempts. Wait a moment before the next one."),
    500: _("Something went wrong on our side. It has been recorded."),
    503: _("Our data store does not answer at the moment. Try again in a few seconds."),
}
# What the storage layer answers itself: it knows no translations.
DETAILS_BY_CODE = {
    "idempotency_key_reused": _(
        "This Idempotency-Key came with another body before. Use a new key."
    ),
}
TITLES = {
    400: _("That request made no sense to us"),
    403: _("This door is locked for you"),
    404: _("There is nothing on this shelf"),
    405: _("That does not work here"),
    409: _("Somebody was faster"),
    412: _("Somebody was faster"),
    413: _("That is too large"),
    422: _("That cannot be accepted"),
    428: _("Which version?"),
    429: _("One moment, please"),
    500: _("Something broke in the back"),
    503: _("The stockroom is closed for a moment"),
}
CSRF_EXPIRED = _("This form has expired, or came from another site. Reload the page and try again.")
CSRF_NO_COOKIE = _("Your browser did not send our cookie. Allow cookies for this site, reload the "
                   "page and try again.")  # fmt: skip
BAD_CURSOR_CODE = "invalid_cursor"
BAD_CURSOR = _("This page link is not valid any more. Start again from the first page.")


@dataclass(frozen=True, slots=True)
class Problem:
    """What one error says to the outside. `errors` holds {field, message, code} entries,
    `members` what only this kind of problem has."""

    status: int
    code: str = ""
    detail: object = ""
    errors: tuple[dict[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    members: Mapping[str, object] = field(default_factory=dict)


def problem_of(error: BaseException | None) -> Problem | None:
    """None for what nobody foresaw: that is a 500, with a traceback in the log."""
    if isinstance(error, DomainError):
        return _domain_problem(error)
    if isinstance(error, StoreUnavailable):
        return Problem(503, headers={"Retry-After": str(STORE_RETRY_AFTER_SECONDS)})
    if isinstance(error, InvalidCursor):
        return Problem(400, code=BAD_CURSOR_CODE, detail=BAD_CURSOR)
    if isinstance(error, ValidationError):
        return Problem(422, errors=tuple(validation.entries(error.errors)))
    if isinstance(error, HttpError):
        return _ninja_problem(error)
    if isinstance(error, Http404):
        return Problem(404)
    if isinstance(error, PermissionDenied):
        return Problem(403)
    return None


def _domain_problem(error: DomainError) -> Problem:
    status = next(status for kind, status in DOMAIN_STATUS.items() if isinstance(error, kind))
    headers = {"Retry-After": str(error.retry_after)} if isinstance(error, TooMany) else {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    entries = tuple(
        {"field": name, "message": str(text), "code": error.code}
        for name, texts in error.fields.items()
        for text in texts
    )
    members: dict[str, object] = {}
    if isinstance(error, ShowsCurrent) and error.current is not None:
        headers["ETag"] = error.etag
        members["current"] = error.current
    detail = error.message or DETAILS_BY_CODE.get(error.code, "")
    return Problem(status, error.code, detail, entries, headers, members)


def _ninja_problem(error: HttpError) -> Problem:
    status = error.status_code
    if status == 400:
        # ninja's own text repeats the parser's message, which may repeat what was sent.
        return Problem(400, code="malformed_request", detail=_("The body is not valid JSON."))
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait) + 1)
    return Problem(status, detail="" if status in DETAILS else error.message, headers=headers)


def respond(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The problem as JSON for the API, as a fragment for htmx, else as a page."""
    with translation.override(_language(request)):
        if request.path_info.startswith(API_PREFIX):
            return _json(request, problem)
        if problem.code == ConfirmationNeeded.code:
            return ask_for_confirmation(request)
        if problem.status == 401:
            return _to_login(request)
        return _page(request, problem)


def _language(request: HttpRequest) -> str:
    chosen = getattr(request, "LANGUAGE_CODE", None)
    return chosen or translation.get_language_from_request(request)


def _request_id(request: HttpRequest) -> str:
    return str(getattr(request, "request_id", ""))


def _json(request: HttpRequest, problem: Problem) -> HttpResponse:
    status = problem.status
    body: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": str(problem.detail or DETAILS.get(status, "")),
        "code": problem.code or CODES.get(status, "error"),
        "instance": _request_id(request),
    }
    if problem.errors:
        body["errors"] = problem.errors
    body.update(problem.members)
    return HttpResponse(
        orjson.dumps(body),
        status=status,
        content_type="application/problem+json",
        headers=dict(problem.headers),
    )


def _page(request: HttpRequest, problem: Problem) -> HttpResponse:
    """Rendered without the request: no session, no user, no store can make it fail."""
    status = problem.status
    context = {
        "status": status,
        "title": TITLES.get(status) or HTTPStatus(status).phrase,
        "detail": problem.detail or DETAILS.get(status, ""),
        "request_id": _request_id(request),
        "retry_after": problem.headers.get("Retry-After"),
        "theme": theme_of(request),
        "ways": ways_on(request, bad_cursor=problem.code == BAD_CURSOR_CODE),
    }
    if request.headers.get("HX-Request"):
        name = "errors/fragment.html"
    else:
        name = f"errors/{status}.html" if status in DESIGNED else "errors/error.html"
    return HttpResponse(
        get_template(name).render(context), status=status, headers=dict(problem.headers)
    )


def _to_login(request: HttpRequest) -> HttpResponse:
    # Coming back with GET to an address that takes only POST would be an error.
    back = request.get_full_path() if request.method in ("GET", "HEAD") else "/"
    if back == "/" and "HX-Request" not in request.headers:
        return HttpResponseRedirect(resolve_url("accounts:login"))
    return to_login(request, back)


class ErrorMiddleware:
    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if isinstance(response, HttpResponseNotAllowed):
            return respond(request, Problem(405, headers={"Allow": response.headers["Allow"]}))
        return response

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponseBase | None:
        if isinstance(exception, Http404 | PermissionDenied):
            return None
        problem = problem_of(exception)
        if problem is None:
            return None
        _report(request, exception, problem)
        return respond(request, problem)


def register(api: NinjaAPI) -> None:
    """Gives the API the same answers; what is not listed goes on to `server_error`."""

    def answer(request: HttpRequest, error: Any) -> HttpResponse:
        problem = problem_of(error) or Problem(500)
        _report(request, error, problem)
        return _json(request, problem)

    for kind in (
        DomainError,
        StoreUnavailable,
        InvalidCursor,
        ValidationError,
        HttpError,
        Http404,
        PermissionDenied,
    ):
        api.add_exception_handler(kind, answer)


def _report(request: HttpRequest, error: BaseException | None, problem: Problem) -> None:
    """Our own failures only; a visitor's mistake is in the request log already."""
    if problem.status < 500:
        return
    unforeseen = problem.status == 500
    log.log(
        logging.ERROR if unforeseen else logging.WARNING,
        "unforeseen error" if unforeseen else _unavailable(error),
        exc_info=error if unforeseen else None,
        extra={"fields": {"request_id": _request_id(request), "error": type(error).__name__}},
    )


def _unavailable(error: BaseException | None) -> str:
    return "unavailable" if isinstance(error, Unavailable) else "store unavailable"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    too_large = isinstance(exception, RequestDataTooBig)
    return respond(request, Problem(413 if too_large else 400))


def permission_denied(
    request: HttpRequest,
    exception: Exception,  # noqa: ARG001  # Django passes it by this name
) -> HttpResponseBase:
    return respond(request, Problem(403))


def page_not_found(
    request: HttpRequest,
    exception: Exception,  # noqa: ARG001  # Django passes it by this name
) -> HttpResponseBase:
    return respond(request, Problem(404))


def server_error(request: HttpRequest) -> HttpResponseBase:
    """Django calls this inside its `except`; a middleware's error has not been mapped yet."""
    error = sys.exc_info()[1]
    problem = problem_of(error) or Problem(500)
    _report(request, error, problem)
    return respond(request, problem)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    detail = CSRF_NO_COOKIE if reason == REASON_NO_CSRF_COOKIE else CSRF_EXPIRED
    return respond(request, Problem(403, code="csrf_failed", detail=detail))
