"""Probes: `/healthz` says that the process answers, `/readyz` that it can serve requests.

They are answered by a middleware because probes come to a bare address, which ALLOWED_HOSTS and
the redirect to HTTPS would refuse, and because they must not depend on anything behind it.
"""

from __future__ import annotations

import orjson
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from config.middleware import GetResponse
from storage.errors import StoreError
from storage.schema import missing_tables


class HealthMiddleware:
    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        path = request.path_info
        if path == "/healthz":
            return _answer(200, {"status": "ok"})
        if path == "/readyz":
            return readiness()
        return self.get_response(request)


def readiness() -> HttpResponse:
    try:
        missing = missing_tables()
    except StoreError as error:
        return _answer(
            503, {"status": "unavailable", "reason": "store", "error": type(error).__name__}
        )
    if missing:
        return _answer(503, {"status": "unavailable", "reason": "tables", "missing": missing})
    return _answer(200, {"status": "ok"})


def _answer(status: int, body: dict[str, object]) -> HttpResponse:
    return HttpResponse(
        orjson.dumps(body),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )
