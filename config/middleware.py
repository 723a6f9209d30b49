"""What every request passes through, whatever answers it. Kept lean: it is part of every page."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Iterable, Iterator
from time import perf_counter
from typing import Any, cast

from django.conf import settings
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)

from config.client_address import client_address, is_trusted
from config.csp import header_of
from storage.meter import Meter, measure

GetResponse = Callable[[HttpRequest], HttpResponseBase]

request_log = logging.getLogger("backroom.request")

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)
PERMISSIONS_POLICY = (
    "accelerometer=(), camera=(), geolocation=(), gyroscope=(), magnetometer=(), "
    "microphone=(), payment=(), usb=()"
)


class RequestMiddleware:
    """Gives the request `request_id` and `client_address`, and logs one line when it is over.

    The line names the route, never the path or the query: those can hold what people typed.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.trusted = settings.TRUSTED_PROXIES

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = perf_counter()
        self._identify(cast(Any, request))
        with measure() as meter:
            response = self.get_response(request)
        response.headers["X-Request-ID"] = cast(Any, request).request_id
        if request.method == "HEAD" and isinstance(response, HttpResponse):
            response.content = b""  # Content-Length stays; gunicorn warns about a body
        if request_log.isEnabledFor(logging.INFO):
            if isinstance(response, StreamingHttpResponse) and not isinstance(
                response, FileResponse
            ):
                content = cast(Iterable[bytes], response.streaming_content)
                response.streaming_content = _log_at_end(content, request, response, meter, started)
            else:
                _log(request, response, meter, started)
        return response

    def _identify(self, request: Any) -> None:
        meta = request.META
        remote = meta.get("REMOTE_ADDR", "")
        if self.trusted and is_trusted(remote, self.trusted):
            forwarded = meta.get("HTTP_X_FORWARDED_FOR", "")
            request.client_address = client_address(remote, forwarded, self.trusted)
            given = meta.get("HTTP_X_REQUEST_ID", "")
            request.request_id = given if REQUEST_ID.fullmatch(given) else os.urandom(8).hex()
        else:
            # SECURE_PROXY_SSL_HEADER would otherwise believe whoever sends it.
            meta.pop("HTTP_X_FORWARDED_PROTO", None)
            request.client_address = client_address(remote, "", ())
            request.request_id = os.urandom(8).hex()


def _log_at_end(
    content: Iterable[bytes],
    request: HttpRequest,
    response: HttpResponseBase,
    meter: Meter,
    started: float,
) -> Iterator[bytes]:
    """A streamed body calls the store while it is sent, after the view has returned."""
    try:
        with measure() as streaming:
            yield from content
    finally:
        meter.calls.extend(streaming.calls)
        _log(request, response, meter, started)


def _log(request: HttpRequest, response: HttpResponseBase, meter: Meter, started: float) -> None:
    request_log.info(
        "request",
        extra={
            "fields": {
                "method": request.method,
                "route": _route(request),
                "status": response.status_code,
                "ms": round((perf_counter() - started) * 1000, 2),
                "request_id": cast(Any, request).request_id,
                "dynamodb_calls": len(meter.calls),
                "dynamodb_capacity": meter.capacity,
            }
        },
    )


def _route(request: HttpRequest) -> str | None:
    match = request.resolver_match
    if match is not None:
        return match.view_name or match.route
    return "static" if request.path.startswith(settings.STATIC_URL) else None


class SecurityHeadersMiddleware:
    """What Django 5.2's own SecurityMiddleware does not send."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.policy = header_of(settings.SECURE_CSP)
        self.session_cookie = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        headers = response.headers
        headers.setdefault("Content-Security-Policy", self.policy)
        headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        if "Cache-Control" not in headers:
            # What is made for one person must not be shown to the next one at the same computer.
            if "HTTP_AUTHORIZATION" in request.META:
                headers["Cache-Control"] = "private, no-store"
            elif self.session_cookie in request.COOKIES:
                headers["Cache-Control"] = "private, no-cache"
        return response
